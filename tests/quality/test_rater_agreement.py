import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra.numpy import arrays
from tests.quality.labeled import say

from skysieve.quality.rater_agreement import measure_agreement, measure_fleiss_kappa, measure_kappa
from skysieve.quality.votes import RatersRecipe, count_votes


def measure(*told):
    return measure_agreement(count_votes(say(*told), RatersRecipe()))


def test_fleiss_own_example():
    # Table 1 of Fleiss (1971) in its well-known shortened form: 10 subjects, 14 raters, 5 categories, kappa 0.210.
    counts = np.array([
        [0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
        [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7],
    ])  # fmt: skip
    assert measure_fleiss_kappa(counts) == pytest.approx(0.210, abs=5e-4)


@given(arrays(int, (3, 3), elements={"min_value": 0, "max_value": 20}))
def test_kappa_is_symmetric_and_at_most_one(confusion):
    kappa = measure_kappa(confusion)
    assert math.isnan(kappa) or kappa <= 1
    np.testing.assert_allclose(kappa, measure_kappa(confusion.T))


def test_full_agreement_is_one_and_one_class_tells_nothing():
    assert measure_kappa(np.diag([3, 4])) == 1
    assert math.isnan(measure_kappa(np.diag([3, 0])))
    assert math.isnan(measure_kappa(np.zeros((2, 2), int)))
    assert math.isnan(measure_fleiss_kappa(np.array([[1, 0]])))


def test_two_raters_are_one_pair_and_three_are_all_and_each_pair():
    assert [one.raters for one in measure("bt bt", "good bt", "- bt")] == [("A", "B")]
    found = measure("bt bt bt", "good bt good", "good good -", "- bt bt")
    assert [one.raters for one in found] == [("A", "B", "C"), ("A", "B"), ("A", "C"), ("B", "C")]
    assert [one.kappa.n for one in found] == [4, 3, 2, 3]
    assert found[1].agreement.value == pytest.approx(2 / 3)


def test_errors_shrink_with_the_number_of_exposures():
    few, many = (measure(*("bt bt", "good good", "bt good", "good good") * times)[0].kappa for times in (3, 30))
    assert few.value == pytest.approx(many.value)
    assert 2 < few.error / many.error < 5


def test_one_shared_exposure_has_no_error_and_none_no_agreement():
    assert measure("bt bt")[0].kappa.error is None
    assert measure("bt -", "- bt") == ()

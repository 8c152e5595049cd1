import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra.numpy import arrays

from skysieve.quality.unsureness import find_chances, measure_unsureness, order_exposures
from skysieve.records import Catalog, Column


@given(arrays(float, (4, 5), elements={"min_value": 0.001, "max_value": 1}))
def test_unsureness_lies_between_sure_and_even(raw):
    found = measure_unsureness(raw / raw.sum(axis=1, keepdims=True), np.zeros(4, bool))
    assert ((found >= 0) & (found <= 1 + 1e-12)).all()


def test_the_unknown_comes_first_then_the_unsure_and_the_unreadable_last():
    chance = np.array([[1.0, 0.0], [np.nan, np.nan], [0.5, 0.5], [0.9, 0.1], [0.8, 0.2]])
    assert order_exposures(chance, np.array([False, True, False, True, True])).tolist() == [4, 3, 2, 0, 1]


def test_equal_ones_keep_their_order():
    assert order_exposures(np.full((4, 2), 0.5), np.zeros(4, bool)).tolist() == [0, 1, 2, 3]


def make_verdicts():
    columns = {"exposure": np.array(["a", "b"], object), "p_good": np.array([0.1, 0.2]), "p_bt": np.array([0.9, 0.8])}
    columns["ood"] = np.array([False, True])
    return Catalog(tuple(Column(name, "f4") for name in columns), columns)


def test_exposures_are_looked_up_by_name():
    chance, ood = find_chances(make_verdicts(), ["b", "c", "a"])
    np.testing.assert_allclose(chance, [[0.2, 0.8], [np.nan, np.nan], [0.1, 0.9]])
    assert ood.tolist() == [True, False, False]


def test_a_table_without_verdicts_is_refused():
    with pytest.raises(ValueError, match="quality assess --out"):
        find_chances(Catalog((Column("exposure", "str"),), {"exposure": np.array(["a"], object)}), ["a"])


def test_an_empty_table_knows_nobody():
    assert np.isnan(find_chances(make_verdicts().take(slice(0, 0)), ["a"])[0]).all()

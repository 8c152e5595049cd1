from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.quality.labeled import say, throw_labels

from skysieve.io.exposurelabels import ExposureLabel
from skysieve.quality.labels import CAUSES
from skysieve.quality.raters import fit_raters
from skysieve.quality.votes import RatersRecipe, count_votes

GOOD, BT = CAUSES.index("good"), CAUSES.index("bt")
K = len(CAUSES)


def find(*told, **recipe):
    chosen = replace(RatersRecipe(), **recipe)
    return fit_raters(count_votes(say(*told), chosen), chosen)


def make_confusion(right):
    return np.full((K, K), (1 - right) / (K - 1)) + np.eye(K) * (right - (1 - right) / (K - 1))


def test_known_confusions_are_found_again_with_honest_errors():
    known = {"Ada": make_confusion(0.9), "Bob": make_confusion(0.7), "Cleo": make_confusion(0.8)}
    truth, labels = throw_labels(known, number=600)
    found = fit_raters(count_votes(labels, RatersRecipe()), RatersRecipe(resamples=20))
    pull = (found.confusion - np.stack(list(known.values()))).diagonal(axis1=1, axis2=2) / found.error.diagonal(
        axis1=1, axis2=2
    )
    assert 0.6 < np.sqrt((pull**2).mean()) < 1.5
    assert (found.posterior.argmax(axis=1) == truth).mean() > 0.92


def test_the_better_rater_wins():
    known = {"Ada": make_confusion(0.95), "Bob": make_confusion(0.6), "Cleo": make_confusion(0.9)}
    _, labels = throw_labels(known, number=300)
    disagreed = [ExposureLabel("z.fits", "Ada", "bt"), ExposureLabel("z.fits", "Bob", "good")]
    found = fit_raters(count_votes([*labels, *disagreed], RatersRecipe()), RatersRecipe(resamples=2))
    assert CAUSES[found.posterior[-1].argmax()] == "bt"
    assert found.posterior[-1, BT] > 0.8


def test_who_always_takes_one_class_for_another_is_understood():
    swapped = np.eye(K)[[GOOD, 2, 1, *range(3, K)]]
    known = {"Ada": make_confusion(0.9), "Bob": make_confusion(0.9), "Odd": 0.9 * swapped + 0.1 / K}
    _, labels = throw_labels(known, number=300)
    found = fit_raters(count_votes(labels, RatersRecipe()))
    assert found.confusion[2, 1, 2] > 0.7


@given(st.lists(st.lists(st.sampled_from([*CAUSES[:3], "-"]), min_size=3, max_size=3), min_size=1, max_size=8))
def test_everything_is_a_probability_and_the_evidence_never_falls(words):
    labels = say(*(" ".join(row) for row in words))
    if not labels:
        return
    found = fit_raters(count_votes(labels, RatersRecipe()), RatersRecipe(resamples=2))
    np.testing.assert_allclose(found.posterior.sum(axis=1), 1)
    np.testing.assert_allclose(found.confusion.sum(axis=2), 1)
    np.testing.assert_allclose(found.prevalence.sum(), 1)
    assert ((found.error > 0) & (found.error < 0.5)).all()
    assert (np.diff(found.evidence) > -1e-9).all()


def test_the_order_of_labels_does_not_matter():
    labels = say("bt bt good", "good good -", "- bt bt", "rbt bt rbt")
    first, second = (fit_raters(count_votes(order, RatersRecipe())) for order in (labels, labels[::-1]))
    np.testing.assert_allclose(first.posterior, second.posterior, atol=1e-5)


def test_one_rater_alone_leaves_room_for_errors():
    found = find("bt", "good", "good")
    np.testing.assert_allclose(found.confusion[0].diagonal(), RatersRecipe().right)
    assert found.evidence == ()
    assert found.posterior.argmax(axis=1).tolist() == [BT, GOOD, GOOD]
    assert 0.5 < found.posterior[0, BT] < 0.95


def test_raters_without_a_common_exposure_are_as_if_alone():
    found = find("bt -", "- good", "bt -")
    np.testing.assert_allclose(found.confusion.diagonal(axis1=1, axis2=2), RatersRecipe().right)


def test_one_label_is_enough_and_none_is_refused():
    assert find("bt").posterior[0].argmax() == BT
    with pytest.raises(ValueError, match="nobody decided"):
        find("undecided")
    with pytest.raises(ValueError, match="nice is no class"):
        find("nice")


def test_who_is_undecided_says_nothing():
    np.testing.assert_array_equal(find("bt bt", "good good").posterior, find("bt bt undecided", "good good").posterior)


def test_a_guess_counts_less_than_a_certain_label():
    sure = ExposureLabel("a", "Ada", "bt", 3)
    found = [
        fit_raters(count_votes([replace(sure, sureness=sureness)], RatersRecipe())).posterior[0, BT]
        for sureness in (1, 2, 3)
    ]
    assert found == sorted(found)
    assert found[0] < found[2]


def test_two_who_agree_leave_less_doubt_than_one():
    assert find("bt bt", "good good").posterior[0, BT] > find("bt", "good").posterior[0, BT]

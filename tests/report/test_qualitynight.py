import numpy as np
import pytest

from skysieve.report.qualitycolors import CLASS_COLORS
from skysieve.report.qualitynight import NAMED, Night, draw_losses, draw_night


def make_night(count, lost=None):
    chances = {name: np.full(count, 0.2) for name in CLASS_COLORS}
    names = tuple(f"exposure{number}" for number in range(count))
    return Night(names, "in order", ("bad",) * count, chances, lost or {})


def test_exposures_are_named_where_there_is_room():
    assert b"exposure7<" in draw_night(make_night(9)).svg
    assert b"exposure7<" not in draw_night(make_night(NAMED + 1)).svg


def test_exposures_without_probabilities_are_counted():
    night = make_night(3)
    for values in night.probability.values():
        values[1] = np.nan
    assert "could not be read: 1." in draw_night(night).caption


def test_losses_are_summed_by_cause_and_the_unmeasured_told():
    lost = {"sky": np.array([5.0, np.nan, 7.0]), "seeing": np.array([100.0, np.nan, 0.0])}
    assert (
        draw_losses(make_night(3, lost)).caption
        == "In all 112 s of 2 exposures: seeing 100 s, sky 12 s. Not measured: 1."
    )


@pytest.mark.parametrize("lost", [{}, {"sky": np.full(2, np.nan)}])
def test_without_losses_it_says_why(lost):
    assert "no loss was measured" in draw_losses(make_night(2, lost)).caption


def test_a_night_of_nothing_is_said_not_drawn():
    assert draw_night(make_night(0)).svg is None
    assert draw_losses(make_night(0)).svg is None

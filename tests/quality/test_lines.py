import numpy as np
import pytest

from skysieve.quality.lines import measure_line

NONE = np.zeros((256, 256), bool)


def scatter(share, seed=1):
    rng = np.random.default_rng(seed)
    return np.where(rng.uniform(size=NONE.shape) < share / 36, np.arange(1, 257), 0)


@pytest.mark.parametrize("slope", [0.0, 0.3, 1.0, -2.0])
def test_a_line_from_end_to_end_is_found_whatever_its_direction(slope):
    y, x = np.mgrid[:256, :256] - 128
    labels = scatter(0.05)
    labels[np.abs(y - slope * x) / np.hypot(1, slope) < 3] = 999
    assert measure_line(labels, NONE) > 0.8


def test_sources_by_chance_make_no_line():
    assert measure_line(scatter(0.1), NONE) < 0.5
    assert measure_line(np.zeros(NONE.shape, int), NONE) == 0
    assert measure_line(np.ones((40, 40), int), np.zeros((40, 40), bool)) == 0


def test_bad_columns_are_no_line():
    labels, bad = scatter(0.05), NONE.copy()
    bad[:, 100:106] = True
    labels[bad] = 7
    assert measure_line(labels, bad) < 0.5

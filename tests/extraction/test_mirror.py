"""Neighbors and bad pixels replaced by the pixels opposite them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skysieve.extraction.ellipses import Ellipses
from skysieve.extraction.mirror import mirror_defects


def circle(x: float, y: float, radius: float) -> Ellipses:
    return Ellipses(*(np.array([float(v)]) for v in (x, y, radius, radius, 0.0)), np.array([1]))


def mirror(data: np.ndarray, *, labels=None, bad=None, aperture: Ellipses) -> tuple[float, float]:
    labels = np.zeros(data.shape, np.int32) if labels is None else labels
    bad = np.zeros(data.shape, bool) if bad is None else bad
    correction, share = mirror_defects(data.astype(np.float32), labels, bad, apertures=aperture)
    return float(correction[0]), float(share[0])


def test_without_defects_nothing_changes():
    assert mirror(np.ones((21, 21)), aperture=circle(10, 10, 5)) == (0, 0)


def test_a_neighbors_pixel_takes_the_value_opposite_the_center():
    data, labels = np.zeros((21, 21)), np.zeros((21, 21), np.int32)
    data[10, 12], data[10, 8], labels[10, 12] = 100, 7, 2
    correction, share = mirror(data, labels=labels, aperture=circle(10, 10, 5))
    assert correction == pytest.approx(7 - 100)
    assert share == pytest.approx(1 / (25 * np.pi))


@pytest.mark.parametrize("place", ["neighbor", "bad", "outside"])
def test_where_the_opposite_pixel_is_unusable_too_the_background_is_taken(place):
    data, labels, bad = np.full((21, 21), 5.0), np.zeros((21, 21), np.int32), np.zeros((21, 21), bool)
    x = 2 if place == "outside" else 10
    labels[10, x + 3] = 2
    labels[10, x - 3] = 3 if place == "neighbor" else 0
    bad[10, x - 3] = place == "bad"
    correction, _ = mirror(data, labels=labels, bad=bad, aperture=circle(x, 10, 4))
    assert correction == pytest.approx({"neighbor": -10, "bad": -10, "outside": -5}[place])


def test_the_sources_own_pixels_are_no_defects():
    labels = np.ones((21, 21), np.int32)
    assert mirror(np.ones((21, 21)), labels=labels, aperture=circle(10, 10, 5)) == (0, 0)


@given(st.integers(6, 14), st.integers(6, 14))
def test_a_symmetric_source_loses_nothing_to_bad_pixels(row, column):
    y, x = np.ogrid[:21, :21]
    data = np.exp(-((x - 10) ** 2 + (y - 10) ** 2) / 8) * 100
    bad = np.zeros(data.shape, bool)
    bad[row, column] = row != 10 or column != 10
    correction, _ = mirror(np.where(bad, 0, data), bad=bad, aperture=circle(10, 10, 8))
    assert correction == pytest.approx(data[bad].sum(), rel=1e-4)


def test_an_aperture_far_larger_than_the_image_costs_no_more_than_the_image():
    labels = np.zeros((31, 41), np.int32)
    labels[0, 0] = 2
    correction, _ = mirror(np.ones((31, 41)), labels=labels, aperture=circle(15, 15, 1e7))
    assert correction == pytest.approx(0)


def test_each_source_has_its_own_correction():
    labels = np.zeros((40, 40), np.int32)
    labels[10, 12] = 3
    two = Ellipses(*(np.array(v, float) for v in ([10, 30], [10, 30], [5, 5], [5, 5], [0, 0])), np.array([1, 2]))
    correction, share = mirror_defects(labels.astype(np.float32), labels, np.zeros(labels.shape, bool), apertures=two)
    assert correction.tolist() == [-3, 0]
    assert share[1] == 0

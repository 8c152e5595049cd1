"""Cells of the sky: the same on both sides of right ascension zero, of one size from pole to pole."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skysieve.metrics import make_sky_cells

ANGLES = st.floats(0, 360), st.floats(-90, 90), st.floats(0.01, 200)


@given(*ANGLES)
def test_a_turn_of_the_sky_changes_no_cell(ra, dec, size):
    turned = make_sky_cells(np.array([ra, ra + 0.0]), np.array([dec, dec]), size=size)
    assert turned[0] == turned[1] == make_sky_cells(np.array([ra]), np.array([dec]), size=size)[0]


def test_right_ascension_goes_round():
    cells = make_sky_cells(np.array([-10.0, 350.0, 710.0]), np.full(3, 20.0), size=0.5)
    assert len(set(cells.tolist())) == 1


def test_cells_have_about_the_same_area():
    rng = np.random.default_rng(0)
    ra, dec = rng.uniform(0, 360, 200_000), np.rad2deg(np.arcsin(rng.uniform(-1, 1, 200_000)))
    counts = np.unique(make_sky_cells(ra, dec, size=10.0), return_counts=True)[1]
    assert len(counts) == pytest.approx(41253 / 100, rel=0.02)
    assert counts.std() / counts.mean() < 0.1


def test_objects_farther_apart_than_two_cells_do_not_share_one():
    cells = make_sky_cells(np.array([10.0, 12.5, 10.0]), np.array([0.5, 0.5, 2.5]), size=1.0)
    assert len(set(cells.tolist())) == 3


def test_the_poles_and_huge_cells_have_a_number():
    ends = make_sky_cells(np.array([0.0, 0.0]), np.array([-90.0, 90.0]), size=7.0)
    assert ends[0] != ends[1]
    assert set(make_sky_cells(np.array([0.0, 180.0]), np.array([-90.0, 90.0]), size=400.0).tolist()) == {0}


def test_what_lies_nowhere_is_refused():
    with pytest.raises(ValueError, match="ra: 1 of 1 values are NaN"):
        make_sky_cells(np.array([np.nan]), np.array([0.0]), size=1.0)
    with pytest.raises(ValueError, match=r"dec: 91.0 lies outside \[-90, 90\]"):
        make_sky_cells(np.array([0.0]), np.array([91.0]), size=1.0)
    with pytest.raises(ValueError, match=r"size=0.0: a positive size"):
        make_sky_cells(np.array([0.0]), np.array([1.0]), size=0.0)

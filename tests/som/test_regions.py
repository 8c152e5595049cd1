"""Regions of distance."""

import numpy as np

from skysieve.som.regions import make_region
from skysieve.som.transforms import make_geometry


def test_a_square_region_starts_half_a_pixel_early_where_it_cannot_be_centered():
    region = make_region(make_geometry(4, neuron_side=7, region_side=4))
    assert np.flatnonzero(region.any(axis=0)).tolist() == [1, 2, 3, 4]
    assert region.sum() == 16


def test_a_disk_has_the_area_of_a_disk():
    region = make_region(make_geometry(64, shape="circular"))
    assert abs(region.sum() / (np.pi * 32**2) - 1) < 0.01


def test_a_disk_of_odd_diameter_leaves_its_last_row_empty():
    region = make_region(make_geometry(31, shape="circular"))
    rows = np.flatnonzero(region.any(axis=1))
    assert (rows[0], rows[-1]) == (6, 35)

"""Elliptical apertures."""

import numpy as np

from skysieve.extraction.ellipses import Ellipses, measure_elliptical_radius


def test_scaling_multiplies_the_axes_alone():
    one = np.array([1.0, 2.0])
    scaled = Ellipses(one, one, one, one / 2, one / 3, np.array([1, 2])).scaled(np.array([3.0, 0.5]))
    assert scaled.a.tolist() == [3.0, 1.0]
    assert scaled.b.tolist() == [1.5, 0.5]
    assert scaled.x.tolist() == [1.0, 2.0]
    assert scaled.theta.tolist() == (one / 3).tolist()


def test_the_elliptical_radius_is_one_at_the_ends_of_both_axes():
    center = np.zeros(1)
    ellipse = Ellipses(center, center, np.array([4.0]), np.array([2.0]), np.array([np.pi / 6]), np.array([1]))
    at, along = np.zeros(2, int), np.pi / 6 + np.array([0, np.pi / 2])
    length = np.array([4.0, 2.0])
    radius = measure_elliptical_radius(ellipse, at, dx=length * np.cos(along), dy=length * np.sin(along))
    np.testing.assert_allclose(radius, 1)

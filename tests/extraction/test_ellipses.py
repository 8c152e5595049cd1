"""Elliptical apertures."""

import numpy as np

from skysieve.extraction.ellipses import Ellipses


def test_scaling_multiplies_the_axes_alone():
    one = np.array([1.0, 2.0])
    scaled = Ellipses(one, one, one, one / 2, one / 3, np.array([1, 2])).scaled(np.array([3.0, 0.5]))
    assert scaled.a.tolist() == [3.0, 1.0]
    assert scaled.b.tolist() == [1.5, 0.5]
    assert scaled.x.tolist() == [1.0, 2.0]
    assert scaled.theta.tolist() == (one / 3).tolist()

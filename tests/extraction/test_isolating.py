"""The galaxy of a stamp and its neighbors."""

import numpy as np

from skysieve.extraction.isolating import segment_stamp


def make_stamp(*objects):
    y, x = np.mgrid[:64, :64]
    noise = np.random.default_rng(0).normal(size=(64, 64))
    return noise + sum(peak * np.exp(-((x - x0) ** 2 + (y - y0) ** 2) / 18) for x0, y0, peak in objects)


def test_the_object_nearest_to_the_position_is_the_galaxy():
    stamp, good = make_stamp((32, 32, 50), (12, 50, 90)), np.zeros((64, 64), bool)
    found = segment_stamp(stamp, noise=1.0, bad=good, x=32.0, y=32.0)
    assert found.labels[32, 32] == found.own > 0
    assert found.labels[50, 12] not in {0, found.own}
    assert segment_stamp(stamp, noise=1.0, bad=good, x=12.0, y=50.0).own == found.labels[50, 12]


def test_nothing_near_the_position_is_no_galaxy():
    good = np.zeros((64, 64), bool)
    assert segment_stamp(make_stamp((12, 50, 90)), noise=1.0, bad=good, x=45.0, y=15.0).own == 0
    assert segment_stamp(np.zeros((64, 64)), noise=1.0, bad=good, x=32.0, y=32.0).own == 0


def test_bad_pixels_are_not_looked_at():
    stamp, bad = make_stamp((32, 32, 50)), np.zeros((64, 64), bool)
    stamp[10:14, 10:14], bad[10:14, 10:14] = np.nan, True
    found = segment_stamp(stamp, noise=1.0, bad=bad, x=32.0, y=32.0)
    assert (found.labels[bad] == 0).all()
    assert found.own > 0

import numpy as np

from skysieve.extraction.glance import glance


def make_image():
    rng = np.random.default_rng(5)
    image = rng.normal(50, 1, (128, 160)).astype(np.float32)
    y, x = np.mgrid[:128, :160]
    for cx, cy in ((30, 40), (90, 60), (120, 100)):
        image += (40 * np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / 8)).astype(np.float32)
    return image


def test_sources_are_found_where_they_are():
    found = glance(make_image(), np.zeros((128, 160), bool), threshold=5.0)
    assert sorted(np.rint(found.x).tolist()) == [30, 90, 120]
    assert abs(found.level - 50) < 1
    assert found.threshold == 5
    assert (found.labels > 0).sum() == found.area.sum()


def test_bad_pixels_are_left_out():
    bad = np.zeros((128, 160), bool)
    bad[30:50, 20:40] = True
    image = make_image()
    image[bad] = 1e6
    found = glance(image, bad, threshold=5.0)
    assert sorted(np.rint(found.x).tolist()) == [90, 120]


def test_nothing_is_found_in_nothing():
    blank, never = np.zeros((64, 64), np.float32), np.zeros((64, 64), bool)
    assert len(glance(blank, never)) == 0
    assert len(glance(make_image(), np.ones((128, 160), bool))) == 0
    assert not glance(blank, never).labels.any()


def test_some_sources_can_be_taken():
    found = glance(make_image(), np.zeros((128, 160), bool), threshold=5.0)
    part = found.take(found.x > 80)
    assert len(part) == 2
    assert part.labels is found.labels

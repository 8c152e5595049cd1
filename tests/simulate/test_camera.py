import numpy as np

from skysieve.simulate.camera import add_cosmic_rays, bleed_columns, draw_bad_columns


def test_overflowing_charge_runs_along_its_column_and_is_kept():
    image = np.zeros((21, 5), np.float32)
    image[10, 2] = 1000
    bleed_columns(image, 100.0)
    assert image[:, 2].sum() == 1000
    assert image.max() == 100
    assert np.flatnonzero(image[:, 2]).tolist() == list(range(5, 16))
    assert not image[:, [0, 1, 3, 4]].any()


def test_charge_that_meets_the_border_runs_the_other_way():
    image = np.zeros((20, 1), np.float32)
    image[0] = 1000
    bleed_columns(image, 100.0)
    assert image[:, 0].tolist() == [100] * 10 + [0] * 10


def test_charge_without_room_leaves_a_full_column():
    image = np.full((4, 1), 1e5, np.float32)
    bleed_columns(image, 100.0)
    assert image[:, 0].tolist() == [100] * 4


def test_cosmic_rays_add_charge_only():
    image = np.zeros((64, 64), np.float32)
    add_cosmic_rays(np.random.default_rng(1), image, 5)
    assert image.min() == 0
    assert 5 <= np.count_nonzero(image) < 200


def test_there_are_no_more_bad_columns_than_columns():
    assert draw_bad_columns(np.random.default_rng(1), 4, 9).tolist() == [0, 1, 2, 3]

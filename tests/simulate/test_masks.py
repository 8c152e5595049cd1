import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from skysieve.simulate.drawing import Drawn
from skysieve.simulate.masks import join_masks, make_masks

SHAPE = (12, 15)


@given(st.integers(-9, 14), st.integers(-9, 17), st.integers(0, 2**31))
def test_a_mask_is_where_the_stamp_is_bright_inside_the_image(y0, x0, seed):
    stamp = np.random.default_rng(seed).uniform(0, 2, (8, 8)).astype(np.float32)
    full = np.zeros((40, 40), bool)
    full[y0 + 10 : y0 + 18, x0 + 10 : x0 + 18] = stamp > 1
    masks = make_masks(Drawn(np.array([y0]), np.array([x0]), (stamp,)), level=1.0, shape=SHAPE)
    np.testing.assert_array_equal(masks.fill(0), full[10:22, 10:25])
    assert masks.count(1).tolist() == [full[10:22, 10:25].sum()]


def test_overlapping_objects_keep_their_own_pixels():
    stamp = np.ones((4, 4), np.float32)
    drawn = Drawn(np.array([1, 2]), np.array([1, 2]), (stamp, stamp))
    joined = join_masks([make_masks(drawn, level=0.5, shape=SHAPE, first=n) for n in (0, 2)])
    assert joined.count(4).tolist() == [16, 16, 16, 16]
    assert (joined.fill(0) & joined.fill(3)).sum() == 9


def test_a_faint_object_has_no_pixel():
    masks = make_masks(
        Drawn(np.zeros(1, int), np.zeros(1, int), (np.ones((4, 4), np.float32),)), level=2.0, shape=SHAPE
    )
    assert not masks.fill(0).any()

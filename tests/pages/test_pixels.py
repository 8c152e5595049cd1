import base64

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from skysieve.pages.pixels import pack_image, pack_mask, pack_miniatures

FINITE = st.floats(-1e6, 1e6, width=32)


@given(arrays(np.float32, (5, 4), elements=FINITE))
def test_an_image_comes_back_within_half_a_step(image):
    packed = pack_image(image)
    span = packed["high"] - packed["low"]
    back = packed["low"] + np.frombuffer(base64.b64decode(packed["data"]), "<u2").reshape(packed["side"]) / 65535 * span
    np.testing.assert_allclose(back, image, atol=0.51 * span / 65535 + 1e-30)


def test_what_is_not_finite_counts_as_the_lowest_value():
    packed = pack_image(np.array([[np.nan, np.inf], [1.0, 3.0]]))
    assert (packed["low"], packed["high"]) == (1.0, 3.0)
    assert list(np.frombuffer(base64.b64decode(packed["data"]), "<u2")) == [0, 0, 0, 65535]
    assert pack_image(np.full((2, 2), np.nan))["high"] == 0


def test_the_first_pixel_of_a_mask_is_the_highest_bit():
    mask = np.zeros((3, 3), bool)
    mask[0, 0] = mask[2, 2] = True
    assert base64.b64decode(pack_mask(mask)) == bytes([0b10000000, 0b10000000])


def test_miniatures_go_from_black_to_white():
    images = np.stack([np.linspace(0, 9, 64).reshape(8, 8), np.zeros((8, 8)), np.full((8, 8), np.nan)])
    small = np.frombuffer(base64.b64decode(pack_miniatures(images, 4)), np.uint8).reshape(3, 4, 4)
    assert (small[0].min(), small[0].max(), small[1:].max()) == (0, 255, 0)

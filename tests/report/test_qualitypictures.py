from io import BytesIO

import numpy as np
from PIL import Image

from skysieve.records import Band
from skysieve.report.qualitypictures import draw_part, draw_whole


def make_band(data):
    return Band("r", data.astype(np.float32), np.zeros(data.shape, bool))


def test_a_detector_is_made_small_enough():
    picture = Image.open(BytesIO(draw_whole(make_band(np.random.default_rng(0).normal(0, 1, (90, 120))), side=50)))
    assert picture.size == (40, 30)


def test_the_part_has_the_median_number_of_bright_pixels():
    data = np.random.default_rng(0).normal(0, 1, (90, 90))
    counts = {
        (0, 0): 9,
        (30, 0): 1,
        (60, 0): 2,
        (0, 30): 3,
        (30, 30): 8,
        (60, 30): 4,
        (0, 60): 5,
        (30, 60): 6,
        (60, 60): 7,
    }
    for (x, y), count in counts.items():
        data[y + 5, x + 5 : x + 5 + count] = 100
    picture, corner = draw_part(make_band(data), side=30)
    assert corner == (60, 30) or counts[corner] == 5
    assert Image.open(BytesIO(picture)).size == (30, 30)


def test_a_detector_smaller_than_the_part_is_shown_whole():
    picture, corner = draw_part(make_band(np.ones((20, 25))), side=64)
    assert corner == (0, 0)
    assert Image.open(BytesIO(picture)).size == (25, 20)

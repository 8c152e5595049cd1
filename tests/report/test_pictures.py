from io import BytesIO

import numpy as np
from PIL import Image

from skysieve.report.pictures import (
    BAD_COLOR,
    CLEAN_COLOR,
    FLAGGED_COLOR,
    draw_outlines,
    encode_jpeg,
    find_edges,
    paint_bad,
)


def open_picture(picture: bytes, mode: str) -> np.ndarray:
    return np.asarray(Image.open(BytesIO(picture)).convert(mode))


def test_the_first_row_is_at_the_bottom():
    picture = np.zeros((16, 8, 3), dtype=np.uint8)
    picture[:8] = 255
    shown = open_picture(encode_jpeg(picture), "L")
    assert shown[-1].min() > 250
    assert shown[0].max() < 5


def test_half_bad_blocks_are_half_tinted():
    got = paint_bad(np.zeros((1, 3, 3)), np.array([[0.0, 0.5, 1.0]]))
    np.testing.assert_array_equal(got[0], [(0, 0, 0), np.array(BAD_COLOR) / 2, BAD_COLOR])


def test_edges_are_inside_the_sources_and_between_neighbors():
    labels = np.zeros((5, 8), dtype=np.int32)
    labels[:, 1:4], labels[:, 4:7] = 1, 2
    np.testing.assert_array_equal(find_edges(labels)[2], [0, 1, 0, 1, 1, 0, 1, 0])


def test_outlines_are_clear_but_on_borders_which_tell_flagged_sources():
    labels = np.zeros((100, 100), dtype=np.int32)
    labels[10:20, 10:20], labels[60:80, 60:80] = 1, 2
    picture, step = draw_outlines(labels, np.array([2]), 100)
    shown = open_picture(picture, "RGBA")[::-1]
    assert step == 1.0
    assert tuple(shown[10, 10]) == (*CLEAN_COLOR, 255)
    assert tuple(shown[60, 60]) == (*FLAGGED_COLOR, 255)
    assert shown[15, 15, 3] == shown[0, 0, 3] == 0


def test_no_source_is_lost_when_a_large_map_is_reduced():
    labels = np.zeros((300, 200), dtype=np.int32)
    labels[7, 5] = 3
    picture, step = draw_outlines(labels, np.zeros(0, dtype=np.int64), 20)
    assert step == 8.0
    assert tuple(open_picture(picture, "RGBA")[::-1][0, 0]) == (*CLEAN_COLOR, 255)


def test_a_map_of_one_pixel_is_magnified_eightfold():
    picture, step = draw_outlines(np.ones((1, 1), dtype=np.int32), np.zeros(0, dtype=np.int64), 1024)
    assert (open_picture(picture, "RGBA").shape, step) == ((8, 8, 4), 1 / 8)

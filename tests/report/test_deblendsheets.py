"""Sheets of galaxies alone."""

from io import BytesIO

import numpy as np
from PIL import Image

from skysieve.report.deblendsheets import SheetRow, draw_isolation_sheet


def make_row():
    original = np.random.default_rng(0).normal(size=(32, 32))
    labels = np.zeros((32, 32), int)
    labels[10:20, 10:20], labels[2:6, 2:6] = 1, 2
    return SheetRow(original, np.where(labels == 2, np.nan, original), labels, labels == 1, name="7", note="touching")


def test_a_sheet_has_a_row_a_galaxy_and_is_the_same_each_time():
    once, twice = draw_isolation_sheet([make_row()] * 2), draw_isolation_sheet([make_row()] * 2)
    assert once == twice
    short, tall = (Image.open(BytesIO(png)).size for png in (draw_isolation_sheet([make_row()]), once))
    assert short[0] == tall[0]
    assert tall[1] > 1.8 * short[1]


def test_own_pixels_have_a_color_of_their_own():
    picture = np.asarray(Image.open(BytesIO(draw_isolation_sheet([make_row()]))).convert("RGB")).reshape(-1, 3)
    assert (np.abs(picture.astype(int) - [242, 191, 51]).max(axis=1) < 3).sum() > 100


def test_no_galaxy_is_an_empty_sheet():
    assert draw_isolation_sheet([]).startswith(b"\x89PNG")

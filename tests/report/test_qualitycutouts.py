from io import BytesIO

import numpy as np
from PIL import Image

from skysieve.report.qualitycutouts import (
    EMPTY,
    Representative,
    draw_fingerprint,
    draw_representatives,
    encode_fingerprint,
    make_mosaic,
)

CUTOUTS = np.ones((2, 3, 5, 5), np.float16)
CUTOUTS[1, 2] = 0
CUTOUTS[0, 0, 0, 0] = 9


def test_cutouts_stand_in_rows_with_their_first_row_at_the_bottom_and_empty_ones_are_nan():
    mosaic, empty = make_mosaic(CUTOUTS)
    assert mosaic.shape == (11, 17)
    assert mosaic[4, 0] == 9
    assert empty.tolist() == [[False, False, False], [False, False, True]]
    assert np.isnan(mosaic[6:, 12:]).all()
    assert np.isnan(mosaic[5]).all()


def test_a_fingerprint_names_detectors_and_counts_what_is_not_there():
    panel = draw_fingerprint("A", CUTOUTS, names=["ccd7", "ccd8"], dead=np.array([False, True]))
    assert b"ccd8 dead" in panel.svg
    assert b"G2" in panel.svg
    assert "1 of 6 are crossed out" in panel.caption
    assert draw_fingerprint("A", CUTOUTS[:0], names=[], dead=np.zeros(0, bool)).svg is None


def test_a_small_picture_hatches_empty_cutouts():
    picture = np.asarray(Image.open(BytesIO(encode_fingerprint(CUTOUTS))))
    assert picture.shape == (11, 17)
    assert set(picture[6:, 12:].ravel().tolist()) == {EMPTY, EMPTY - 40}
    assert picture[4, 0] == 255


def test_counts_stand_above_the_cutouts():
    panel = draw_representatives([Representative("good", CUTOUTS[0], np.array([12, 3, 0]))], columns=2)
    assert all(text in panel.svg for text in (b"0: 12", b"2: 0", b"good"))
    assert "5 x 5 pixels" in panel.caption
    assert draw_representatives([]).svg is None

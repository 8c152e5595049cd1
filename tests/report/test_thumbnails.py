import numpy as np

from skysieve.records import SourceFlag
from skysieve.report.thumbnails import choose_examples, draw_thumbnails


def test_the_brightest_sources_stand_for_a_flag_and_the_rarest_flag_goes_first(make_catalog):
    catalog = make_catalog(6)
    catalog["flags"][:] = [2, 2, 2, 2, 0, 6]
    assert choose_examples(catalog, per_flag=2) == [
        (3, SourceFlag.BLENDED), (2, SourceFlag.BLENDED), (5, SourceFlag.SATURATED)
    ]  # fmt: skip


def test_flags_of_a_whole_image_get_no_examples(make_catalog):
    catalog = make_catalog(3)
    catalog["flags"][:] = SourceFlag.NO_WCS | SourceFlag.NO_ZEROPOINT
    assert choose_examples(catalog) == []


def test_sources_outside_the_image_or_without_position_do_not_stop_the_drawing(make_catalog, make_detector):
    catalog = make_catalog(3)
    catalog["flags"][:] = 2
    catalog["x"][:2] = [np.nan, 1e9]
    catalog["a"][2] = np.nan
    band = make_detector().bands[0]
    assert [t.id for t in draw_thumbnails(band, None, catalog)] == ["3", "2"]


def test_a_thumbnail_tells_all_flags_of_its_source(make_catalog, make_detector):
    catalog = make_catalog(1)
    catalog["flags"][:] = 6
    (thumbnail,) = draw_thumbnails(make_detector().bands[0], np.ones((80, 100), dtype=np.int32), catalog)
    assert thumbnail.names == ("blended", "saturated")
    assert thumbnail.picture.startswith(b"\x89PNG")

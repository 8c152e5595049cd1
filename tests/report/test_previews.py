from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from skysieve.records import Detector
from skysieve.report import draw_preview
from skysieve.report.pictures import BAD_COLOR
from skysieve.report.previews import list_brightest, measure_compass


def test_a_large_image_is_shrunk_to_the_size_asked_for(make_detector, make_catalog):
    preview = draw_preview(make_detector((130, 260)), None, make_catalog(3), size=64)
    assert preview.factor == 5
    assert Image.open(BytesIO(preview.image)).size == (52, 26)


def test_a_source_at_the_top_of_the_detector_is_at_the_top_of_the_picture(make_detector, make_catalog):
    detector = make_detector()
    detector.bands[0].data[70:, :10] = 1000
    shown = np.asarray(Image.open(BytesIO(draw_preview(detector, None, make_catalog(0)).image)).convert("L"))
    assert shown[:10, :10].mean() > 2 * shown[-10:, :10].mean()


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (300, 1), (3, 2)])
@pytest.mark.parametrize("bands", [1, 2, 3])
def test_odd_shapes_and_no_sources_are_drawn(make_detector, make_catalog, shape, bands):
    one = make_detector(shape).bands[0]
    detector = Detector("a", tuple(replace(one, name=name) for name in "gri"[:bands]))
    preview = draw_preview(detector, np.zeros(shape, dtype=np.int32), make_catalog(0), size=100)
    assert preview.n_sources == 0
    assert preview.psf_field is None


def test_an_image_without_a_good_pixel_shows_nothing_but_bad_pixels(make_detector, make_catalog):
    detector = make_detector()
    dead = replace(detector, bands=(replace(detector.bands[0], bad=np.ones((80, 100), dtype=bool)),))
    preview = draw_preview(dead, None, make_catalog(0))
    shown = np.asarray(Image.open(BytesIO(preview.image)).convert("RGB"))
    np.testing.assert_allclose(shown, np.broadcast_to(BAD_COLOR, shown.shape), atol=3)
    assert (preview.bad_fraction, preview.area) == (1.0, 0.0)


def test_a_background_and_a_psf_of_nothing_are_left_out(make_detector, make_catalog):
    preview = draw_preview(make_detector(), None, make_catalog(0), background=np.full((3, 3), np.nan))
    assert preview.background is None
    assert preview.psf is None


def test_the_compass_knows_the_sky_across_zero_right_ascension(sky_wcs):
    compass = measure_compass(sky_wcs, (80, 100))
    np.testing.assert_allclose(compass.north, (0, 1), atol=1e-4)
    np.testing.assert_allclose(compass.east, (-1, 0), atol=1e-4)
    assert compass.pixel_scale == pytest.approx(1.0, rel=1e-4)


def test_the_pixel_scale_holds_at_the_pole(sky_wcs):
    sky_wcs.wcs.crval = [0.0, 90.0]
    assert measure_compass(sky_wcs, (80, 100)).pixel_scale == pytest.approx(1.0, rel=1e-4)


def test_the_area_counts_good_pixels(rich_preview):
    assert rich_preview.area == pytest.approx(80 * 99 / 3600**2, rel=1e-4)


def test_sources_are_listed_brightest_first_with_none_for_unknown(make_catalog):
    listed = list_brightest(make_catalog(5), limit=2)
    assert listed["id"] == ["5", "4"]
    assert listed["mag"] == [None, None]
    assert listed["flux_kron"] == [5000.0, 4000.0]


def test_ids_beyond_what_a_browser_counts_stay_exact(make_catalog):
    catalog = make_catalog(1)
    catalog["id"][0] = 2**62 + 1
    assert list_brightest(catalog)["id"] == ["4611686018427387905"]


def test_the_same_detector_gives_the_same_preview(make_detector, make_catalog):
    catalog = make_catalog(20)
    first, second = (draw_preview(make_detector(), None, catalog, background=np.eye(3)) for _ in range(2))
    assert replace(first, area=0.0) == replace(second, area=0.0)


def test_a_segmentation_map_of_another_shape_is_refused(make_detector, make_catalog):
    with pytest.raises(ValueError, match=r"a.fits\[0\]: segmentation map of shape \(3, 3\); give one of \(80, 100\)"):
        draw_preview(make_detector(), np.zeros((3, 3), dtype=np.int32), make_catalog(0))

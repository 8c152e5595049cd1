import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.wcs import WCS

from skysieve.morphology.planes import cut_planes, make_planes, read_planes


def make_wcs(*, turn=0.0, ra=10.0, dec=40.0):
    wcs = WCS(naxis=2)
    wcs.wcs.ctype, wcs.wcs.crval, wcs.wcs.crpix = ["RA---TAN", "DEC--TAN"], [ra, dec], [20.0, 25.0]
    cos, sin = np.cos(turn) / 2000, np.sin(turn) / 2000
    wcs.wcs.cd = [[-cos, sin], [sin, cos]]
    return wcs


def test_north_is_up_and_east_is_left():
    planes = make_planes(np.array([10.0]), np.array([0.0]), pixel_scale=1.8, image_side=64)
    x, y = planes.locate(np.array([10.0, 10 + 3.6 / 3600]), np.array([1.8 / 3600, 0.0]), np.array([0, 0]))
    assert x == pytest.approx([31.5, 29.5])
    assert y == pytest.approx([32.5, 31.5])


def test_right_ascension_runs_over_zero():
    planes = make_planes(np.array([0.0]), np.array([60.0]), pixel_scale=1.0, image_side=11)
    x, _ = planes.locate(np.array([359.999]), np.array([60.0]), np.array([0]))
    assert x == pytest.approx([5 + 3.6 * np.cos(np.pi / 3)], abs=1e-5)


def test_each_image_has_its_own_world_coordinates():
    worlds = [make_wcs(), make_wcs(turn=0.7, ra=200.0, dec=-80.0)]
    planes = read_planes(worlds, image_side=64)
    sky = [world.pixel_to_world(12.0, 50.0) for world in worlds]
    x, y = planes.locate(np.array([s.ra.deg for s in sky]), np.array([s.dec.deg for s in sky]), np.array([0, 1]))
    assert x == pytest.approx([12, 12], abs=1e-4)
    assert y == pytest.approx([50, 50], abs=1e-4)


def test_a_cutout_lies_where_it_was_cut():
    wcs = make_wcs(turn=0.3)
    planes = cut_planes(wcs, np.array([300.0]), np.array([-200.0]), image_side=65)
    sky = wcs.pixel_to_world(300.0 - 32 + 5, -200.0 - 32 + 60)
    x, y = planes.locate(np.array([sky.ra.deg]), np.array([sky.dec.deg]), np.array([0]))
    assert (x[0], y[0]) == pytest.approx((5, 60), abs=1e-3)
    center = SkyCoord(planes.center_ra, planes.center_dec, unit="deg")
    assert center.separation(wcs.pixel_to_world(300.0, -200.0)).arcsec == pytest.approx([0], abs=1e-6)


def test_the_other_side_of_the_sky_is_nowhere():
    planes = make_planes(np.array([0.0]), np.array([0.0]), pixel_scale=1.0, image_side=3)
    assert np.isnan(planes.locate(np.array([180.0]), np.array([0.0]), np.array([0]))[0]).all()


def test_an_image_without_celestial_coordinates_is_refused():
    with pytest.raises(ValueError, match="image 0: its header has no celestial coordinates; give ra, dec"):
        read_planes([WCS(naxis=2)], image_side=8)


def test_a_scale_must_be_positive():
    with pytest.raises(ValueError, match=r"pixel_scale = 0.0: wanted are arcseconds, above 0"):
        make_planes(np.zeros(1), np.zeros(1), pixel_scale=0.0, image_side=8)

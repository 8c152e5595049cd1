import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS
from hypothesis import given
from hypothesis import strategies as st

from skysieve.io.exposures import InputRecipe, list_detectors, measure_local_scale, pixel_to_sky, read_detector
from skysieve.records import ImageFlag

RECIPE = InputRecipe()


def _read_wcs(path):
    (address,) = list_detectors([path], recipe=RECIPE)
    return read_detector(address, RECIPE)


def _at(x, y):
    return np.array([float(x)]), np.array([float(y)])


def test_the_reference_pixel_lies_at_the_reference_position_counting_from_zero(write_image, sky):
    ra, dec = pixel_to_sky(_read_wcs(write_image(**sky)).wcs, *_at(4, 3))
    np.testing.assert_allclose([ra[0], dec[0]], [150, 2], atol=1e-9)


def test_local_scale_of_a_tangential_plane_is_its_pixel_size(write_image, sky):
    scale = measure_local_scale(_read_wcs(write_image(**sky)).wcs, *_at(4, 3))
    np.testing.assert_allclose(scale, 0.36, rtol=1e-6)


@given(dec=st.floats(-90, 90), ra=st.floats(0, 359.9), angle=st.floats(0, 360))
def test_local_scale_does_not_depend_on_where_and_how_the_camera_points(dec, ra, angle):
    turn, sky = np.radians(angle), WCS(naxis=2)
    sky.wcs.ctype, sky.wcs.crval, sky.wcs.crpix = ["RA---TAN", "DEC--TAN"], [ra, dec], [1, 1]
    sky.wcs.cd = 1e-4 * np.array([[-np.cos(turn), np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    np.testing.assert_allclose(measure_local_scale(sky, *_at(0, 0)), 0.36, rtol=1e-4)


def test_galactic_coordinates_become_icrs(write_image, sky):
    galactic = {**sky, "CTYPE1": "GLON-TAN", "CTYPE2": "GLAT-TAN", "CRVAL1": 0.0, "CRVAL2": 90.0}
    ra, dec = pixel_to_sky(_read_wcs(write_image(**galactic)).wcs, *_at(4, 3))
    np.testing.assert_allclose([ra[0], dec[0]], [192.85948, 27.12825], atol=1e-4)


def test_b1950_coordinates_are_precessed(write_image, sky):
    ra, dec = pixel_to_sky(_read_wcs(write_image(**sky, RADESYS="FK4", EQUINOX=1950.0)).wcs, *_at(4, 3))
    assert 0.6 < ra[0] - 150 < 0.7
    assert -0.3 < dec[0] - 2 < -0.2


def test_swapped_axes_still_give_ra_first(write_image, sky):
    swapped = {**sky, "CTYPE1": "DEC--TAN", "CTYPE2": "RA---TAN", "CRVAL1": 2.0, "CRVAL2": 150.0}
    ra, dec = pixel_to_sky(_read_wcs(write_image(**swapped)).wcs, *_at(4, 3))
    np.testing.assert_allclose([ra[0], dec[0]], [150, 2], atol=1e-9)


def test_positions_off_the_projection_and_nan_are_nan(write_image, sky):
    wcs = _read_wcs(write_image(**{**sky, "CTYPE1": "RA---AIT", "CTYPE2": "DEC--AIT", "CRVAL2": 0.0})).wcs
    ra, dec = pixel_to_sky(wcs, np.array([4.0, np.nan, 1e8]), np.array([3.0, 3.0, 3.0]))
    np.testing.assert_array_equal(np.isnan(ra), [False, True, True])
    np.testing.assert_array_equal(np.isnan(dec), np.isnan(ra))


def test_no_source_has_no_position(write_image, sky):
    empty = np.zeros(0)
    wcs = _read_wcs(write_image(**sky)).wcs
    assert pixel_to_sky(wcs, empty, empty)[0].shape == (0,)
    assert measure_local_scale(wcs, empty, empty).shape == (0,)


def test_sip_distortion_moves_positions(write_image, sky):
    sip = {**sky, "CTYPE1": "RA---TAN-SIP", "CTYPE2": "DEC--TAN-SIP", "A_ORDER": 2, "B_ORDER": 2, "A_2_0": 0.01}
    ra, _ = pixel_to_sky(_read_wcs(write_image(**sip)).wcs, *_at(14, 3))
    plain, _ = pixel_to_sky(_read_wcs(write_image("p.fits", **sky)).wcs, *_at(14, 3))
    np.testing.assert_allclose(plain - ra, 1e-4, rtol=0.01)


def test_lookup_tables_of_the_same_file_are_applied(tmp_path, sky):
    table = fits.ImageHDU(np.full((6, 6), 2.0, np.float32), name="D2IMARR")
    table.header.update({"CRPIX1": 0.0, "CRPIX2": 0.0, "CRVAL1": 0.0, "CRVAL2": 0.0, "CDELT1": 1.0, "CDELT2": 1.0})
    header = fits.Header(sky)
    header["D2IMDIS1"] = "Lookup"
    for record in ("EXTVER: 1.0", "NAXES: 2.0", "AXIS.1: 1.0", "AXIS.2: 2.0"):
        header.append(fits.Card.fromstring(f"D2IM1   = '{record}'"))
    fits.HDUList([fits.PrimaryHDU(np.ones((5, 6)), header), table]).writeto(tmp_path / "img.fits")
    (address,) = list_detectors([f"{tmp_path}/img.fits[0]"], recipe=RECIPE)
    ra, _ = pixel_to_sky(read_detector(address, RECIPE).wcs, *_at(4, 3))
    np.testing.assert_allclose(150 - ra, 2e-4, rtol=0.01)


def test_an_image_without_sky_and_one_with_linear_axes_are_flagged(write_image):
    for cards in ({}, {"CTYPE1": "LINEAR", "CTYPE2": "LINEAR"}, {"CTYPE1": "", "CTYPE2": ""}):
        detector = _read_wcs(write_image(f"{len(cards)}{len(str(cards))}.fits", **cards))
        assert detector.wcs is None
        assert ImageFlag.NO_WCS in detector.flags


def test_numbers_written_as_text_are_numbers(write_image, sky):
    ra, _ = pixel_to_sky(_read_wcs(write_image(**{**sky, "CRVAL1": "150.0"})).wcs, *_at(4, 3))
    assert ra[0] == pytest.approx(150)


def test_an_extension_takes_its_frame_from_the_primary_header(tmp_path, sky):
    primary = fits.PrimaryHDU(header=fits.Header({"RADESYS": "FK4", "EQUINOX": 1950.0}))
    fits.HDUList([primary, fits.ImageHDU(np.ones((5, 6)), fits.Header(sky))]).writeto(tmp_path / "m.fits")
    assert _read_wcs(tmp_path / "m.fits").wcs.wcs.radesys == "FK4"


def test_distortion_terms_without_their_suffix_are_used_in_silence(write_image, sky, capfd):
    sip = {**sky, "CTYPE2": "DEC--TAN-SIP", "A_ORDER": 2, "B_ORDER": 2, "A_2_0": 0.01}
    ra, _ = pixel_to_sky(_read_wcs(write_image(**sip)).wcs, *_at(14, 3))
    assert abs(ra[0] - (150 - 11 * 1e-4)) < 1e-4
    assert capfd.readouterr() == ("", "")

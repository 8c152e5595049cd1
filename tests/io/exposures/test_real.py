"""Real frames of many cameras."""

import warnings

import numpy as np
import pytest
from astropy.io import fits

from skysieve.io.exposures import InputRecipe, list_detectors, measure_local_scale, pixel_to_sky, read_detector
from skysieve.records import ImageFlag

RECIPE = InputRecipe()
FRAMES = (
    "sep_image.fits",
    "m13_short_0001.fits.gz",
    "panoptes_unsolved.fits.gz",
    "poss_m67.fits.gz",
    "toros_eso085-030-004.fits.gz",
    "sdss_frame-r-002583-2-0136.fits.bz2",
    "decam_crops/c4d_130105_065255_ooi_r_a1-N15.fits.fz",
    "decam_crops/c4d_150411_035242_ooi_z_v1-N3.fits.gz",
    "microobs_hatp32/HATP-32171220013343.fits.fz",
)


def _read(*images, **others):
    (address,) = list_detectors(images, recipe=RECIPE, **others)
    return read_detector(address, RECIPE)


@pytest.mark.parametrize("name", FRAMES)
def test_frames_read_the_values_that_astropy_reads(real_data, name):
    path = real_data / "exposure" / name
    detector = _read(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = fits.getdata(path)
    np.testing.assert_allclose(detector.bands[0].data, expected, rtol=1e-5)
    assert detector.label == path.name


def test_an_sdss_frame_is_one_calibrated_detector(real_data):
    detector = _read(real_data / "exposure" / "sdss_frame-r-002583-2-0136.fits.bz2")
    calibration = detector.bands[0].calibration
    assert (detector.bands[0].name, calibration.zeropoint, calibration.exptime) == ("r", 22.5, 53.907456)
    assert (detector.flags, detector.messages) == (ImageFlag(0), ())
    scale = measure_local_scale(detector.wcs, np.array([1000.0]), np.array([700.0]))
    np.testing.assert_allclose(scale, 0.396, atol=1e-3)


def test_decam_masks_weights_and_zeropoint_come_through(real_data):
    folder = real_data / "exposure" / "decam_crops"
    image, mask = (folder / f"c4d_170419_042827_oo{kind}_z_ls9.S1.fits.gz" for kind in "id")
    band = _read(image, masks=[mask]).bands[0]
    assert int(band.bad.sum()) == 181 + 136
    assert (band.name, band.calibration.zeropoint) == ("z", 30.537)
    assert band.calibration.gain == pytest.approx((3.85171783 + 3.83023257) / 2)


def test_decam_positions_follow_its_distortion_polynomial(real_data):
    path = real_data / "exposure" / "decam_crops" / "c4d_130105_065255_ooi_r_a1-N15.fits.fz"
    header = fits.getheader(path, 1)
    ra, dec = pixel_to_sky(_read(path).wcs, np.array([100.0]), np.array([200.0]))
    assert abs(dec[0] - header["CRVAL2"]) < 1.2
    assert abs(ra[0] - header["CRVAL1"]) < 1.2


def test_radio_maps_with_non_ascii_comments_are_read_and_flagged(real_data):
    for path in sorted((real_data / "radio_som" / "mirabest_fits").glob("*.fits.gz")):
        detector = _read(path)
        assert ImageFlag.BROKEN_HEADER in detector.flags
        assert (detector.bands[0].calibration.unit, detector.wcs is None) == ("JY/BEAM", False)


def test_three_files_are_one_field(real_data):
    folder = real_data / "segmentation" / "wide"
    detector = _read(bands={band: folder / f"sdss_ngc6976_{band}.fits.bz2" for band in "gri"})
    assert (detector.label, [band.name for band in detector.bands]) == ("sdss_ngc6976", ["g", "r", "i"])
    assert len({band.data.tobytes() for band in detector.bands}) == 3


def test_a_legacy_cube_has_its_bands(real_data):
    detector = _read(real_data / "shreds" / "legacy_grz_fits" / "decals_example_a.fits.gz")
    assert [band.name for band in detector.bands] == ["g", "r", "z"]
    assert detector.wcs is not None


def test_a_jpeg_has_three_bands(real_data):
    detector = _read(real_data / "segmentation" / "wide" / "hubble_eso137-001.jpg")
    assert (detector.shape, len(detector.bands)) == ((1400, 2048), 3)


def test_a_file_of_stamps_lists_stamps_and_leaves_their_psfs_out(real_data):
    found = list_detectors([real_data / "deblending" / "cosmos_hst_f814w_stamps.fits.gz"], recipe=RECIPE)
    assert len(found) == 67
    assert len({address.stem for address in found}) == 67

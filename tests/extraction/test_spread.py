from dataclasses import replace

import numpy as np
import pytest

from skysieve.extraction import ExtractionRecipe, extract, extract_sources
from skysieve.extraction.recipe import PsfRecipe
from skysieve.records import Calibration, Detector, PsfModel

SIGMA = 1.6


def make_psf(shape=(200, 200)):
    y, x = np.mgrid[-12:13, -12:13]
    stamp = np.exp(-0.5 * (x**2 + y**2) / SIGMA**2)
    return PsfModel((stamp / stamp.sum())[None].astype(np.float32), 0, shape, 0, 2.3548 * SIGMA)


@pytest.fixture(scope="module")
def lattice(draw_sky, add_noise):
    """Rows of stars and of ever larger disks, 36 pixels apart, off the pixel centers, S/N about 100."""
    rng, sky = np.random.default_rng(5), draw_sky(200, 300)
    for column in range(7):
        for row, scale in enumerate((None, 0.7, 1.4, 2.8)):
            x, y = 40 + 36 * column + rng.uniform(-0.5, 0.5), 35 + 42 * row + rng.uniform(-0.5, 0.5)
            if scale is None:
                sky.add_gaussian(x, y, 3000, sigma=SIGMA)
            else:
                sky.add_gaussian(x, y, 3000, sigma=float(np.hypot(SIGMA, scale)))
    return add_noise(sky.image, seed=6), sky.truth


@pytest.fixture(scope="module")
def measured(lattice, make_detector, pair_up):
    image, truth = lattice
    extraction = extract_sources(make_detector(image), ExtractionRecipe(), psf=make_psf(image.shape))
    rows, near = pair_up(extraction, truth)
    assert near.all()
    return extraction.catalog.take(rows.reshape(7, 4).T.ravel())


def test_the_spread_of_point_sources_is_zero_within_its_error(measured):
    pull = measured["spread_model"][:7] / measured["spread_model_err"][:7]
    assert abs(pull.mean()) < 3 / np.sqrt(7)
    assert 0.3 < pull.std() < 2


def test_larger_sources_have_larger_spread(measured):
    by_size = measured["spread_model"].reshape(4, 7).mean(axis=1)
    assert (np.diff(by_size) > 3 * measured["spread_model_err"].max()).all()


def test_the_width_of_the_psf_is_that_of_the_stars(measured):
    assert measured["psf_fwhm"] == pytest.approx(2.3548 * SIGMA, rel=0.01)


def test_spread_does_not_depend_on_the_place_in_the_pixel(draw_sky, add_noise, make_detector, pair_up):
    sky = draw_sky(60, 420)
    for number, x in enumerate(np.arange(25, 400, 37.1)):
        sky.add_gaussian(x, 30 + 0.083 * number, 1e6, sigma=SIGMA)
    extraction = extract_sources(
        make_detector(add_noise(sky.image, seed=1)), ExtractionRecipe(), psf=make_psf(sky.image.shape)
    )
    rows, near = pair_up(extraction, sky.truth)
    assert near.all()
    assert np.abs(extraction.catalog["spread_model"][rows]).max() < 1e-4


def test_the_flux_unit_changes_nothing(lattice, make_detector):
    image, _ = lattice
    one, other = (
        extract_sources(make_detector(image * 2.0**k), ExtractionRecipe(), psf=make_psf(image.shape)).catalog
        for k in (0, 40)
    )
    assert other["spread_model"] == pytest.approx(one["spread_model"], abs=1e-6)
    assert other["spread_model_err"] == pytest.approx(one["spread_model_err"], rel=1e-4)


def test_neighbors_and_bad_pixels_do_not_spread_a_star(draw_sky, add_noise, make_detector, pair_up):
    sky = draw_sky(90, 90)
    sky.add_gaussian(45, 45, 3000, sigma=SIGMA)
    sky.add_gaussian(52.5, 45, 4000, sigma=SIGMA)
    bad = np.zeros(sky.image.shape, bool)
    bad[46, 44] = bad[48] = True
    detector = make_detector(add_noise(sky.image, seed=2), bad=bad)
    extraction = extract_sources(detector, ExtractionRecipe(), psf=make_psf(sky.image.shape))
    rows, _ = pair_up(extraction, sky.truth)
    assert (np.abs(extraction.catalog["spread_model"][rows]) < 0.002).all()


def test_tiles_and_the_whole_give_the_same_spread(crowded, crowded_extraction, make_detector):
    tiled = extract_sources(make_detector(crowded), ExtractionRecipe(tile=160, halo=64)).catalog
    one, other = crowded_extraction.catalog["spread_model"], tiled["spread_model"]
    assert np.isfinite(one).sum() > 100
    assert other == pytest.approx(one, abs=1e-6, nan_ok=True)


def test_without_a_psf_nothing_is_known(lattice, make_detector):
    recipe = ExtractionRecipe(psf=PsfRecipe(min_stars=100))
    catalog = extract_sources(make_detector(lattice[0]), recipe).catalog
    assert len(catalog) > 20
    assert np.isnan([catalog[name] for name in ("spread_model", "spread_model_err", "psf_fwhm")]).all()


def test_other_methods_leave_the_spread_unknown(lattice, make_detector):
    recipe = replace(ExtractionRecipe(), method="sep")
    assert np.isnan(extract(make_detector(lattice[0]), recipe).catalog["spread_model"]).all()


def test_a_narrower_source_than_the_psf_has_negative_spread(draw_sky, add_noise, make_detector):
    sky = draw_sky(80, 80)
    sky.add_gaussian(40, 40, 3000, sigma=1.0)
    image = add_noise(sky.image, seed=3)
    catalog = extract_sources(make_detector(image), ExtractionRecipe(), psf=make_psf(image.shape)).catalog
    brightest = np.argmax(catalog["flux_kron"])
    assert catalog["spread_model"][brightest] < -5 * catalog["spread_model_err"][brightest]


def test_poisson_noise_widens_the_error(lattice, make_band, make_detector):
    image, _ = lattice
    errors = [
        extract_sources(
            Detector("sim.fits", (make_band(image, calibration=Calibration(gain=gain)),)), ExtractionRecipe(),
            psf=make_psf(image.shape),
        ).catalog["spread_model_err"]
        for gain in (1.0, np.nan)
    ]  # fmt: skip
    assert np.nanmedian(errors[0] / errors[1]) > 2

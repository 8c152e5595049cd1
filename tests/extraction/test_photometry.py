"""Fluxes of whole images: truth recovered, errors that cover, flags."""

import numpy as np
import pytest

from skysieve.extraction import ExtractionRecipe, extract_sources
from skysieve.extraction.recipe import DetectionRecipe, PhotometryRecipe
from skysieve.records import Calibration, Detector, SourceFlag

CELL = 48
DEEP = DetectionRecipe(threshold=3.0)


@pytest.fixture(scope="session")
def draw_grid(draw_sky, add_noise):
    """Isolated stars of one flux on a grid with random subpixel positions."""

    def draw(flux: float, *, seed: int, side: int = 14, noise: float = 1.0):
        rng, sky = np.random.default_rng(seed), draw_sky(side * CELL, side * CELL)
        for row in range(side):
            for column in range(side):
                stamp = draw_sky(CELL, CELL)
                stamp.add_gaussian(*rng.uniform(23, 24, 2), flux)
                sky.paste(stamp, CELL * column, CELL * row)
        return add_noise(sky.image, seed=seed + 1, sigma=noise, level=20.0), sky.truth

    return draw


@pytest.fixture(scope="session")
def pulls(draw_grid, extract, pair_up):
    """Deviations over errors of 196 stars of one flux, by column."""

    def measure(flux: float) -> dict[str, np.ndarray]:
        image, truth = draw_grid(flux, seed=int(flux))
        found = extract(image)
        rows, near = pair_up(found, truth)
        assert near.all()
        c, true = found.catalog.take(rows), np.array(truth)
        light = {"flux_aper2": (c["flux_aper2"] - flux * (1 - np.exp(-(5**2) / 4.5))) / c["flux_aper2_err"]}
        light["flux_kron"] = (c["flux_kron"] - flux) / c["flux_kron_err"]
        return {"x": (c["x"] - true[:, 0]) / c["x_err"], "y": (c["y"] - true[:, 1]) / c["y_err"], **light}

    return measure


@pytest.mark.parametrize("flux", [400.0, 3000.0])
def test_flux_errors_cover_the_true_flux(pulls, flux):
    found = pulls(flux)
    assert found["flux_aper2"].std() == pytest.approx(1, abs=0.15)
    assert abs(found["flux_aper2"].mean()) < 0.3
    assert found["flux_kron"].std() == pytest.approx(1, abs=0.2)
    assert abs(found["flux_kron"].mean()) < 0.7


@pytest.mark.parametrize(("flux", "most"), [(400.0, 1.5), (3000.0, 1.3)])
def test_position_errors_are_those_of_the_isophote_no_more_than_half_too_small(pulls, flux, most):
    found = pulls(flux)
    for axis in "xy":
        assert 0.8 < found[axis].std() < most
        assert abs(found[axis].mean()) < 0.3


def test_disks_keep_their_flux_in_kron_ellipses(draw_sky, add_noise, extract):
    sky = draw_sky(160, 160)
    sky.add_disk(80, 80, 2e4, scale=4, q=0.6, theta=0.5)
    (flux,) = extract(add_noise(sky.image, seed=1, sigma=0.5)).catalog["flux_kron"]
    assert flux == pytest.approx(2e4, rel=0.06)


def test_a_neighbor_changes_the_flux_by_no_more_than_a_percent(draw_sky, add_noise, extract, pair_up):
    sky = draw_sky(121, 121)
    sky.add_gaussian(60, 60, 3000, sigma=2)
    sky.add_gaussian(72, 60, 6000, sigma=2)
    found = extract(add_noise(sky.image, seed=2))
    rows, near = pair_up(found, sky.truth)
    assert near.all()
    np.testing.assert_allclose(found.catalog["flux_aper3"][rows], [3000, 6000], rtol=0.015)


@pytest.mark.parametrize("gain", [1.0, 4.0])
def test_a_known_gain_adds_the_sources_own_photons(draw_sky, add_noise, make_band, extract, gain):
    sky = draw_sky(100, 100)
    sky.add_gaussian(50, 50, 5000)
    image = add_noise(sky.image, seed=3)
    band = make_band(image, calibration=Calibration(gain=gain))
    noisy = extract_sources(Detector("sim", (band,)), ExtractionRecipe()).catalog
    plain = extract(image).catalog
    for name in ("flux_kron", "flux_aper2", "flux_iso"):
        added = noisy[f"{name}_err"] ** 2 - plain[f"{name}_err"] ** 2
        np.testing.assert_allclose(added, plain[name] / gain, rtol=1e-6)


def test_a_fainter_dark_band_turns_the_flux_negative(draw_sky, add_noise, make_band):
    sky = draw_sky(100, 100)
    sky.add_gaussian(50, 50, 5000)
    zero = Calibration(zeropoint=25.0)
    bright = make_band(add_noise(sky.image, seed=5), name="r", calibration=zero)
    dark = make_band(add_noise(-0.2 * sky.image, seed=6), name="g", calibration=zero)
    row = extract_sources(Detector("sim", (bright, dark)), ExtractionRecipe(detection=DEEP)).catalog
    assert row["flux_kron_g"][0] == pytest.approx(-1000, rel=0.1)
    assert row["flags_g"][0] & SourceFlag.NEGATIVE_FLUX
    assert np.isnan(row["mag_g"][0])
    assert row["mag_r"][0] == pytest.approx(25 - 2.5 * np.log10(5000), abs=0.02)


def test_apertures_are_those_of_the_recipe(draw_sky, add_noise, extract):
    sky = draw_sky(100, 100)
    sky.add_gaussian(50, 50, 5000, sigma=2)
    recipe = ExtractionRecipe(photometry=PhotometryRecipe(diameters=(4.0, 8.0)))
    found = extract(add_noise(sky.image, seed=7), recipe).catalog
    inside = [found["flux_aper1"][0] / 5000, found["flux_aper2"][0] / 5000]
    np.testing.assert_allclose(inside, [1 - np.exp(-0.5), 1 - np.exp(-2.0)], atol=0.02)
    assert "flux_aper3" not in found.names


def test_saturated_and_border_crossing_sources_say_so(draw_sky, add_noise, make_band):
    sky = draw_sky(120, 120)
    for x, flux in ((60, 20000), (5, 20000), (100, 2000)):
        sky.add_gaussian(x, 60, flux)
    image = np.minimum(add_noise(sky.image, seed=8, level=10), 900)
    band = make_band(image, calibration=Calibration(saturation=900.0))
    c = extract_sources(Detector("sim", (band,)), ExtractionRecipe(detection=DEEP)).catalog
    flags = c["flags"][np.argsort(c["x"])] & (SourceFlag.SATURATED | SourceFlag.APERTURE_INCOMPLETE)
    assert flags.tolist() == [SourceFlag.SATURATED | SourceFlag.APERTURE_INCOMPLETE, SourceFlag.SATURATED, 0]

"""The SExtractor program behind our call: its values in our conventions, its failures in one sentence."""

import shutil

import numpy as np
import pytest

from skysieve.extraction import ExtractionRecipe, extract
from skysieve.extraction.recipe import BackgroundRecipe, DetectionRecipe, PhotometryRecipe
from skysieve.extraction.source_extractor_files import find_star_network, make_settings
from skysieve.records import Calibration, Detector, SourceFlag, decode_flags

INSTALLED = pytest.mark.skipif(
    not any(map(shutil.which, ("source-extractor", "sex", "sextractor"))), reason="source-extractor is not installed"
)
THEIRS = ExtractionRecipe(method="source-extractor")
LIKE_THEIRS = ExtractionRecipe(
    background=BackgroundRecipe(second_look=False), photometry=PhotometryRecipe(positions="isophotal")
)


@pytest.fixture(scope="module")
def field(draw_field, add_noise, make_band):
    image = add_noise(draw_field((480, 480), stars=60, galaxies=60, seed=5).image, seed=6, level=100.0)
    return Detector("sim.fits", (make_band(image, calibration=Calibration(gain=3.0, zeropoint=25.0)),))


@pytest.fixture(scope="module")
def both(field):
    return extract(field, LIKE_THEIRS).catalog, extract(field, THEIRS).catalog


@pytest.fixture(scope="module")
def isolated(both):
    """Our rows and the program's of the isolated sources above 10 sigma."""
    ours, theirs = both
    apart = np.hypot(ours["x"][:, None] - ours["x"], ours["y"][:, None] - ours["y"]) + 1e9 * np.eye(len(ours))
    clean = (apart.min(axis=1) > 25) & (ours["flux_kron"] > 10 * ours["flux_kron_err"]) & (ours["flags"] & 15 == 0)
    distance = np.hypot(ours["x"][:, None] - theirs["x"], ours["y"][:, None] - theirs["y"])
    return ours.take(clean), theirs.take(distance.argmin(axis=1)[clean])


@INSTALLED
def test_the_program_finds_the_same_sources(both, isolated):
    ours, theirs = isolated
    assert len(ours) > 25
    assert np.mean(np.hypot(ours["x"] - theirs["x"], ours["y"] - theirs["y"]) < 0.3) > 0.95
    assert len(both[1]) == pytest.approx(len(both[0]), rel=0.03)


@INSTALLED
@pytest.mark.parametrize(
    ("column", "median", "spread"),
    [("flux_kron", 0.01, 0.03), ("flux_kron_err", 0.01, 0.03), ("flux_iso", 0.005, 0.02), ("flux_iso_err", 0.005, 0.02),
     ("flux_aper1", 0.005, 0.02), ("flux_aper2", 0.005, 0.02), ("flux_aper2_err", 0.005, 0.02), ("a", 0.005, 0.02),
     ("b", 0.005, 0.02), ("iso0", 0.01, 0.05), ("npix", 0.01, 0.05), ("flux_radius", 0.01, 0.04),
     ("flux_radius_90", 0.015, 0.05), ("kron_radius", 0.01, 0.04), ("x_err", 0.03, 0.08), ("peak", 0.005, 0.01),
     ("background", 0.001, 0.002), ("background_rms", 0.01, 0.03)],
)  # fmt: skip
def test_values_of_isolated_sources_agree(isolated, column, median, spread):
    ratio = isolated[1][column] / isolated[0][column]
    assert abs(np.median(ratio) - 1) < median
    assert np.abs(np.percentile(ratio, [5, 95]) - 1).max() < spread


@INSTALLED
def test_widths_agree_for_stars_and_angles_for_elongated_sources(isolated):
    ours, theirs = isolated
    stars = ours["stellarity"] > 0.9
    assert stars.sum() > 8
    assert np.median(theirs["fwhm"][stars] / ours["fwhm"][stars]) == pytest.approx(1, abs=0.03)
    long = ours["ellipticity"] > 0.2
    turned = (theirs["theta"] - ours["theta"] + 90)[long] % 180 - 90
    assert np.abs(turned).max() < 1.5


@INSTALLED
def test_stars_and_galaxies_are_told_apart_by_the_programs_network(isolated):
    ours, theirs = isolated
    bright = ours["flux_kron"] > 30 * ours["flux_kron_err"]
    assert theirs["stellarity"][bright & (ours["stellarity"] > 0.9)].min() > 0.8
    assert np.median(theirs["stellarity"][bright & (ours["stellarity"] < 0.1)]) < 0.1


@INSTALLED
def test_bad_pixels_are_not_detected_and_their_neighbors_flagged(draw_sky, add_noise, make_detector):
    sky = draw_sky(128, 128)
    sky.add_gaussian(40, 40, 5e3)
    image = add_noise(sky.image, seed=1, level=10.0)
    bad = np.zeros((128, 128), bool)
    bad[90:94, 90:94], bad[40, 43] = True, True
    image[bad] = 1e5
    catalog = extract(make_detector(image, bad=bad), THEIRS).catalog
    assert np.hypot(catalog["x"] - 92, catalog["y"] - 92).min() > 5
    star = catalog.row(int(np.hypot(catalog["x"] - 40, catalog["y"] - 40).argmin()))
    assert "bad_pixels" in decode_flags(star["flags"])
    assert star["flux_kron"] == pytest.approx(5e3, rel=0.05)


@INSTALLED
def test_noisy_regions_of_a_weight_plane_give_no_detections(draw_sky, add_noise, make_detector):
    sigma = np.where(np.arange(200) < 100, 1.0, 20.0)[None, :].repeat(200, axis=0)
    image = add_noise(np.zeros((200, 200)), seed=3) * sigma
    recipe = ExtractionRecipe(method="source-extractor", detection=DetectionRecipe(threshold=3.0))
    assert len(extract(make_detector(image, variance=sigma**2), recipe).catalog) < 3


@INSTALLED
def test_the_programs_flags_keep_their_bits(draw_sky, add_noise, make_band):
    sky = draw_sky(120, 120)
    for x, y in ((40, 60), (46, 60), (100, 1)):
        sky.add_gaussian(x, y, 2e4)
    band = make_band(add_noise(sky.image, seed=1, level=10.0), calibration=Calibration(saturation=1200.0))
    catalog = extract(Detector("d", (band,)), THEIRS).catalog
    flags = [catalog["flags"][np.hypot(catalog["x"] - x, catalog["y"] - y).argmin()] for x, y in ((40, 60), (100, 1))]
    assert flags[0] & int(SourceFlag.BLENDED | SourceFlag.SATURATED) == SourceFlag.BLENDED | SourceFlag.SATURATED
    assert flags[1] & int(SourceFlag.EDGE)


def test_an_absent_program_is_named_with_its_package(field, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(FileNotFoundError, match="Debian package source-extractor"):
        extract(field, THEIRS)


def test_a_failing_program_is_quoted_in_one_sentence(field, monkeypatch, tmp_path):
    program = tmp_path / "sex"
    program.write_text("#!/bin/sh\necho '> *Error*: cannot allocate' >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin")
    monkeypatch.setattr("skysieve.extraction.source_extractor_files.PROGRAM_NAMES", ("sex",))
    with pytest.raises(RuntimeError, match=r"sim.fits: sex ended with code 1: > \*Error\*: cannot allocate"):
        extract(field, THEIRS)


def test_settings_say_what_is_not_known(tmp_path):
    recipe = ExtractionRecipe(detection=DetectionRecipe(smoothing=2.0, clean=0.0))
    settings = make_settings(
        tmp_path, recipe, detection=recipe.detection, calibration=Calibration(), shape=(3000, 100), seeing=3.5,
        network=None,
    )  # fmt: skip
    assert (settings["GAIN"], settings["SATUR_LEVEL"], settings["CLEAN"]) == ("0", "1e29", "N")
    assert (settings["MEMORY_BUFSIZE"], settings["SEEING_FWHM"]) == ("3000", "3.5")
    rows = (tmp_path / "kernel.conv").read_text().splitlines()
    assert rows[0] == "CONV NORM"
    assert [float(value) for value in rows[3].split()] == [0.125, 0.25, 0.125]


def test_the_star_network_beside_the_program_is_found_first(tmp_path):
    network = tmp_path / "share" / "sextractor" / "default.nnw"
    network.parent.mkdir(parents=True)
    network.touch()
    assert find_star_network(tmp_path / "bin" / "sex") == network

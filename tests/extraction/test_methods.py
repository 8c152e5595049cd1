"""One call, four methods, the same columns."""

import shutil

import numpy as np
import pytest

from skysieve.extraction import ExtractionRecipe, extract, list_catalog_columns
from skysieve.extraction.recipe import DetectionRecipe
from skysieve.records import Calibration, Detector, ImageFlag, SourceFlag

PROGRAM = pytest.mark.skipif(
    not any(map(shutil.which, ("source-extractor", "sex", "sextractor"))), reason="source-extractor is not installed"
)
METHODS = ("skysieve", "sep", "photutils", pytest.param("source-extractor", marks=PROGRAM))
FLUXES = (2e3, 5e3, 2e4, 1e5)


@pytest.fixture(scope="module", params=METHODS)
def method(request):
    return request.param


@pytest.fixture(scope="module")
def stars(draw_sky, add_noise, make_band):
    """Two bands with four stars far apart, twice as bright in the second."""
    sky = draw_sky(200, 220)
    for place, flux in enumerate(FLUXES):
        sky.add_gaussian(40.3 + 45 * place, 60.2 + 25 * place, flux)
    known = Calibration(unit="adu", zeropoint=25.0, gain=2.0)
    return tuple(
        make_band(add_noise(factor * sky.image, seed=7 + factor, level=50.0), calibration=known, name=name)
        for name, factor in (("g", 1), ("r", 2))
    )


@pytest.fixture(scope="module")
def single(method, stars):
    return extract(Detector("sim.fits", stars[:1]), ExtractionRecipe(method=method), image_index=3)


@pytest.fixture(scope="module")
def double(method, stars):
    return extract(Detector("sim.fits", stars), ExtractionRecipe(method=method))


def find_rows(catalog):
    """Rows of the four stars, found within half a pixel."""
    true = [(40.3 + 45 * place, 60.2 + 25 * place) for place in range(4)]
    distances = [np.hypot(catalog["x"] - x, catalog["y"] - y) for x, y in true]
    assert max(distance.min() for distance in distances) < 0.5
    return [int(distance.argmin()) for distance in distances]


def test_every_method_fills_the_same_columns(single, double, method):
    diameters = ExtractionRecipe().photometry.diameters
    assert single.catalog.schema == list_catalog_columns(["g"], diameters)
    assert double.catalog.schema == list_catalog_columns(["g", "r"], diameters)
    assert single.catalog.meta["method"] == double.catalog.meta["method"] == method


def test_labels_of_the_segmentation_map_are_the_numbers(single):
    catalog, labels = single.catalog, single.labels
    assert np.unique(labels[labels > 0]).tolist() == sorted(catalog["number"].tolist())
    assert labels[np.rint(catalog["y"]).astype(int), np.rint(catalog["x"]).astype(int)].tolist() == list(
        catalog["number"]
    )
    assert np.array_equal(np.bincount(labels.ravel())[1:][catalog["number"] - 1], catalog["npix"])


def test_ids_and_parents_begin_with_the_image(single):
    assert (single.catalog["id"] == 300_000_000 + single.catalog["number"]).all()
    assert np.isin(single.catalog["parent"], single.catalog["id"]).all()


def test_known_fluxes_are_recovered(single):
    catalog = single.catalog.take(np.array(find_rows(single.catalog)))
    assert catalog["flux_kron"] == pytest.approx(FLUXES, rel=0.06)
    assert (np.abs(catalog["flux_aper3"] - FLUXES) < 4 * catalog["flux_aper3_err"] + 0.01 * np.array(FLUXES)).all()
    assert catalog["mag"] == pytest.approx(25 - 2.5 * np.log10(catalog["flux_kron"]), abs=1e-4)
    assert catalog["flux_radius"] == pytest.approx(np.full(4, 1.5 * 1.1774), rel=0.1)


def test_each_band_has_its_own_flux(double):
    catalog = double.catalog.take(np.array(find_rows(double.catalog)))
    assert catalog["flux_kron_r"] / catalog["flux_kron_g"] == pytest.approx(np.full(4, 2.0), rel=0.08)
    assert catalog["flux_kron"] == pytest.approx(catalog["flux_kron_g"])


def test_the_background_and_its_noise_are_reported(single, double):
    for extraction in (single, double):
        assert extraction.facts["background"] == pytest.approx(50, abs=0.2)
        assert extraction.facts["background_rms"] == pytest.approx(1.0, abs=0.05)
        assert extraction.catalog["background"] == pytest.approx(np.full(len(extraction.catalog), 50), abs=0.5)


def test_missing_coordinates_are_flagged_by_every_method(single):
    flags = single.catalog["flags"]
    assert (flags & int(SourceFlag.NO_WCS) > 0).all()
    assert (flags & int(SourceFlag.NO_ZEROPOINT) == 0).all()
    assert np.isnan(single.catalog["ra"]).all()


@pytest.mark.parametrize(
    ("image", "flag"),
    [(np.full((40, 40), 7.0), ImageFlag.CONSTANT), (np.full((40, 40), np.nan), ImageFlag.ALL_BAD),
     (np.ones((3, 40)), ImageFlag.TOO_SMALL)],
)  # fmt: skip
def test_hopeless_images_give_an_empty_catalog_and_a_reason(method, image, flag, make_detector):
    extraction = extract(make_detector(image), ExtractionRecipe(method=method))
    assert len(extraction.catalog) == 0
    assert flag in extraction.flags
    assert extraction.messages[0].startswith("sim.fits: ")


def test_nothing_above_the_threshold_is_an_empty_catalog(method, add_noise, make_detector):
    recipe = ExtractionRecipe(method=method, detection=DetectionRecipe(threshold=50.0))
    extraction = extract(make_detector(add_noise(np.zeros((96, 96)), seed=3, level=5.0)), recipe)
    assert len(extraction.catalog) == 0
    assert ImageFlag.NO_SOURCES in extraction.flags
    assert extraction.labels.shape == (96, 96)


@pytest.fixture(scope="module")
def galaxy_with_neighbors(draw_sky, add_noise, make_detector):
    """A bright galaxy with a knot inside it, and a faint compact neighbor that only hot settings find."""
    sky = draw_sky(240, 240)
    sky.add_disk(110, 120, 6e4, scale=7.0, q=0.7)
    sky.add_gaussian(124, 120, 900.0, sigma=1.2)
    sky.add_gaussian(190, 120, 100.0, sigma=1.3)
    return make_detector(add_noise(sky.image, seed=9, level=20.0))


def count_near(catalog, x, y):
    return int(np.count_nonzero(np.hypot(catalog["x"] - x, catalog["y"] - y) < 2))


def test_hot_finds_the_knot_and_the_neighbor_that_cold_misses(galaxy_with_neighbors):
    cold, hot = ExtractionRecipe().cold, ExtractionRecipe().hot
    found = [extract(galaxy_with_neighbors, ExtractionRecipe(detection=one)).catalog for one in (cold, hot)]
    assert [count_near(catalog, 190, 120) for catalog in found] == [0, 1]
    assert [count_near(catalog, 124, 120) for catalog in found][1] == 1


def test_hot_over_cold_adds_the_neighbor_and_not_the_knot(galaxy_with_neighbors, method):
    extraction = extract(galaxy_with_neighbors, ExtractionRecipe(method=method, mode="hot_cold"))
    catalog = extraction.catalog
    assert count_near(catalog, 110, 120) == 1
    assert count_near(catalog, 190, 120) == 1
    assert count_near(catalog, 124, 120) == 0
    assert sorted(catalog["number"]) == np.unique(extraction.labels)[1:].tolist()
    assert np.isin(catalog["parent"], catalog["id"]).all()

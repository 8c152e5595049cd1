import numpy as np
import pytest

from skysieve.morphology.recipe import TrainRecipe, ViewRecipe
from skysieve.morphology.views import select_visible, smooth_for, view_sources
from skysieve.records import Catalog, Column

NAMES = ("x", "y", "flux_kron", "flux_kron_err", "background", "background_rms", "psf_fwhm")
PREPARATION = TrainRecipe().preparation


def make_catalog(*rows):
    values = np.array(rows, float).reshape(-1, len(NAMES))
    return Catalog(tuple(Column(name, "f8") for name in NAMES), dict(zip(NAMES, values.T, strict=True)), {})


def make_star(fwhm, side=201, x=100.0, y=100.0):
    rows, columns = np.mgrid[:side, :side]
    return (1000 * np.exp(-4 * np.log(2) * ((columns - x) ** 2 + (rows - y) ** 2) / fwhm**2) + 50).astype(np.float32)


def view(image, catalog, **given):
    bad = np.zeros(image.shape, bool)
    return view_sources(image, bad, catalog, recipe=ViewRecipe(**given), preparation=PREPARATION)


@pytest.mark.parametrize("fwhm", [2.0, 3.0, 6.0, 9.0])
def test_a_star_looks_the_same_in_any_seeing(fwhm):
    image = view(make_star(fwhm), make_catalog((100, 100, 1e4, 1, 50, 1, fwhm))).images[0, 0]
    usual = view(make_star(3.0), make_catalog((100, 100, 1e4, 1, 50, 1, 3.0))).images[0, 0]
    assert image.shape == (32, 32)
    assert np.abs(image - usual).max() < 0.2
    assert image[16, 16] == pytest.approx(1, abs=0.1)


def test_pixels_may_be_taken_as_they_are():
    image = view(make_star(9.0), make_catalog((100, 100, 1e4, 1, 50, 1, np.nan)), width=None).images[0, 0]
    assert (image > 0.5).sum() > (view(make_star(9.0), make_catalog((100, 100, 1e4, 1, 50, 1, 9.0))).images > 0.5).sum()


@pytest.mark.parametrize(("row", "seen"), [
    ((100, 100, 1e4, 1, 50, 1, 3), True), ((100, 100, 10, 1, 50, 1, 3), False),
    ((100, 100, 1e4, 1, 50, 1, np.nan), False), ((np.nan, 100, 1e4, 1, 50, 1, 3), False),
])  # fmt: skip
def test_faint_sources_and_those_without_a_psf_are_not_shown(row, seen):
    assert select_visible(make_catalog(row), ViewRecipe()).tolist() == [seen]
    assert len(view(make_star(3.0), make_catalog(row)).rows) == seen


def test_beyond_the_edge_is_sky():
    image = view(make_star(3.0, x=1.0, y=1.0), make_catalog((1, 1, 1e4, 1, 50, 1, 3))).images[0, 0]
    assert not image[:10].any()
    assert not image[:, :10].any()


def test_nothing_is_left_of_a_source_fainter_than_the_noise():
    flat = np.full((64, 64), 50, np.float32)
    found = view(flat, make_catalog((30, 30, 1e4, 1, 50, 1, 3), (20, 20, 1e4, 1, 50, 1, 3)))
    assert found.images.shape == (0, 1, 32, 32)
    assert not len(found.rows)


def test_an_image_is_smoothed_before_pixels_are_skipped():
    noise = np.random.default_rng(1).normal(size=(64, 64)).astype(np.float32)
    assert smooth_for(noise, 3.0).std() < 0.5
    assert smooth_for(noise, 1.0) is noise

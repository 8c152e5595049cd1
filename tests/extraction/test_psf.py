"""The PSF model."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skysieve.extraction.background import BackgroundMesh
from skysieve.extraction.bands import Scene
from skysieve.extraction.noise import NoiseMap
from skysieve.extraction.psf import adopt_psf, cut_centered, evaluate_psf, fit_psf, measure_stamp_shape
from skysieve.extraction.recipe import PsfRecipe
from skysieve.records import PsfModel

RECIPE = PsfRecipe()
SHAPE = (800, 1000)
CENTER = np.array([500.0]), np.array([400.0])


def draw_stamp(fwhm: float, q: float = 1.0, theta: float = 0.0) -> np.ndarray:
    y, x = np.mgrid[-12:13, -12:13]
    major, minor = x * np.cos(theta) + y * np.sin(theta), y * np.cos(theta) - x * np.sin(theta)
    stamp = np.exp(-0.5 * (major**2 + (minor / q) ** 2) / (fwhm / 2.35482) ** 2)
    return stamp / stamp.sum()


def fit(stamps: np.ndarray, *, seed: int = 0, **settings: int) -> PsfModel | None:
    x, y = place(len(stamps), seed)
    return fit_psf(stamps, x=x, y=y, fwhm=np.full(len(stamps), 4.0), shape=SHAPE, recipe=PsfRecipe(**settings))


def place(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.uniform(0, 999, count), rng.uniform(0, 799, count)


@given(st.floats(3, 7), st.floats(0.5, 0.95), st.floats(-1.5, 1.5))
def test_stamps_of_gaussians_show_width_ellipticity_and_angle(fwhm, q, theta):
    width, ellipticity, angle = measure_stamp_shape(draw_stamp(fwhm / np.sqrt(q), q, theta))
    assert width == pytest.approx(fwhm, rel=0.02)
    assert ellipticity == pytest.approx(1 - q, abs=0.02)
    assert np.abs((angle - np.degrees(theta) + 90) % 180 - 90) < 2


@pytest.mark.parametrize("beta", [2.5, 3.0])
def test_wings_widen_the_moments_of_a_stamp_by_no_more_than_a_fifth(draw_sky, beta):
    sky = draw_sky(25, 25)
    sky.add_moffat(12, 12, 1.0, fwhm=3.5, beta=beta)
    assert 1.05 < measure_stamp_shape(sky.image)[0] / 3.5 < 1.2


@pytest.mark.parametrize("stamp", [np.zeros((9, 9)), -np.ones((9, 9)), np.eye(9)[4] * np.eye(9)[4][:, None]])
def test_stamps_without_a_shape_have_none(stamp):
    assert np.isnan(measure_stamp_shape(stamp)).all()


def test_a_field_of_equal_stars_gives_that_star_everywhere():
    model = fit(np.repeat(draw_stamp(4.0)[None], 40, axis=0))
    np.testing.assert_allclose(
        evaluate_psf(model, *place(5, seed=9)), np.repeat(draw_stamp(4.0)[None], 5, 0), atol=1e-6
    )


def test_width_and_ellipticity_that_vary_over_the_field_are_recovered():
    x, y = place(200)
    stamps = np.array([draw_stamp(3.5 + a / 1000, 1 - 0.2 * b / 800, 0.5) for a, b in zip(x, y, strict=True)])
    noisy = stamps + np.random.default_rng(1).normal(0, 3e-4, stamps.shape)
    at = np.array([100.0, 500.0, 900.0]), np.array([700.0, 400.0, 100.0])
    shapes = [measure_stamp_shape(stamp) for stamp in evaluate_psf(fit(noisy), *at)]
    expected = (3.5 + at[0] / 1000) * np.sqrt(1 - 0.2 * at[1] / 800)
    np.testing.assert_allclose([s[0] for s in shapes], expected, rtol=0.03)
    np.testing.assert_allclose([s[1] for s in shapes], 0.2 * at[1] / 800, atol=0.02)


def test_a_few_galaxies_among_the_stars_are_dropped():
    stamps = np.repeat(draw_stamp(3.0)[None], 60, axis=0)
    stamps += np.random.default_rng(2).normal(0, 1e-4, stamps.shape)
    stamps[:5] = draw_stamp(7.0)
    model = fit(stamps, degree=0)
    assert measure_stamp_shape(evaluate_psf(model, *CENTER)[0])[0] == pytest.approx(3, rel=0.01)
    assert model.n_stars <= 55


@pytest.mark.parametrize(("stars", "degree"), [(5, 0), (14, 0), (15, 1), (29, 1), (30, 2)])
def test_the_degree_is_lowered_until_there_are_five_stars_a_term(stars, degree):
    assert fit(np.repeat(draw_stamp(4.0)[None], stars, axis=0)).degree == degree


def test_too_few_usable_stamps_give_no_model():
    stamps = np.repeat(draw_stamp(4.0)[None], 6, axis=0)
    stamps[:2] = np.nan
    assert fit(stamps) is None


def test_beyond_the_detector_the_psf_stays_as_on_its_border():
    model = fit(np.array([draw_stamp(3 + a / 1000) for a in place(80)[0]]))
    far, edge = (evaluate_psf(model, np.array([x]), np.array([400.0])) for x in (5000.0, 999.0))
    np.testing.assert_array_equal(far, edge)


@pytest.fixture
def scene(draw_sky):
    """Two stars, one beside a neighbor, as a scene."""

    def make(*, neighbor: bool = False):
        sky = draw_sky(80, 80)
        sky.add_gaussian(40.37, 39.62, 1000, sigma=2.0)
        labels = np.zeros((80, 80), np.int32)
        if neighbor:
            sky.add_gaussian(48, 40, 3000, sigma=1.0)
            labels[35:46, 44:53] = 2
        edges = np.array([0, 80])
        mesh = BackgroundMesh(np.zeros((1, 1)), np.ones((1, 1)), edges, edges)
        noise = NoiseMap(mesh, (slice(0, 80), slice(0, 80)), None)
        return Scene(sky.image.astype(np.float32), noise, np.zeros((80, 80), bool), labels)

    return make


@pytest.mark.parametrize("neighbor", [False, True])
def test_stamps_are_centered_on_the_middle_pixel_without_their_neighbor(scene, neighbor):
    at = np.array([40.37]), np.array([39.62])
    stamp = cut_centered(scene(neighbor=neighbor), *at, label=np.array([1]), recipe=RECIPE)[0]
    offset = np.arange(-12, 13)
    assert stamp.sum() == pytest.approx(1)
    assert np.abs([(stamp.sum(axis=k) * offset).sum() for k in (0, 1)]).max() < (0.2 if neighbor else 0.01)


def test_stamps_that_leave_the_image_or_hold_no_light_are_unusable(scene):
    dark = scene()
    stamps = cut_centered(dark, np.array([2.0, 20.0]), np.array([40.0, 20.0]), label=np.array([1, 2]), recipe=RECIPE)
    assert np.isnan(stamps[0]).all()
    dark.data[...] = 0
    assert np.isnan(cut_centered(dark, np.array([40.0]), np.array([40.0]), label=np.array([1]), recipe=RECIPE)).all()


def test_a_psf_without_a_width_is_refused():
    delta = np.zeros((1, 9, 9), np.float32)
    delta[0, 4, 4] = 1
    with pytest.raises(ValueError, match="no measurable width"):
        adopt_psf(PsfModel(delta, 0, (1, 1), 0, np.nan), (50, 50))

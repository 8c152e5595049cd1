"""Level and noise of the sky on a mesh."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skysieve.extraction.background import BackgroundMesh, evaluate_mesh, evaluate_mesh_at, measure_background
from skysieve.extraction.recipe import BackgroundRecipe


def measure(image: np.ndarray, bad: np.ndarray | None = None, mesh: int = 64) -> BackgroundMesh:
    image, bad = image.astype(np.float32), np.zeros(image.shape, bool) if bad is None else bad
    return measure_background(lambda rows: (image[rows], bad[rows]), image.shape, BackgroundRecipe(mesh=mesh))


def make_mesh(values: np.ndarray, cell: int = 20) -> BackgroundMesh:
    edges = [np.arange(n + 1) * cell for n in values.shape]
    return BackgroundMesh(values, values, edges[0], edges[1])


def test_level_and_noise_of_plain_sky_are_recovered(add_noise):
    mesh = measure(add_noise(np.zeros((256, 256)), seed=0, sigma=3.0, level=1000.0))
    assert abs(np.median(mesh.level) - 1000) < 0.1
    assert abs(mesh.median_rms - 3) < 0.1


def test_a_gradient_is_recovered_beneath_masked_pixels(add_noise):
    ramp = np.add.outer(np.arange(448) * 0.02, np.arange(448) * 0.04)
    bad = np.random.default_rng(1).random(ramp.shape) < 0.3
    mesh = measure(np.where(bad, 0, add_noise(ramp, seed=2)), bad)
    inner = slice(128, 320)
    window = evaluate_mesh(mesh.level, mesh, rows=inner, columns=inner)
    assert np.abs(window - ramp[inner, inner]).max() < 0.3


def test_sources_hardly_raise_the_level(draw_field, add_noise):
    sky = draw_field((256, 256), stars=40, galaxies=10, seed=3).image
    mesh = measure(add_noise(sky, seed=4, level=50.0))
    assert abs(np.median(mesh.level) - 50) < 0.3


@given(row=st.integers(0, 90), column=st.integers(0, 90), size=st.integers(1, 60))
def test_a_pixel_has_the_same_background_in_every_window(row, column, size):
    mesh = make_mesh(np.random.default_rng(5).normal(size=(8, 8)))
    whole = evaluate_mesh(mesh.level, mesh, rows=slice(0, 160), columns=slice(0, 160))
    part = evaluate_mesh(mesh.level, mesh, rows=slice(row, row + size), columns=slice(column, column + size))
    np.testing.assert_array_equal(part, whole[row : row + size, column : column + size])


def test_values_at_positions_agree_with_the_window():
    mesh = make_mesh(np.random.default_rng(6).normal(size=(5, 7)))
    window = evaluate_mesh(mesh.level, mesh, rows=slice(0, 100), columns=slice(0, 140))
    x, y = np.array([0.0, 139.0, 77.0]), np.array([99.0, 0.0, 31.0])
    np.testing.assert_allclose(
        evaluate_mesh_at(mesh.level, mesh, x=x, y=y), window[[99, 0, 31], [0, 139, 77]], rtol=1e-6
    )


def test_a_position_that_is_not_a_number_has_no_background():
    mesh = make_mesh(np.ones((3, 3)))
    assert np.isnan(evaluate_mesh_at(mesh.level, mesh, x=np.array([np.nan]), y=np.array([5.0])))[0]


@given(st.lists(st.floats(0.1, 100), min_size=9, max_size=9))
def test_noise_between_cells_never_overshoots_nor_reaches_zero(values):
    mesh = make_mesh(np.reshape(values, (3, 3)))
    window = evaluate_mesh(mesh.rms, mesh, rows=slice(0, 60), columns=slice(0, 60))
    low, high = min(values), max(values)
    assert window.min() >= 0.499 * low
    assert window.max() <= (high + 0.1 * (high - low)) * 1.0001


@pytest.mark.parametrize("shape", [(5, 5), (6, 300), (70, 70), (130, 40), (97, 161)])
def test_images_of_any_shape_have_a_finite_mesh(add_noise, shape):
    mesh = measure(add_noise(np.zeros(shape), seed=7, level=10.0))
    assert np.isfinite(mesh.level).all()
    assert (mesh.rms > 0).all()
    assert (mesh.edges_y[-1], mesh.edges_x[-1]) == shape


def test_a_cell_without_good_pixels_takes_its_neighbors_values(add_noise):
    bad = np.zeros((192, 192), bool)
    bad[64:128, 64:128] = True
    mesh = measure(np.where(bad, 0, add_noise(np.zeros((192, 192)), seed=8, level=5.0)), bad)
    assert abs(mesh.level[1, 1] - 5) < 0.3


def test_nothing_good_means_level_zero_and_no_noise():
    mesh = measure(np.zeros((100, 100)), np.ones((100, 100), bool))
    assert (mesh.level == 0).all()
    assert mesh.median_rms == 0


@pytest.mark.parametrize("value", [0.0, 3.3, -1e20])
def test_a_constant_image_has_no_noise(value):
    assert measure(np.full((130, 130), value)).median_rms == 0


def test_rounded_images_keep_the_noise_of_rounding_where_cells_are_constant(add_noise):
    image = np.rint(add_noise(np.zeros((192, 192)), seed=9, sigma=0.1))
    image[64:] = np.rint(add_noise(np.zeros((128, 192)), seed=10, sigma=2.0))
    assert measure(image).rms.min() >= 12**-0.5


def test_fractional_images_with_an_empty_first_row_are_not_taken_for_integers(add_noise):
    image = add_noise(np.zeros((64, 64)), seed=11, sigma=0.01)
    image[0] = 0
    assert measure(image).median_rms < 0.02


def test_pixels_that_clip_to_one_value_keep_their_spread():
    image = np.zeros((64, 64))
    image.ravel()[::100] = 0.5
    assert measure(image).median_rms == pytest.approx(image.std(), rel=1e-3)


@pytest.mark.parametrize("scale", [2.0**110, 2.0**-110])
def test_level_and_noise_scale_exactly_with_the_flux_unit(add_noise, scale):
    image = add_noise(np.zeros((128, 128)), seed=13, level=7.0).astype(np.float32)
    plain, scaled = measure(image), measure(image * np.float32(scale))
    np.testing.assert_allclose(scaled.level / scale, plain.level, rtol=1e-6)
    np.testing.assert_allclose(scaled.rms / scale, plain.rms, rtol=1e-6)


def test_one_enormous_pixel_spoils_no_cell(add_noise):
    image = add_noise(np.zeros((128, 128)), seed=14, level=7.0)
    image[40, 40] = 1e32
    assert np.abs(measure(image).level - 7).max() < 0.2

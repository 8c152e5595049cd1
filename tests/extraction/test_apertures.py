"""Fluxes in Kron ellipses and circles."""

import numpy as np
import pytest
import sep

from skysieve.extraction.apertures import measure_circles, measure_ellipses, measure_kron_factor, measure_light_radii
from skysieve.extraction.background import BackgroundMesh
from skysieve.extraction.bands import Scene
from skysieve.extraction.ellipses import Ellipses
from skysieve.extraction.noise import NoiseMap
from skysieve.extraction.recipe import PhotometryRecipe

RECIPE = PhotometryRecipe()


def make_scene(image: np.ndarray, *, labels=None, bad=None, sigma: float = 2.0, plane=None) -> Scene:
    edges = [np.array([0, n]) for n in image.shape]
    mesh = BackgroundMesh(np.zeros((1, 1)), np.full((1, 1), sigma), edges[0], edges[1])
    noise = NoiseMap(mesh, (slice(0, image.shape[0]), slice(0, image.shape[1])), plane)
    labels = np.zeros(image.shape, np.int32) if labels is None else labels
    return Scene(image.astype(np.float32), noise, np.zeros(image.shape, bool) if bad is None else bad, labels)


def at(x: float, y: float, *, a: float = 2.0, b: float = 2.0, theta: float = 0.0) -> Ellipses:
    return Ellipses(*(np.array([float(v)]) for v in (x, y, a, b, theta)), np.array([1], np.int32))


def test_a_circle_on_a_flat_image_sums_its_area_and_its_noise():
    found = measure_circles(make_scene(np.full((41, 41), 3.0)), at(20, 20), 10.0)
    assert found.flux[0] == pytest.approx(3 * np.pi * 25, rel=0.015)
    assert found.variance[0] == pytest.approx(4 * np.pi * 25, rel=0.015)
    assert found.replaced[0] == 0
    assert not found.truncated[0]


def test_a_noise_plane_gives_the_noise_of_its_pixels():
    plane = np.full((41, 41), 5.0, np.float32)
    found = measure_circles(make_scene(np.zeros((41, 41)), plane=plane), at(20, 20), 10.0)
    assert found.variance[0] == pytest.approx(25 * np.pi * 25, rel=0.015)


def test_nothing_is_known_where_there_is_no_noise():
    found = measure_ellipses(make_scene(np.zeros((41, 41)), sigma=0.0), at(20, 20))
    assert np.isnan(found.flux[0])


def test_an_aperture_over_the_border_is_truncated():
    assert measure_circles(make_scene(np.zeros((41, 41))), at(3, 20), 10.0).truncated[0]


def test_stars_put_the_known_flux_into_a_wide_circle(draw_sky):
    sky = draw_sky(81, 81)
    sky.add_gaussian(40.2, 39.7, 1234.0, sigma=2.0)
    assert measure_circles(make_scene(sky.image), at(40.2, 39.7), 30.0).flux[0] == pytest.approx(1234, rel=1e-3)


def test_a_disks_kron_ellipse_holds_all_but_a_few_percent(draw_sky):
    sky = draw_sky(161, 161)
    sky.add_disk(80, 80, 1e4, scale=5.0, q=0.5, theta=0.7)
    shape, scene = at(80, 80, a=8.0, b=4.0, theta=0.7), make_scene(sky.image)
    factor, failed = measure_kron_factor(scene, shape, RECIPE)
    assert not failed[0]
    assert measure_ellipses(scene, shape.scaled(factor)).flux[0] == pytest.approx(1e4, rel=0.07)


def test_a_disk_beneath_a_neighbor_keeps_its_flux_where_scaling_by_area_does_not(draw_sky):
    sky = draw_sky(161, 161)
    sky.add_disk(80, 80, 2e4, scale=5.0)
    alone = measure_circles(make_scene(sky.image), at(80, 80), 40.0).flux[0]
    sky.add_gaussian(89, 80, 6000, sigma=2.0)
    y, x = np.ogrid[:161, :161]
    labels = np.where((x - 89) ** 2 + (y - 80) ** 2 < 64, 2, 0).astype(np.int32)
    ours = measure_circles(make_scene(sky.image, labels=labels), at(80, 80), 40.0)
    scaled = sep.sum_circle(sky.image.astype(np.float32), [80.0], [80.0], 20.0, mask=labels > 0)[0]
    assert ours.flux[0] == pytest.approx(alone, rel=0.01)
    assert abs(scaled[0] - alone) > 0.05 * alone
    assert ours.replaced[0] == pytest.approx((labels > 0).sum() / (np.pi * 400), rel=0.15)


@pytest.mark.parametrize("image", [np.zeros((61, 61)), np.full((61, 61), -1.0)])
def test_without_light_the_smallest_ellipse_is_taken(image):
    factor, failed = measure_kron_factor(make_scene(image), at(30, 30), RECIPE)
    assert failed[0]
    assert factor[0] == RECIPE.kron_minimum


def test_compact_light_is_measured_in_no_less_than_the_smallest_ellipse():
    image = np.zeros((61, 61))
    image[30, 30] = 100
    factor, _ = measure_kron_factor(make_scene(image), at(30, 30), RECIPE)
    assert factor[0] == RECIPE.kron_minimum


def test_half_the_light_of_a_gaussian_lies_within_its_known_radius(draw_sky):
    sky = draw_sky(81, 81)
    sky.add_gaussian(40, 40, 1000.0, sigma=3.0)
    radii = measure_light_radii(
        make_scene(sky.image), at(40, 40, a=20, b=20), flux=np.array([1000.0]), fractions=(0.2, 0.5)
    )
    np.testing.assert_allclose(radii[0], 3 * np.sqrt(-2 * np.log([0.8, 0.5])), rtol=0.02)


def test_negative_flux_has_no_radius():
    scene = make_scene(np.full((41, 41), -1.0))
    assert np.isnan(measure_light_radii(scene, at(20, 20), flux=np.array([-5.0]), fractions=(0.5,))).all()


@pytest.mark.parametrize("angle", [-np.pi / 2, np.pi / 2, np.pi / 2 + 1e-15])
def test_angles_on_the_edge_of_their_range_are_accepted(angle):
    found = measure_ellipses(make_scene(np.ones((41, 41))), at(20, 20, a=6, b=3, theta=angle))
    assert found.flux[0] == pytest.approx(18 * np.pi, rel=0.02)

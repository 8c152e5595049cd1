"""The noise of every pixel of a window."""

import numpy as np

from skysieve.extraction.background import BackgroundMesh
from skysieve.extraction.noise import NoiseMap, find_above, gather_noise

EDGES = np.array([0, 20, 40])
MESH = BackgroundMesh(np.zeros((2, 2)), np.array([[1.0, 1.0], [3.0, 3.0]]), EDGES, EDGES)
WINDOW = (slice(10, 40), slice(0, 40))


def test_rows_of_the_mesh_are_those_of_the_whole_image():
    noise = NoiseMap(MESH, WINDOW, None)
    whole = NoiseMap(MESH, (slice(0, 40), slice(0, 40)), None)
    np.testing.assert_array_equal(noise.rows(0, 5), whole.rows(10, 15))
    assert noise.rows(20, 21).mean() > noise.rows(0, 1).mean() > 1


def test_a_plane_is_read_pixel_by_pixel_and_beyond_its_border_as_on_it():
    plane = np.arange(12, dtype=np.float32).reshape(3, 4)
    noise = NoiseMap(MESH, (slice(0, 3), slice(0, 4)), plane)
    np.testing.assert_array_equal(noise.at(np.array([1.2, 99.0, -5.0]), np.array([0.9, 99.0, 0.0])), [5, 11, 0])


def test_positions_in_a_window_are_counted_from_its_corner():
    shifted, whole = NoiseMap(MESH, WINDOW, None), NoiseMap(MESH, (slice(0, 40), slice(0, 40)), None)
    x = np.array([3.0, 20.0])
    np.testing.assert_allclose(shifted.at(x, np.array([5.0, 9.0])), whole.at(x, np.array([15.0, 19.0])))


def test_bad_pixels_and_those_without_noise_are_never_above_the_threshold():
    plane = np.array([[1, 1, 0, 1]], np.float32)
    bad = np.array([[False, True, False, False]])
    noise = NoiseMap(MESH, (slice(0, 1), slice(0, 4)), plane)
    values = np.array([[5, 5, 5, 1]], np.float32)
    assert find_above(values, noise, threshold=2.0, bad=bad).tolist() == [[True, False, False, False]]


def test_footprints_take_the_planes_noise_or_that_of_their_first_pixel():
    x, y, start = np.array([0, 1, 39]), np.array([0, 0, 29]), np.array([0, 2])
    plane = np.arange(1200, dtype=np.float32).reshape(30, 40)
    assert gather_noise(NoiseMap(MESH, WINDOW, plane), x, y, start=start).tolist() == [0, 1, 1199]
    smooth = gather_noise(NoiseMap(MESH, WINDOW, None), x, y, start=start)
    assert smooth[0] == smooth[1] < smooth[2]

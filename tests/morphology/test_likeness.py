import numpy as np
import pytest

from skysieve.morphology.likeness import measure_unlikeness
from skysieve.som.image_data import wrap_images


def make_images(*values):
    return wrap_images(np.stack([np.full((1, 4, 4), value, np.float32) for value in values]))


def test_distances_are_shares_of_that_to_an_empty_neuron():
    # Twelve of sixteen pixels lie in the disk.
    found = measure_unlikeness(np.array([np.sqrt(3.0), np.sqrt(12.0)]), make_images(1.0, 2.0))
    assert found == pytest.approx([0.5, 0.5])


def test_an_empty_image_resembles_nothing_and_an_unknown_distance_stays_unknown():
    found = measure_unlikeness(np.array([0.0, np.nan]), make_images(0.0, 1.0))
    assert np.isposinf(found[0])
    assert np.isnan(found[1])


def test_bad_pixels_count_nothing():
    images = np.ones((1, 1, 4, 4), np.float32)
    images[0, 0, 1:3, 1:3] = np.nan
    assert measure_unlikeness(np.array([np.sqrt(8.0)]), wrap_images(images)) == pytest.approx([1.0])


def test_other_images_than_the_mapped_ones_are_refused():
    with pytest.raises(ValueError, match="2 images for 1 rows of the mapping; give the images that were mapped"):
        measure_unlikeness(np.ones(1), make_images(1.0, 2.0))

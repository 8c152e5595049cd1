"""Maps made of given pictures."""

import numpy as np
import pytest

from skysieve.som.custom import make_custom_map
from skysieve.som.engine import map_images
from skysieve.som.inspection import find_best_matches
from skysieve.som.lattice import Lattice
from skysieve.som.maps import read_image_map, write_image_map
from skysieve.som.transforms import make_geometry, orient_image


def make_double(separation, side=24):
    y, x = np.indices((side, side)) - (side - 1) / 2
    lobes = [np.exp(-((x - at) ** 2 + y**2) / 6) for at in (-separation / 2, separation / 2)]
    return sum(lobes)[None].astype(np.float32)


def test_images_that_resemble_the_picture_come_first_however_they_are_turned():
    images = np.stack([make_double(separation) for separation in (2, 4, 9, 14, 16)])
    turned = np.stack(
        [orient_image(one, 5, geometry=make_geometry(24, rotations=16, neuron_side=24)) for one in images]
    )
    wanted = make_custom_map(make_double(9)[None], geometry=make_geometry(24, rotations=16))
    found = map_images(turned, wanted.neurons, geometry=wanted.geometry)
    assert find_best_matches(found.distance[:, 0], count=1).tolist() == [2]


def test_a_made_map_is_written_and_read_like_a_trained_one(tmp_path):
    made = make_custom_map(np.stack([make_double(4), make_double(9)]), lattice=Lattice((2, 1)), bands=("radio",))
    write_image_map(tmp_path, made)
    again = read_image_map(tmp_path)
    assert (again.neurons == made.neurons).all()
    assert (again.bands, again.lattice, again.provenance["made"]) == (
        ("radio",),
        Lattice((2, 1)),
        "from given pictures",
    )


def test_pictures_of_the_neurons_side_are_taken_as_they_are():
    geometry = make_geometry(24)
    made = make_custom_map(np.ones((1, 2, 34, 34)), geometry=geometry)
    assert made.neurons.min() == 1


@pytest.mark.parametrize(
    ("pictures", "message"),
    [
        (np.zeros((0, 1, 9, 9)), "at least one"),
        (np.zeros((1, 1, 9, 8)), "square"),
        (np.full((1, 1, 9, 9), np.nan), "not finite"),
        (np.zeros((1, 1, 9, 9)), "24 as images or 34 as neurons"),
    ],
)
def test_pictures_that_do_not_fit_are_refused(pictures, message):
    with pytest.raises(ValueError, match=message):
        make_custom_map(pictures, geometry=make_geometry(24))

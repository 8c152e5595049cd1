"""The estimator of image maps behaves as scikit-learn's do."""

import numpy as np
import pytest
import torch
from sklearn.base import clone
from tests.som.bars import BATCH, ONLINE, draw_bars

from skysieve.som import RotationInvariantSOM
from skysieve.som.engine import map_images
from skysieve.som.maps import read_image_map, write_image_map
from skysieve.som.schedule import Schedule
from skysieve.som.transforms import measure_angles

SCHEDULE = Schedule((BATCH,))
BARS = draw_bars(30)


def make_som(**changes):
    return RotationInvariantSOM((2, 2), rotations=8, **{"schedule": SCHEDULE, **changes})


@pytest.fixture(scope="module")
def fitted():
    return make_som().fit(BARS)


def test_distances_units_and_turns_are_those_of_the_engine(fitted):
    found = map_images(BARS, fitted.neurons_, geometry=fitted.geometry_)
    angle, flip = fitted.measure_turns(BARS)
    np.testing.assert_array_equal(fitted.transform(BARS), found.distance)
    np.testing.assert_array_equal(fitted.predict(BARS), found.bmu)
    np.testing.assert_array_equal(angle, measure_angles(found.orientation, fitted.geometry_))
    np.testing.assert_array_equal(flip, found.orientation >= 8)
    assert fitted.score(BARS) == pytest.approx(-found.distance.min(axis=1).mean())


def test_turned_images_match_the_same_neurons(fitted):
    np.testing.assert_array_equal(fitted.predict(np.rot90(BARS, axes=(2, 3))), fitted.predict(BARS))
    np.testing.assert_array_equal(fitted.predict(BARS[:, :, ::-1]), fitted.predict(BARS))


@pytest.mark.parametrize("kind", [np.asarray, torch.from_numpy, lambda images: images[:, 0].astype(np.float64)])
def test_arrays_and_tensors_give_the_same_map(fitted, kind):
    np.testing.assert_array_equal(make_som().fit(kind(BARS)).neurons_, fitted.neurons_)


def test_a_clone_has_the_parameters_and_fits_the_same(fitted):
    twin = clone(fitted).set_params(random_state=0)
    assert twin.get_params() == fitted.get_params()
    np.testing.assert_array_equal(twin.fit(BARS).neurons_, fitted.neurons_)


@pytest.mark.parametrize("init", ["zero", "random", "random_with_preferred_direction", "pca"])
def test_every_start_is_trained(init):
    som = make_som(init=init, schedule=Schedule((ONLINE,))).fit(BARS)
    assert len(som.movements_) == 2
    assert np.isfinite(som.neurons_).all()


def test_given_neurons_and_maps_are_starts(fitted):
    first = make_som(init=fitted.neurons_[:, 0]).fit(BARS)
    second = make_som(init=fitted.export_map()).fit(BARS)
    np.testing.assert_array_equal(first.neurons_, second.neurons_)
    with pytest.raises(ValueError, match="the map wants"):
        make_som(init=fitted.neurons_[:2]).fit(BARS)


def test_more_images_move_the_neurons_on(fitted):
    som = make_som(random_state=1).fit(BARS[:10])
    before = -som.score(BARS[10:])
    for _ in range(3):
        som.partial_fit(BARS[10:])
    assert -som.score(BARS[10:]) < before
    assert len(som.movements_) == 2 + 3
    assert make_som().partial_fit(BARS).neurons_.shape == (4, 1, 15, 15)


def test_an_image_without_pixels_matches_nothing(fitted):
    lost = np.full_like(BARS[:1], np.nan)
    assert fitted.predict(lost).tolist() == [-1]
    assert np.isnan(fitted.transform(lost)).all()


def test_the_map_goes_to_disk_as_every_other_one(fitted, tmp_path):
    write_image_map(tmp_path, fitted.export_map())
    read = read_image_map(tmp_path)
    np.testing.assert_array_equal(read.neurons, fitted.neurons_)
    assert read.geometry == fitted.geometry_


def test_one_neuron_has_no_topographic_error(fitted):
    assert 0 <= fitted.measure_topographic_error(BARS) <= 1
    assert np.isnan(
        RotationInvariantSOM((1,), rotations=8, schedule=SCHEDULE).fit(BARS).measure_topographic_error(BARS)
    )


def test_other_things_than_images_are_refused():
    with pytest.raises(ValueError, match="wanted are numbers of shape"):
        make_som().fit(np.zeros((3, 5)))
    with pytest.raises(ValueError, match="wanted are square ones"):
        make_som().fit(np.zeros((3, 5, 6)))

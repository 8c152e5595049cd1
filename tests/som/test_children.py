"""Children learn the images of one neuron each."""

import numpy as np
import pytest
from tests.som.bars import BATCH, draw_bars, make_recipe, write_bars

from skysieve.som.children import find_image_bmus, train_children
from skysieve.som.hierarchy import checksum_tree, locate_child, read_tree
from skysieve.som.image_data import wrap_images
from skysieve.som.maps import read_image_map
from skysieve.som.training_run import train_map


@pytest.fixture
def family(tmp_path):
    bars = write_bars(tmp_path / "bars.bin", draw_bars(40))
    train_map(bars, make_recipe(BATCH, channel_weights=(2.0,)), out=tmp_path / "run")
    bmus = find_image_bmus(wrap_images(draw_bars(40)), read_image_map(tmp_path / "run"))
    return bars, tmp_path / "run", bmus


def test_a_child_is_the_map_of_the_images_of_its_neuron(family, tmp_path):
    bars, parent, bmus = family
    neuron = int(np.bincount(bmus).argmax())
    (folder,) = train_children(bars, parent, [neuron], make_recipe(BATCH, side=1))
    alone = write_bars(tmp_path / "alone.bin", draw_bars(40)[bmus == neuron])
    wanted = train_map(alone, make_recipe(BATCH, side=1, channel_weights=(2.0,)), out=tmp_path / "alone")
    assert folder == locate_child(parent, neuron)
    np.testing.assert_array_equal(read_image_map(folder).neurons, wanted.neurons)
    assert read_image_map(folder).channel_weights == (2.0,)


def test_the_tree_holds_children_of_children(family):
    bars, parent, bmus = family
    neuron = int(np.bincount(bmus).argmax())
    before = checksum_tree(parent)
    (folder,) = train_children(bars, parent, [neuron], make_recipe(BATCH, side=1))
    train_children(bars, folder, [0], make_recipe(BATCH, side=1))
    tree = read_tree(parent)
    assert list(tree.children) == [neuron]
    assert list(tree.children[neuron].children) == [0]
    assert checksum_tree(parent) != before


def test_neurons_that_cannot_have_children_are_refused(family):
    bars, parent, bmus = family
    with pytest.raises(ValueError, match=r"neurons = \[4\]: wanted are some of 0 to 3"):
        train_children(bars, parent, [4], make_recipe(BATCH))
    with pytest.raises(ValueError, match="wanted are some of"):
        train_children(bars, parent, [], make_recipe(BATCH))
    few = write_bars(parent.parent / "few.bin", draw_bars(40)[:1])
    with pytest.raises(ValueError, match="best-matching unit of no image"):
        train_children(few, parent, [(int(bmus[0]) + 1) % 4], make_recipe(BATCH))


def test_a_child_of_a_neuron_that_there_is_not_is_refused(family):
    bars, parent, bmus = family
    (folder,) = train_children(bars, parent, [int(bmus[0])], make_recipe(BATCH, side=1))
    folder.rename(locate_child(parent, 77))
    with pytest.raises(ValueError, match="the map above has 4 neurons"):
        read_tree(parent)

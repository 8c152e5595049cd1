"""Training leaves a folder; it can be killed and goes on; it is that of the reference program where asked for."""

import json
from dataclasses import replace

import numpy as np
import pytest
from tests.som.bars import BATCH, ONLINE, draw_bars, make_recipe, write_bars, write_bars_store

from skysieve.io.pink import read_pink_som
from skysieve.som.children import train_children
from skysieve.som.hierarchy import read_tree
from skysieve.som.lattice import Lattice
from skysieve.som.maps import read_image_map
from skysieve.som.schedule import Schedule, Stage
from skysieve.som.training_recipe import GeometryRecipe, GrowthRecipe, TrainSomRecipe
from skysieve.som.training_run import train_map


def kill_after(count):
    left = [count]

    def on_done(outcome):
        left[0] -= 1
        if not left[0]:
            raise KeyboardInterrupt

    return on_done


@pytest.fixture
def bars(tmp_path):
    return write_bars(tmp_path / "bars.bin", draw_bars(24))


@pytest.mark.parametrize("steps", [1, 5])
def test_a_killed_training_goes_on_to_the_same_bytes(bars, tmp_path, steps):
    recipe = make_recipe()
    train_map(bars, recipe, out=tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        train_map(bars, recipe, out=tmp_path / "killed", on_done=kill_after(steps))
    assert (tmp_path / "killed" / "checkpoint.npz").exists()
    train_map(bars, recipe, out=tmp_path / "killed")
    for name in ("som.bin", "som.json", "history.json"):
        assert (tmp_path / "whole" / name).read_bytes() == (tmp_path / "killed" / name).read_bytes()
    assert not (tmp_path / "killed" / "checkpoint.npz").exists()


def test_a_killed_growth_goes_on_to_the_same_bytes(bars, tmp_path):
    recipe = make_recipe(BATCH, side=1, growth=GrowthRecipe(most_neurons=4, evenness=1.001, stage=BATCH))
    train_map(bars, recipe, out=tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        train_map(bars, recipe, out=tmp_path / "killed", on_done=kill_after(4))
    trained = train_map(bars, recipe, out=tmp_path / "killed")
    assert (tmp_path / "whole" / "som.bin").read_bytes() == (tmp_path / "killed" / "som.bin").read_bytes()
    assert 2 <= trained.lattice.n_neurons <= 4


def test_a_complete_training_is_read_and_not_repeated(bars, tmp_path):
    first = train_map(bars, make_recipe(), out=tmp_path / "run")
    again = train_map(bars, make_recipe(), out=tmp_path / "run", on_done=kill_after(1))
    np.testing.assert_array_equal(first.neurons, again.neurons)


def test_the_number_of_steps_is_told_and_kept(bars, tmp_path):
    told, steps = [], []
    with pytest.raises(KeyboardInterrupt):
        train_map(bars, make_recipe(), out=tmp_path / "run", on_start=told.append, on_done=kill_after(3))
    train_map(bars, make_recipe(), out=tmp_path / "run", on_start=told.append, on_done=steps.append)
    assert told == [6, 3]
    assert len(steps) == 3


def test_a_map_that_is_replaced_loses_its_children(bars, tmp_path):
    train_map(bars, make_recipe(BATCH, side=1), out=tmp_path / "run")
    train_children(bars, tmp_path / "run", [0], make_recipe(BATCH, side=1))
    train_map(bars, make_recipe(BATCH), out=tmp_path / "run", overwrite=True)
    assert not read_tree(tmp_path / "run").children


def test_how_it_is_computed_does_not_make_another_run(bars, tmp_path):
    train_map(bars, make_recipe(), out=tmp_path / "run")
    train_map(bars, make_recipe(threads=2, memory_limit="2GB", checkpoint_every=5), out=tmp_path / "run")
    with pytest.raises(ValueError, match="holds another run"):
        train_map(bars, make_recipe(seed=1), out=tmp_path / "run")
    assert train_map(bars, make_recipe(seed=1), out=tmp_path / "run", overwrite=True).provenance["recipe"]["seed"] == 1


def test_the_card_and_the_history_say_how_it_went(bars, tmp_path):
    train_map(bars, make_recipe(), out=tmp_path / "run")
    provenance = read_image_map(tmp_path / "run").provenance
    history = json.loads((tmp_path / "run" / "history.json").read_text())
    assert (provenance["source"], provenance["images"], len(provenance["sha256"])) == ("bars.bin", 24, 64)
    assert [(one["stage"], one["turn"]) for one in history] == [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert history[0]["changed"] is None
    assert history[-1] == provenance["convergence"]
    assert history[-1]["quantization_error"] < history[0]["quantization_error"]


def test_a_store_trains_the_map_of_its_images(bars, tmp_path):
    store = write_bars_store(tmp_path / "bars.zarr", draw_bars(24), ids=np.arange(24))
    trained = train_map(store, make_recipe(), out=tmp_path / "store")
    np.testing.assert_array_equal(trained.neurons, train_map(bars, make_recipe(), out=tmp_path / "pink").neurons)
    assert trained.bands == ("g",)


def test_the_weight_of_a_channel_is_what_its_squared_differences_count(tmp_path):
    twice = write_bars(tmp_path / "twice.bin", draw_bars(30, channels=2))
    once = write_bars(tmp_path / "once.bin", draw_bars(30))
    recipe = make_recipe(init="zero", channel_weights=(3.0, 1e-12))
    weighted = train_map(twice, recipe, out=tmp_path / "w")
    plain = train_map(once, replace(recipe, channel_weights=()), out=tmp_path / "p")
    assert weighted.channel_weights == (3.0, 1e-12)
    np.testing.assert_allclose(weighted.neurons[:, 0], plain.neurons[:, 0], atol=1e-5)


def test_images_without_good_pixels_teach_nothing(tmp_path):
    images = draw_bars(20)
    lost = np.concatenate([images[:10], np.full((3, 1, 10, 10), np.nan, np.float32), images[10:]])
    recipe = make_recipe(BATCH)
    clean = train_map(write_bars(tmp_path / "a.bin", images), recipe, out=tmp_path / "a")
    dirty = train_map(write_bars(tmp_path / "b.bin", lost), recipe, out=tmp_path / "b")
    np.testing.assert_allclose(clean.neurons, dirty.neurons, atol=1e-6)


@pytest.mark.parametrize("stage", [ONLINE, BATCH])
def test_bad_pixels_teach_nothing_and_the_others_do(tmp_path, stage):
    images = draw_bars(24)
    images[::2, 0, :2] = np.nan
    trained = train_map(write_bars(tmp_path / "i.bin", images), make_recipe(stage), out=tmp_path / "run")
    assert np.isfinite(trained.neurons).all()
    assert np.isfinite(trained.provenance["convergence"]["quantization_error"])


def test_a_map_goes_on_from_another_one(bars, tmp_path):
    train_map(bars, make_recipe(ONLINE), out=tmp_path / "first")
    start = make_recipe(replace(ONLINE, passes=1, rate=1e-9), init=str(tmp_path / "first"))
    second = train_map(bars, start, out=tmp_path / "second")
    np.testing.assert_allclose(second.neurons, read_image_map(tmp_path / "first").neurons, atol=1e-5)


@pytest.mark.parametrize("name", ["rnd_cart_unity_circular_numrot92_shuffle", "rnd_cart_nonsquare_2x4"])
def test_training_in_pinks_way_is_that_of_the_reference_program(read_golden, golden_folder, tmp_path, name):
    case = read_golden(name)
    passes, shape = (3, (3, 3)) if "shuffle" in name else (1, (2, 4))
    recipe = TrainSomRecipe(
        lattice=Lattice(shape),
        geometry=GeometryRecipe(case.geometry.rotations, region=case.geometry.shape),
        schedule=Schedule((Stage(passes, "online", sigma=1.1, rate=0.2, rotations=case.geometry.rotations),)),
        seed=1234,
        compat="pink",
        block=7,
    )
    train_map(write_bars(tmp_path / "i.bin", case.images), recipe, out=tmp_path / "run")
    neurons = read_pink_som(tmp_path / "run" / "som.bin").neurons
    assert np.abs(neurons - case.som[:, 0]).max() < 1e-6


def test_what_cannot_be_trained_is_refused(bars, tmp_path):
    with pytest.raises(ValueError, match=r"needs about .* GB; memory_limit is 0.1 GB"):
        train_map(bars, make_recipe(memory_limit="100MB"), out=tmp_path / "a")
    with pytest.raises(ValueError, match="has 1 channels"):
        train_map(bars, make_recipe(channel_weights=(1.0, 2.0)), out=tmp_path / "b")
    with pytest.raises(ValueError, match="neither one of zero, random"):
        train_map(bars, make_recipe(init="nonsense"), out=tmp_path / "c")
    with pytest.raises(ValueError, match="holds no images"):
        train_map(write_bars(tmp_path / "none.bin", draw_bars(0)), make_recipe(), out=tmp_path / "d")


def test_a_damaged_checkpoint_is_refused(bars, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        train_map(bars, make_recipe(), out=tmp_path / "run", on_done=kill_after(1))
    (tmp_path / "run" / "checkpoint.npz").write_bytes(b"PK nonsense")
    with pytest.raises(ValueError, match="not a checkpoint"):
        train_map(bars, make_recipe(), out=tmp_path / "run")

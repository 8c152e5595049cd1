import json
from dataclasses import fields, replace

import numpy as np
import pytest
from tests.quality.conftest import CLUSTERS, NEURONS, invent_views
from tests.quality.mosaics import SHAPE, write_mosaic

from skysieve.cli.main import invoke
from skysieve.io.cutouts import CutoutHeader, CutoutStore
from skysieve.io.weights import read_weights, write_weights
from skysieve.quality.assess_recipe import AssessRecipe, UsualRecipe
from skysieve.quality.assessing import assess_exposures
from skysieve.quality.fingerprint_rows import Frame, pack_look, round_look, unpack_look
from skysieve.quality.fingerprint_store import (
    PIXEL_BYTES,
    append_look,
    assess_prints,
    list_prints,
    measure_size,
    open_prints,
    read_hit_maps,
    read_learned,
    read_look,
    write_prints,
)
from skysieve.quality.learning import Views
from skysieve.quality.looking import Look, take_look
from skysieve.quality.model import read_model


def tell_nobody(name):
    pass


def make_recipe(weights):
    return AssessRecipe(model=str(weights), usual=UsualRecipe(seeing=1.2))


@pytest.fixture(scope="module")
def exposures(tmp_path_factory):
    """Two good files, one with a dead detector, one that cannot be read."""
    folder = tmp_path_factory.mktemp("night")
    (folder / "torn.fits").write_bytes(b"SIMPLE  =                    T")
    blank = write_mosaic(folder / "blank.fits", seed=3, planes={1: np.zeros(SHAPE)})
    return [write_mosaic(folder / "a.fits"), folder / "torn.fits", blank, write_mosaic(folder / "b.fits", seed=2)]


@pytest.fixture(scope="module")
def prints(exposures, weights, tmp_path_factory):
    out = tmp_path_factory.mktemp("prints") / "prints.zarr"
    write_prints(exposures, make_recipe(weights), out=out, half=False, on_done=tell_nobody)
    return out


def is_equal(one, other):
    return all(np.array_equal(getattr(one, part.name), getattr(other, part.name), equal_nan=part.name == "statistics")
               for part in fields(Views))  # fmt: skip


def test_verdicts_from_fingerprints_are_those_from_pixels(exposures, prints, weights):
    recipe = make_recipe(weights)
    from_pixels, _ = assess_exposures(exposures, recipe, on_done=tell_nobody)
    from_prints = assess_prints(prints, recipe)
    assert from_prints.schema == from_pixels.schema
    for name in from_pixels.names:
        texts = from_pixels[name].dtype == object
        assert np.array_equal(from_prints[name], from_pixels[name], equal_nan=not texts), name


def test_what_was_seen_comes_back_exactly(exposures, prints, weights):
    recipe, store = make_recipe(weights), open_prints(prints)
    look = take_look(exposures[0], read_model(recipe.model), recipe, learned=read_learned(store), name="a.fits")
    back = read_look(store, list_prints(store)["a.fits"])
    assert is_equal(back.seen.views, look.seen.views)
    assert back.seen.views.cutouts.dtype == look.seen.views.cutouts.dtype
    assert np.array_equal(back.places, look.places, equal_nan=True)
    assert (back.camera, back.seen.flags, back.seen.messages) == (look.camera, look.seen.flags, look.seen.messages)


def test_labeled_detectors_of_any_size_come_back_exactly(prints):
    """Cutouts smaller than the mean star, in half precision, with labels, as learning sets have them."""
    views = invent_views(5)
    views = replace(views, cutouts=views.cutouts[:, :, :11, :11], dead=np.arange(5) == 2)
    seen = read_look(open_prints(prints), slice(0, 1)).seen
    look = Look(replace(seen, addresses=seen.addresses * 5, views=views), np.full((5, CLUSTERS, 2), np.nan), "camera")
    frame = Frame(CLUSTERS, NEURONS, side=11, star=25)
    back = unpack_look(pack_look(look, frame, start=7), frame)
    assert is_equal(back.seen.views, views)


def test_a_second_run_adds_what_is_missing(exposures, weights, tmp_path):
    out, recipe, done = tmp_path / "p.zarr", make_recipe(weights), []
    assert write_prints(exposures[:2], recipe, out=out, half=False, on_done=done.append) == 2
    assert write_prints(exposures, recipe, out=out, half=False, on_done=done.append) == 2
    assert done == ["a.fits", "torn.fits", "blank.fits", "b.fits"]
    assert list(list_prints(open_prints(out))) == done


def test_sources_on_detectors_without_light_do_not_count(prints):
    maps = read_hit_maps(open_prints(prints))
    numbers = dict(zip(maps.exposures, maps.detectors.tolist(), strict=True))
    assert numbers == {"a.fits": 2, "torn.fits": 0, "blank.fits": 1, "b.fits": 2}
    assert maps.hits[0].sum() > 0
    assert maps.hits[1].sum() == 0


def test_the_size_is_that_on_disk(prints):
    size = measure_size(open_prints(prints))
    assert size.detectors == 6
    assert size.stored == sum(one.stat().st_size for one in prints.rglob("*") if one.is_file())
    assert size.smaller * size.stored == pytest.approx(PIXEL_BYTES * 6 * SHAPE[0] * SHAPE[1])
    assert size.megacam / size.smaller == pytest.approx(4612 * 2048 / (SHAPE[0] * SHAPE[1]))


def test_half_the_digits_take_less_room(prints, weights, tmp_path):
    look = read_look(open_prints(prints), slice(0, 2))
    views = invent_views(60)
    views = replace(views, cutouts=views.cutouts.astype(np.float32) * np.float32(1.0001))
    exact = Look(
        replace(look.seen, addresses=look.seen.addresses * 30, views=views), look.places.repeat(30, axis=0), ""
    )
    sizes = []
    for number, one in enumerate((exact, round_look(exact))):
        write_prints([], make_recipe(weights), out=tmp_path / str(number), half=False, on_done=tell_nobody)
        with open_prints(tmp_path / str(number), append=True) as store:
            append_look(store, one)
            sizes.append(measure_size(store).stored)
            back = read_look(store, slice(0, 60)).seen.views.cutouts
            assert back == pytest.approx(views.cutouts, rel=1e-3, abs=1e-6)
    assert sizes[1] < 0.75 * sizes[0]


def test_weights_with_another_map_are_refused(prints, weights, tmp_path):
    tensors, card = read_weights(weights)
    tensors["model.center"] = tensors["model.center"] + 1
    write_weights(tmp_path / "other.safetensors", tensors, card)
    with pytest.raises(ValueError, match="map of sources is another"):
        assess_prints(prints, make_recipe(tmp_path / "other.safetensors"))


def test_other_stores_are_refused(tmp_path):
    CutoutStore.create(tmp_path / "galaxies.zarr", CutoutHeader(("r",), (5, 5))).close()
    with pytest.raises(ValueError, match="holds no fingerprints"):
        open_prints(tmp_path / "galaxies.zarr")


def test_the_commands_keep_and_find_exposures(exposures, prints, weights, tmp_path, capsys):
    options = ["--model", str(weights), "--seeing", "1.2"]
    out = tmp_path / "p.zarr"
    assert invoke(["quality", "fingerprint", *map(str, exposures[:2]), "--out", str(out), *options, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["added"] == 2
    assert invoke(["quality", "fingerprint", str(exposures[0]), "--out", str(out), *options]) == 0
    assert "0 exposures added, 1 were there" in capsys.readouterr().out
    assert invoke(["quality", "find", str(prints), "--like", "a.fits", "--json"]) == 0
    by_name = json.loads(capsys.readouterr().out)
    assert (by_name["rows"][0]["exposure"], by_name["found"]) == ("a.fits", 3)
    assert invoke(["quality", "find", str(prints), "--like", str(exposures[0]), *options]) == 0
    assert capsys.readouterr().out.startswith("a.fits: distance 0.000")
    table = ["--out", str(tmp_path / "t.csv")]
    assert invoke(["quality", "find", str(prints), "--cluster", "2", "--least", "0.1", *table]) == 0
    assert "share" in capsys.readouterr().out


@pytest.mark.parametrize(("arguments", "sentence"), [
    ([], "give --like EXPOSURE or --cluster"), (["--like", "nowhere.fits"], "neither in prints.zarr nor a file"),
    (["--cluster", "9"], "there is no cluster 9"),
])  # fmt: skip
def test_a_search_for_nothing_is_one_sentence(prints, arguments, sentence, capsys):
    assert invoke(["quality", "find", str(prints), *arguments]) == 2
    assert sentence in capsys.readouterr().err

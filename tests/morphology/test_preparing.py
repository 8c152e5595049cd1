"""Whole sets are prepared with nothing lost: each image knows its cutout, and the recipe travels along."""

import json
from pathlib import Path

import numpy as np
import pytest

from skysieve.config import dump_recipe, read_recipe
from skysieve.execution import ExecutionRecipe
from skysieve.io.catalogs import read_catalog
from skysieve.io.cutouts import CutoutBatch, CutoutHeader, CutoutStore
from skysieve.io.pink import read_pink_images
from skysieve.morphology import preparing
from skysieve.morphology.imagesets import ImageSet, open_images
from skysieve.morphology.preparation import prepare_image
from skysieve.morphology.preparation_recipe import PreparationRecipe
from skysieve.morphology.preparing import prepare_cutouts
from skysieve.morphology.steps import PreparationFlag
from skysieve.records import Catalog, Column

SCHEMA = (Column("id", "i8"), Column("name", "str"), Column("size", "f8"))


def make_store(path: Path, *, n: int = 7, bands: tuple[str, ...] = ("radio",), side: int = 16) -> Path:
    """Sources in noise; the third has no pixels, the fifth is zero."""
    rng = np.random.default_rng(0)
    image = rng.normal(0, 1, (n, len(bands), side, side)).astype(np.float32)
    image[:, :, 6:10, 5:12] += rng.uniform(20, 90, (n, len(bands), 4, 7)) * np.arange(1, 1 + len(bands))[:, None, None]
    image[2], image[4] = np.nan, 0
    names = np.array([f"J{row}" for row in range(n)], dtype=object)
    rows = Catalog(SCHEMA, {"id": np.arange(n) + 100, "name": names, "size": np.linspace(1, 4, n)})
    header = CutoutHeader(bands, (side, side), 1.5, schema=SCHEMA)
    with CutoutStore.create(path, header) as store:
        store.append(CutoutBatch(image, np.isnan(image).any(axis=1), None, rows))
    return path


def prepare(source: Path, out: Path, *settings: str, **options: bool):
    recipe = read_recipe(PreparationRecipe, settings=settings)
    return prepare_cutouts(source, out, recipe=recipe, execution=ExecutionRecipe(), **options)


@pytest.fixture
def source(tmp_path):
    return make_store(tmp_path / "cutouts.zarr")


@pytest.mark.parametrize("name", ["prepared.zarr", "prepared.bin"])
def test_every_cutout_becomes_an_image_in_order_whatever_is_wrong_with_it(source, tmp_path, name):
    result = prepare(source, tmp_path / name)
    images = open_images(tmp_path / name)
    batch = images.read(slice(None))
    cutouts = CutoutStore.open(source).read(slice(None)).image
    for row in (0, 6):
        np.testing.assert_array_equal(batch.image[row], prepare_image(cutouts[row], PreparationRecipe()).image)
    assert batch.rows["name"].tolist() == [f"J{row}" for row in range(7)]
    lost, zero = batch.rows["preparation_flags"][[2, 4]].tolist()
    assert lost == PreparationFlag.NO_PIXELS | PreparationFlag.EMPTY
    assert zero == PreparationFlag.EMPTY | PreparationFlag.CLIPPED_BEFORE
    assert not batch.image[[2, 4]].any()
    assert result.n_written == images.length == 7
    assert images.header.pixel_scale == 1.5


def test_unusable_images_can_be_left_out_and_the_rows_say_which_remain(source, tmp_path):
    result = prepare(source, tmp_path / "p.bin", drop=True)
    assert (result.n_read, result.n_written, result.n_flagged["empty"]) == (7, 5, 2)
    assert read_pink_images(tmp_path / "p.bin").images.shape == (5, 16, 16)
    assert read_catalog(tmp_path / "p.rows.parquet")["row"].tolist() == [0, 1, 3, 5, 6]


@pytest.mark.parametrize("name", ["prepared.zarr", "prepared.bin"])
def test_the_recipe_travels_with_the_images(source, tmp_path, name):
    prepare(source, tmp_path / name, "channel.clip.snr=3")
    images = open_images(tmp_path / name)
    assert images.preparation == read_recipe(PreparationRecipe, settings=["channel.clip.snr=3"])
    assert json.loads(images.header.meta["preparation"]) == dump_recipe(images.preparation)


def test_shares_become_weights_that_make_the_channels_count_as_asked(tmp_path):
    source = make_store(tmp_path / "c.zarr", bands=("radio", "ir"))
    settings = ('channel.steps=["clip"]', "shares=[1.0, 3.0]")
    result = prepare(source, tmp_path / "p.zarr", *settings)
    rows = CutoutStore.open(tmp_path / "p.zarr").read_catalog().take(np.array([0, 1, 3, 5, 6]))
    assert np.median(rows["sum_ir"]) == pytest.approx(3 * np.median(rows["sum_radio"]), rel=1e-5)
    assert result.recipe.shares == ()
    assert open_images(tmp_path / "p.zarr").preparation == result.recipe
    image = CutoutStore.open(tmp_path / "p.zarr").read(0).image[0]
    again = prepare_image(CutoutStore.open(source).read(0).image[0], result.recipe, bands=("radio", "ir"))
    np.testing.assert_allclose(again.image, image, rtol=1e-6)


def test_blocks_give_the_same_as_the_whole(source, tmp_path, monkeypatch):
    prepare(source, tmp_path / "whole.zarr")
    monkeypatch.setattr(ImageSet, "count_at_once", lambda _: 2)
    prepare(source, tmp_path / "blocks.zarr")
    whole, blocks = (CutoutStore.open(tmp_path / f"{n}.zarr").read(slice(None)) for n in ("whole", "blocks"))
    np.testing.assert_array_equal(whole.image, blocks.image)
    np.testing.assert_array_equal(whole.rows["row"], blocks.rows["row"])


def test_a_killed_run_resumes_with_what_it_had(source, tmp_path, monkeypatch):
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(preparing, "write_images", stop)
        with pytest.raises(KeyboardInterrupt):
            prepare(source, tmp_path / "p.zarr")
    monkeypatch.setattr(preparing, "prepare_image", stop)
    assert prepare(source, tmp_path / "p.zarr").n_written == 7
    assert not (tmp_path / "p.zarr.parts").exists()


def test_sources_are_resampled_to_one_size(source, tmp_path):
    settings = ("rescale.by=size", "rescale.column=size", "rescale.target=2.0")
    prepare(source, tmp_path / "p.zarr", *settings)
    store = CutoutStore.open(tmp_path / "p.zarr")
    cutout = CutoutStore.open(source).read(6).image[0]
    expected = prepare_image(cutout, read_recipe(PreparationRecipe, settings=settings), factor=0.5)
    np.testing.assert_array_equal(store.read(6).image[0], expected.image)
    assert np.isnan(store.header.pixel_scale)


def test_an_empty_store_gives_an_empty_file(tmp_path):
    header = CutoutHeader(("radio",), (8, 8), schema=SCHEMA)
    CutoutStore.create(tmp_path / "c.zarr", header).close()
    prepare(tmp_path / "c.zarr", tmp_path / "p.bin")
    assert open_images(tmp_path / "p.bin").length == 0


@pytest.mark.parametrize(
    ("out", "settings", "message"),
    [
        ("p.fits", [], "neither NAME.zarr nor NAME.bin"),
        ("cutouts.zarr", [], "exists already"),
        ("p.bin", ["bands.ir.steps=[]"], "names band ir; the cutouts have radio"),
        ("p.bin", ["rescale.by=size", "rescale.column=z", "rescale.target=1.0"], "no such numbers"),
    ],
)
def test_what_cannot_be_prepared_is_refused_before_anything_is_written(source, tmp_path, out, settings, message):
    with pytest.raises(ValueError, match=message):
        prepare(source, tmp_path / out, *settings)
    assert not list(tmp_path.glob("*.parts"))


def test_other_forms_of_cutouts_are_named_with_what_to_do(tmp_path):
    (tmp_path / "folder").mkdir()
    with pytest.raises(ValueError, match="skysieve convert"):
        open_images(tmp_path / "folder")


def test_rows_of_another_file_are_refused(source, tmp_path):
    prepare(source, tmp_path / "p.bin")
    prepare(source, tmp_path / "q.bin", drop=True)
    (tmp_path / "q.rows.parquet").replace(tmp_path / "p.rows.parquet")
    with pytest.raises(ValueError, match=r"has 5 rows, p\.bin 7 images"):
        open_images(tmp_path / "p.bin")

"""From catalog and images to a store: no row is lost, each comes from the image on which it lies deepest."""

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from tests.chain.conftest import make_header, make_sky, write_image

from skysieve.execution import ExecutionRecipe
from skysieve.extraction import cutouts
from skysieve.extraction.cutouts import cut_catalog
from skysieve.extraction.cutting import plan_cutting
from skysieve.extraction.stamps import CutoutFlag
from skysieve.io.cutouts import CutoutStore
from skysieve.io.exposures import InputRecipe, list_detectors, pixel_to_sky, read_detector
from skysieve.records import Catalog, Column

SHAPE = (60, 70)


def make_catalog(**columns: list[float] | np.ndarray | list[str]) -> Catalog:
    arrays = {k: np.array(v, dtype=object) if isinstance(v[0], str) else np.asarray(v) for k, v in columns.items()}
    schema = tuple(Column(k, "str" if v.dtype == object else f"{v.dtype.kind}8") for k, v in arrays.items())
    return Catalog(schema, arrays)


def cut(catalog: Catalog, images: list[Path], out: Path, **options: object):
    detectors = list_detectors(images, weights=options.pop("weights", ()), recipe=InputRecipe())
    plan = plan_cutting(catalog, detectors, **options)
    return cut_catalog(plan, out, inputs=InputRecipe(), execution=ExecutionRecipe())


@pytest.fixture
def sky(tmp_path):
    return write_image(tmp_path / "sky.fits", make_sky())


@pytest.fixture
def two(tmp_path):
    """Two images, the second 40 pixels to the right of the first on the sky."""
    first, second = make_sky(seed=1, shape=SHAPE), make_sky(seed=2, shape=SHAPE)
    write_image(tmp_path / "a.fits", first)
    write_image(tmp_path / "b.fits", second, CRPIX1=70.0)
    return [tmp_path / "a.fits", tmp_path / "b.fits"], first, second


def test_pixels_are_those_of_the_image_in_catalog_order(tmp_path, sky):
    x, y = np.array([100.2, 20.7, 150.0]), np.array([50.0, 80.6, 10.1])
    result = cut(make_catalog(x=x, y=y, id=[7, 5, 6]), [sky], tmp_path / "s.zarr", side=5)
    batch = CutoutStore.open(result.path).read(slice(None))
    image = fits.getdata(sky)
    for row, (column, line) in enumerate([(100, 50), (21, 81), (150, 10)]):
        np.testing.assert_array_equal(batch.image[row, 0], image[line - 2 : line + 3, column - 2 : column + 3])
    assert batch.rows["id"].tolist() == [7, 5, 6]
    np.testing.assert_allclose(batch.rows["cutout_dx"], [0.2, -0.3, 0], atol=1e-5)


def test_each_row_comes_from_the_image_on_which_it_lies_deepest(two, tmp_path):
    images, first, second = two
    wcs = list_detectors(images, recipe=InputRecipe())
    plan = plan_cutting(make_catalog(x=[1.0], y=[1.0], image=["a.fits"]), wcs, side=3)
    assert plan.assignment.image.tolist() == [0]
    header = fits.getheader(images[0])
    from astropy.wcs import WCS  # noqa: PLC0415

    ra, dec = pixel_to_sky(WCS(header), np.array([10.0, 50.0, 67.0, 500.0]), np.array([30.0, 30.0, 30.0, 30.0]))
    result = cut(make_catalog(ra=[*ra, np.nan], dec=[*dec, 2.0]), images, tmp_path / "s.zarr", side=3)
    batch = CutoutStore.open(result.path).read(slice(None))
    assert batch.rows["cutout_image"].tolist() == ["a.fits", "a.fits", "b.fits", "", ""]
    assert batch.rows["cutout_flags"].tolist() == [0, 0, 0, CutoutFlag.OFF_IMAGE, CutoutFlag.NO_POSITION]
    np.testing.assert_array_equal(batch.image[2, 0], second[29:32, 26:29])
    np.testing.assert_array_equal(batch.image[1, 0], first[29:32, 49:52])
    assert np.isnan(batch.image[3:]).all()
    assert (result.n_rows, result.n_cut) == (5, 3)


def test_variance_planes_come_along(tmp_path):
    image = write_image(tmp_path / "a.fits", make_sky(shape=SHAPE))
    weight = write_image(tmp_path / "w.fits", np.full(SHAPE, 0.25, np.float32))
    result = cut(make_catalog(x=[30.0], y=[30.0]), [image], tmp_path / "s.zarr", side=4, weights=[weight])
    batch = CutoutStore.open(result.path).read(slice(None))
    assert batch.variance is not None
    assert (batch.variance == 4).all()


@pytest.mark.parametrize("side", [4, 9])
def test_an_image_read_in_strips_gives_the_same_stamps(tmp_path, monkeypatch, side):
    image = write_image(tmp_path / "a.fits", make_sky(shape=SHAPE))
    weight = write_image(tmp_path / "w.fits", np.random.default_rng(1).uniform(-0.1, 1, SHAPE).astype(np.float32))
    rng = np.random.default_rng(2)
    rows = make_catalog(x=rng.uniform(0, 69, 90), y=rng.uniform(0, 59, 90))
    whole = cut(rows, [image], tmp_path / "whole.zarr", side=side, weights=[weight])
    monkeypatch.setattr(cutouts, "MOST_PIXELS", 100)
    monkeypatch.setattr("skysieve.extraction.strips.STRIP_PIXELS", 70 * 11)
    strips = cut(rows, [image], tmp_path / "strips.zarr", side=side, weights=[weight])
    first, second = (CutoutStore.open(one.path).read(slice(None)) for one in (whole, strips))
    np.testing.assert_array_equal(first.image, second.image)
    np.testing.assert_array_equal(first.variance, second.variance)
    assert first.rows["cutout_flags"].tolist() == second.rows["cutout_flags"].tolist()


def test_a_size_on_the_sky_becomes_pixels(tmp_path, sky):
    result = cut(make_catalog(x=[30.0], y=[30.0]), [sky], tmp_path / "s.zarr", size=4.0)
    header = CutoutStore.open(result.path).header
    assert header.shape == (16, 16)
    assert header.pixel_scale == pytest.approx(0.25, rel=1e-3)


def test_an_image_that_cannot_be_read_leaves_flagged_rows(two, tmp_path, monkeypatch):
    images, *_ = two
    read = cutouts.read_detector

    def read_first(address, recipe):
        if address.label == "b.fits":
            raise OSError("b.fits: the pixels cannot be read (damage); fetch the file again")
        return read(address, recipe)

    monkeypatch.setattr(cutouts, "read_detector", read_first)
    rows = make_catalog(x=[30.0, 30.0], y=[30.0, 30.0], image=["b.fits", "a.fits"])
    result = cut(rows, images, tmp_path / "s.zarr", side=3)
    assert CutoutStore.open(result.path).read_catalog()["cutout_flags"].tolist() == [CutoutFlag.UNREADABLE, 0]
    assert "cannot be read" in result.messages[0]


def test_bands_that_are_not_aligned_are_refused(two, tmp_path):
    bands = {"g": two[0][0], "r": two[0][1]}
    detectors = list_detectors((), bands=bands, recipe=InputRecipe())
    plan = plan_cutting(make_catalog(x=[30.0], y=[30.0]), detectors, side=3)
    with pytest.raises(ValueError, match="resample them to one pixel grid first"):
        cut_catalog(plan, tmp_path / "s.zarr", inputs=InputRecipe(), execution=ExecutionRecipe())


def test_a_killed_command_resumes_with_what_it_had(two, tmp_path, monkeypatch):
    images, *_ = two
    rows = make_catalog(x=[30.0, 30.0], y=[30.0, 30.0], image=["b.fits", "a.fits"])
    whole = cut(rows, images, tmp_path / "whole.zarr", side=3)
    monkeypatch.setattr(cutouts, "_gather", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        cut(rows, images, tmp_path / "s.zarr", side=3)
    monkeypatch.undo()
    monkeypatch.setattr(cutouts, "cut_image", lambda *_, **__: 1 / 0)
    resumed = cut(rows, images, tmp_path / "s.zarr", side=3)
    pixels = [CutoutStore.open(one.path).read(slice(None)).image for one in (whole, resumed)]
    np.testing.assert_array_equal(*pixels)
    assert not (tmp_path / "s.zarr.parts").exists()


def test_an_id_of_text_is_kept_beside_numbers(tmp_path, sky):
    result = cut(make_catalog(id=["J1", "J2"], x=[30.0, 40.0], y=[30.0, 30.0]), [sky], tmp_path / "s.zarr", side=3)
    rows = CutoutStore.open(result.path).read_catalog()
    assert rows["id"].tolist() == [0, 1]
    assert rows["catalog_id"].tolist() == ["J1", "J2"]


def test_a_catalog_without_rows_makes_an_empty_store(tmp_path, sky):
    empty = make_catalog(x=[1.0], y=[1.0]).take(slice(0, 0))
    assert len(CutoutStore.open(cut(empty, [sky], tmp_path / "s.zarr", side=3).path)) == 0


@pytest.mark.parametrize(
    ("catalog", "options", "message"),
    [
        (make_catalog(flux=[1.0]), {"side": 3}, "the catalog has the columns flux; wanted are ra, dec"),
        (make_catalog(x=[1.0], y=[1.0]), {"side": 3}, "and one image"),
        (make_catalog(ra=[1.0], dec=[1.0]), {}, "either in pixels or in arcsec"),
        (make_catalog(ra=[1.0], dec=[1.0]), {"size": 0.01}, "at least one pixel"),
    ],
)
def test_what_cannot_be_cut_is_refused(catalog, options, message, two, tmp_path):
    with pytest.raises(ValueError, match=message):
        cut(catalog, two[0], tmp_path / "s.zarr", **options)


def test_fields_in_different_bands_are_refused(two, tmp_path):
    write_image(tmp_path / "b.fits", two[2], FILTER="g")
    with pytest.raises(ValueError, match=r"b\.fits: its bands are g, those before have r"):
        cut(make_catalog(ra=[150.0], dec=[2.0]), two[0], tmp_path / "s.zarr", side=3)


def test_unequal_scales_have_no_common_size_on_the_sky(tmp_path, two):
    header = make_header()
    header["CDELT1"], header["CDELT2"] = -0.5 / 3600, 0.5 / 3600
    fits.PrimaryHDU(two[1], header).writeto(tmp_path / "b.fits", overwrite=True)
    with pytest.raises(ValueError, match="differ in pixel scale"):
        cut(make_catalog(ra=[150.0], dec=[2.0]), two[0], tmp_path / "s.zarr", size=3.0)


def test_a_store_is_never_overwritten(tmp_path, sky):
    (tmp_path / "s.zarr").mkdir()
    with pytest.raises(ValueError, match="exists already"):
        cut(make_catalog(x=[1.0], y=[1.0]), [sky], tmp_path / "s.zarr", side=3)


@pytest.mark.slow
def test_stars_of_a_real_frame_lie_in_the_middle_of_their_cutouts(real_data, tmp_path):
    frame = real_data / "exposure" / "sdss_frame-r-002583-2-0136.fits.bz2"
    image = read_detector(list_detectors([frame], recipe=InputRecipe())[0], InputRecipe())
    inner = np.where(image.bands[0].bad, 0, image.bands[0].data)[20:-20, 20:-20]
    y, x = (axis + 20 for axis in np.unravel_index(np.argsort(inner, axis=None)[-1:], inner.shape))
    ra, dec = pixel_to_sky(image.wcs, x.astype(float), y.astype(float))
    batch = CutoutStore.open(cut(make_catalog(ra=ra, dec=dec), [frame], tmp_path / "s.zarr", side=9).path).read(0)
    assert np.unravel_index(np.argmax(batch.image[0, 0]), (9, 9)) == (4, 4)
    assert batch.image[0, 0, 4, 4] == inner.max()

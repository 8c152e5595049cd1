"""Bad inputs, one row each: what the run says, what it flags, and that a good image beside it comes through."""

import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from tests.chain.conftest import make_header, make_sky, write_image

from skysieve.chain import Inputs, run_chain
from skysieve.records import decode_flags
from skysieve.records.flags import ImageFlag

SKY = make_sky(shape=(80, 90), stars=12)


def write_truncated(path: Path) -> None:
    write_image(path, SKY)
    path.write_bytes(path.read_bytes()[:-20_000])


def write_nan_header(path: Path) -> None:
    write_image(path, SKY)
    path.write_bytes(path.read_bytes().replace(b"FILTER  = 'r  ", b"FILTER  = '\xe9\xe8 ", 1))


def write_twins(path: Path) -> None:
    twins = [fits.ImageHDU(SKY, make_header(), name="CCD") for _ in range(2)]
    fits.HDUList([fits.PrimaryHDU(), *twins]).writeto(path)


def with_pixels(change: Callable[[np.ndarray], np.ndarray]) -> Callable[[Path], object]:
    return lambda path: write_image(path, change(SKY.copy()))


def put_infinities(image: np.ndarray) -> np.ndarray:
    image[10, 10:20] = np.inf
    image[40, 10:20] = -np.inf
    return image


SINGULAR = {"PC1_1": 0.0, "PC1_2": 0.0, "PC2_1": 0.0, "PC2_2": 0.0}
NO_WCS = dict.fromkeys(("CTYPE1", "CTYPE2", "CRVAL1", "CRVAL2", "CRPIX1", "CRPIX2", "CDELT1", "CDELT2"))

ROWS = {
    "truncated FITS": (write_truncated, "truncated", False),
    "empty file": (lambda path: path.write_bytes(b""), "unreadable", False),
    "text named .fits": (lambda path: path.write_text("ra,dec\n1,2\n"), "unreadable", False),
    "a pickle": (lambda path: path.write_bytes(pickle.dumps(SKY)), "unreadable", False),
    "a hypercube": (lambda path: write_image(path, np.zeros((2, 3, 9, 9), np.float32)), "unreadable", False),
    "all-NaN CCD": (with_pixels(lambda image: image * np.nan), "all_bad", False),
    "constant CCD": (with_pixels(lambda image: np.full_like(image, 7)), "constant", False),
    "1x1 image": (with_pixels(lambda image: image[:1, :1]), "too_small", False),
    "infinities": (with_pixels(put_infinities), None, True),
    "missing WCS": (lambda path: write_image(path, SKY, **NO_WCS), "no_wcs", True),
    "singular WCS": (lambda path: write_image(path, SKY, **SINGULAR), "bad_wcs", True),
    "wrong units": (lambda path: write_image(path, SKY, BUNIT="bananas"), "bad_unit", True),
    "EXPTIME missing": (lambda path: write_image(path, SKY, EXPTIME=None), "no_exptime", True),
    "negative exposure": (lambda path: write_image(path, SKY, EXPTIME=-60.0), "bad_exptime", True),
    "non-ASCII header": (write_nan_header, "broken_header", True),
    "duplicate extension names": (write_twins, "duplicate_extname", True),
}


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, object]]:
    """Every bad input in one run, with a good image beside them: the rows of the table of images by name."""
    folder = tmp_path_factory.mktemp("refusals")
    for number, (write, _, _) in enumerate(ROWS.values()):
        write(folder / f"bad{number}.fits")
    names = [str(folder / f"bad{number}.fits") for number in range(len(ROWS))]
    good = write_image(folder / "good.fits", SKY)
    images = run_chain(Inputs((*names, str(good))), folder / "out").images
    rows = [images.row(number) for number in range(len(images))]
    return {name: next(row for row in rows if row["image"].startswith(f"bad{number}.fits"))
            for number, name in enumerate(ROWS)} | {"good": rows[-1]}  # fmt: skip


@pytest.mark.parametrize("name", ROWS)
def test_bad_input_is_flagged_with_a_sentence_that_names_it(name, outcome):
    _, flag, usable = ROWS[name]
    row = outcome[name]
    assert flag is None or flag in decode_flags(row["flags"], ImageFlag)
    assert usable == bool(row["n_sources"])
    assert usable or row["message"].startswith(row["image"])


def test_the_good_image_beside_them_comes_through(outcome):
    assert outcome["good"]["image"] == "good.fits"
    assert outcome["good"]["n_sources"] > 5
    assert outcome["good"]["message"] == ""


def test_a_missing_file_is_a_row_with_a_sentence(tmp_path):
    good = write_image(tmp_path / "good.fits", SKY)
    result = run_chain(Inputs((str(tmp_path / "nowhere.fits"), str(good))), tmp_path / "out")
    assert result.usable == 1
    assert "nowhere.fits" in result.images["message"][0]


def test_a_cube_where_a_band_is_meant_is_refused(tmp_path):
    write_image(tmp_path / "cube.fits", np.stack([SKY, SKY]))
    result = run_chain(Inputs(bands=(("r", str(tmp_path / "cube.fits")),)), tmp_path / "out")
    assert result.usable == 0
    assert "cube.fits" in result.images["message"][0]


def test_nothing_usable_still_leaves_an_empty_catalog_and_a_report(tmp_path):
    (tmp_path / "bad.fits").write_bytes(b"")
    result = run_chain(Inputs((str(tmp_path / "bad.fits"),)), tmp_path / "out")
    assert result.usable == 0
    assert (tmp_path / "out" / "report.html").exists()
    assert len(fits.getdata(tmp_path / "out" / "catalog.fits", 1)) == 0


@pytest.mark.parametrize(("offset", "told"), [(1e12, True), (1e3, False)])
def test_pixels_that_differ_by_less_than_32_bits_tell_are_spoken_of(offset, told, tmp_path):
    write_image(tmp_path / "offset.fits", SKY.astype(float) + offset)
    result = run_chain(Inputs((str(tmp_path / "offset.fits"),)), tmp_path / "out")
    assert told == ("subtract a constant" in result.images["message"][0])


def test_names_cannot_lead_out_of_the_run_folder(tmp_path):
    odd = tmp_path / "..%2f..;rm -rf.fits"
    write_image(odd, SKY)
    run_chain(Inputs((str(odd),)), tmp_path / "deep" / "out")
    assert [p.name for p in (tmp_path / "deep").iterdir()] == ["out"]
    assert {p.name for p in tmp_path.iterdir()} == {odd.name, "deep"}


def test_two_bands_of_one_name_are_refused(tmp_path):
    with pytest.raises(ValueError, match="bands g, g: give each band a name of its own"):
        run_chain(Inputs(bands=(("g", "a.fits"), ("g", "b.fits"))), tmp_path / "out")


def test_bands_that_do_not_lie_on_the_same_sky_are_refused(tmp_path):
    write_image(tmp_path / "g.fits", SKY)
    write_image(tmp_path / "r.fits", SKY, CRPIX1=115.5)
    bands = (("g", str(tmp_path / "g.fits")), ("r", str(tmp_path / "r.fits")))
    result = run_chain(Inputs(bands=bands), tmp_path / "out")
    assert result.usable == 0
    assert "5.5 pixels apart" in result.images["message"][0]

import errno
import hashlib
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table
from tests.chain.conftest import make_sky, write_image

from skysieve.chain import ChainRecipe, Inputs, run_chain, stage
from skysieve.config import read_recipe
from skysieve.io.catalogs import read_catalog
from skysieve.records import ImageFlag

REQUIRED = [
    "image", "id", "x", "y", "ra", "dec", "a", "b", "theta", "ellipticity", "fwhm", "iso0", "flux_kron",
    "flux_kron_err", "mag", "stellarity", "flags",
]  # fmt: skip
PRODUCTS = {
    "catalog.parquet", "catalog.fits", "images.parquet", "sky.segmentation.fits", "sky.reg", "sky.psf.fits",
    "report.html", "provenance.json", "run.log",
}  # fmt: skip


def hash_folder(folder: Path) -> dict[str, str]:
    """SHA-256 of all products but the log and the ledger, which know the time."""
    files = [p for p in folder.rglob("*") if p.is_file() and p.name not in {"run.log", "ledger.jsonl"}]
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def test_a_run_folder_holds_all_products(sky, tmp_path):
    result = run_chain(Inputs((str(sky),)), tmp_path / "out")
    assert {p.name for p in (tmp_path / "out").iterdir()} >= PRODUCTS
    assert result.usable == 1
    assert result.n_sources > 25


def test_the_catalog_has_the_columns_that_stay(sky, tmp_path):
    run_chain(Inputs((str(sky),)), tmp_path / "out")
    catalog = read_catalog(tmp_path / "out" / "catalog.parquet")
    assert set(REQUIRED) <= set(catalog.names)
    assert np.isfinite(catalog["ra"]).all()
    assert np.isfinite(catalog["mag"]).all()
    assert json.loads(catalog.meta["flags"])["saturated"][0] == 4


def test_topcat_and_astropy_read_the_fits_catalog(sky, tmp_path):
    run_chain(Inputs((str(sky),)), tmp_path / "out")
    table = Table.read(tmp_path / "out" / "catalog.fits", hdu=1)
    assert str(table["ra"].unit) == "deg"
    assert len(table) == len(read_catalog(tmp_path / "out" / "catalog.parquet"))


def test_segmentation_labels_are_the_numbers_of_the_catalog(sky, tmp_path):
    run_chain(Inputs((str(sky),)), tmp_path / "out")
    catalog = read_catalog(tmp_path / "out" / "catalog.parquet")
    labels = fits.getdata(tmp_path / "out" / "sky.segmentation.fits")
    found, counts = np.unique(labels[labels > 0], return_counts=True)
    assert found.tolist() == catalog["number"].tolist()
    assert counts.tolist() == catalog["npix"].tolist()


def test_a_mosaic_is_one_catalog_with_ids_unique_across_its_detectors(mosaic, tmp_path):
    run_chain(Inputs((str(mosaic),)), tmp_path / "out")
    catalog = read_catalog(tmp_path / "out" / "catalog.parquet")
    assert len(set(catalog["image"])) == 3
    assert len(set(catalog["id"])) == len(catalog)
    with fits.open(tmp_path / "out" / "mosaic.segmentation.fits") as hdus:
        assert len(hdus) == 4


def test_the_same_run_twice_gives_the_same_bytes(mosaic, tmp_path):
    run_chain(Inputs((str(mosaic),)), tmp_path / "one")
    run_chain(Inputs((str(mosaic),)), tmp_path / "two")
    assert hash_folder(tmp_path / "one") == hash_folder(tmp_path / "two")


def test_two_workers_give_the_same_bytes_as_one(mosaic, tmp_path):
    run_chain(Inputs((str(mosaic),)), tmp_path / "one")
    recipe = read_recipe(ChainRecipe, settings=["execution.workers=2"])
    run_chain(Inputs((str(mosaic),)), tmp_path / "two", recipe=recipe)
    assert hash_folder(tmp_path / "one") == hash_folder(tmp_path / "two")


def test_a_killed_run_resumes_to_the_same_bytes(mosaic, tmp_path):
    run_chain(Inputs((str(mosaic),)), tmp_path / "whole")
    command = [sys.executable, "-m", "skysieve", "run", str(mosaic), "--out", str(tmp_path / "killed")]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    ledger = tmp_path / "killed" / "ledger.jsonl"
    while process.poll() is None and not (ledger.exists() and ledger.read_bytes().count(b"\n") > 1):
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    run_chain(Inputs((str(mosaic),)), tmp_path / "killed")
    assert hash_folder(tmp_path / "killed") == hash_folder(tmp_path / "whole")


def test_a_second_run_measures_nothing_again(mosaic, tmp_path):
    run_chain(Inputs((str(mosaic),)), tmp_path / "out")
    states = []
    run_chain(Inputs((str(mosaic),)), tmp_path / "out", on_done=lambda outcome: states.append(outcome.state))
    assert states == ["skipped"] * 3


def test_another_run_in_the_folder_is_refused_unless_overwritten(sky, tmp_path):
    run_chain(Inputs((str(sky),)), tmp_path / "out")
    recipe = read_recipe(ChainRecipe, settings=["extraction.detection.threshold=100"])
    with pytest.raises(ValueError, match="holds another run"):
        run_chain(Inputs((str(sky),)), tmp_path / "out", recipe=recipe)
    before = read_catalog(tmp_path / "out" / "catalog.parquet")
    run_chain(Inputs((str(sky),)), tmp_path / "out", recipe=recipe, overwrite=True)
    assert len(read_catalog(tmp_path / "out" / "catalog.parquet")) < len(before)


def test_the_inputs_are_left_as_they_were(sky, tmp_path):
    before = sky.read_bytes()
    run_chain(Inputs((str(sky),)), tmp_path / "out")
    assert sky.read_bytes() == before


def test_three_bands_are_one_field_with_fluxes_in_each(tmp_path):
    image = make_sky()
    bands = [
        (b, str(write_image(tmp_path / f"{b}.fits", image * f, FILTER=b)))
        for b, f in zip("gri", (1, 2, 3), strict=True)
    ]
    run_chain(Inputs(bands=tuple(bands)), tmp_path / "out")
    catalog = read_catalog(tmp_path / "out" / "catalog.parquet")
    assert catalog["flux_kron_i"] == pytest.approx(3 * catalog["flux_kron_g"], rel=1e-3)
    assert catalog["flux_kron"] == pytest.approx(catalog["flux_kron_g"])


def test_a_full_disk_is_one_sentence_and_loses_nothing(mosaic, tmp_path, monkeypatch):
    def fail(*_args, **_kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(stage, "write_preview", fail)
    with pytest.raises(OSError, match="full"):
        run_chain(Inputs((str(mosaic),)), tmp_path / "out")
    monkeypatch.undo()
    assert run_chain(Inputs((str(mosaic),)), tmp_path / "out").usable == 3


def test_a_stage_that_fails_is_a_flagged_row(mosaic, tmp_path, monkeypatch):
    real = stage.extract

    def fail_once(detector, recipe, **rest):
        if detector.label.endswith("[2]"):
            raise RuntimeError("cosmic surprise")
        return real(detector, recipe, **rest)

    monkeypatch.setattr(stage, "extract", fail_once)
    result = run_chain(Inputs((str(mosaic),)), tmp_path / "out")
    assert result.usable == 2
    assert result.images["flags"][1] & ImageFlag.FAILED
    assert "cosmic surprise" in result.images["message"][1]


def test_real_frames_run(real_data, tmp_path):
    frame = real_data / "exposure" / "decam_crops"
    images = sorted(str(p) for p in frame.glob("*ooi*"))[:3]
    result = run_chain(Inputs(tuple(images)), tmp_path / "out")
    assert result.usable == 3
    assert (tmp_path / "out" / "report.html").stat().st_size > 50_000

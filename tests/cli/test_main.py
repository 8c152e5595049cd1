import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from tests.chain.conftest import make_sky, write_image

from skysieve.cli.main import invoke
from skysieve.io.catalogs import read_catalog


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory):
    """A finished run on a small sky."""
    folder = tmp_path_factory.mktemp("cli")
    write_image(folder / "sky.fits", make_sky())
    assert invoke(["run", str(folder / "sky.fits"), "--out", str(folder / "out")]) == 0
    return folder / "out"


def test_run_prints_one_json_document_on_stdout(tmp_path, capsys):
    sky = write_image(tmp_path / "sky.fits", make_sky())
    code = invoke(["run", str(sky), "--out", str(tmp_path / "out"), "--json"])
    result = json.loads(capsys.readouterr().out)
    assert code == 0
    assert result["n_images"] == result["n_usable"] == 1
    assert result["n_sources"] == len(read_catalog(tmp_path / "out" / "catalog.parquet"))


def test_a_dry_run_writes_nothing(tmp_path, capsys):
    sky = write_image(tmp_path / "sky.fits", make_sky())
    arguments = ["run", str(sky), "--out", str(tmp_path / "out"), "--dry-run", "--json", "--set", "seed=7"]
    assert invoke(arguments) == 0
    plan = json.loads(capsys.readouterr().out)
    assert plan["images"][0]["shape"] == [200, 220]
    assert plan["recipe"]["seed"] == 7
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "--out", "o"], "no image is given"),
        (["run", "a.fits"], "Missing option"),
        (["run", "a.fits", "--out", "o", "--set", "extraction.detection.treshold=3"], "did you mean threshold"),
        (["run", "a.fits", "--out", "o", "--set", "extraction.detection.threshold=-1"], "greater than 0"),
        (["run", "a.fits", "--out", "o", "--method", "magic"], "magic"),
        (["run", "--band", "r", "--out", "o"], "NAME=FILE"),
        (["run", "a.fits", "--out", "o", "--recipe", "none.toml"], "none.toml"),
        (["run", "a.fits", "--out", "o", "--zeropoint", "abc"], "--zeropoint"),
        (["show", "nowhere", "--source", "1"], "holds no finished run"),
        (["nonsense"], "No such command"),
        (["convert", "nowhere.fits", "out.csv"], "nowhere.fits"),
        (["flags", "99999999999999999999999"], "value"),
    ],
)
def test_bad_arguments_are_one_sentence_and_exit_code_2(arguments, words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert invoke(arguments) == 2
    error = capsys.readouterr().err
    assert words in error
    assert "Traceback" not in error


def test_no_usable_input_exits_with_2_and_says_why(tmp_path, capsys):
    (tmp_path / "bad.fits").write_bytes(b"")
    assert invoke(["run", str(tmp_path / "bad.fits"), "--out", str(tmp_path / "out")]) == 2
    assert "bad.fits" in capsys.readouterr().err


def test_a_cut_file_alone_is_no_usable_input(tmp_path, capsys):
    sky = write_image(tmp_path / "cut.fits", make_sky())
    sky.write_bytes(sky.read_bytes()[:-30_000])
    assert invoke(["run", str(sky), "--out", str(tmp_path / "out")]) == 2
    assert "ends before its pixels do" in capsys.readouterr().err


def test_show_traces_a_row_to_unchanged_pixels(run_folder, capsys):
    assert invoke(["show", str(run_folder), "--source", "5", "--json"]) == 0
    trace = json.loads(capsys.readouterr().out)
    pixels = trace["pixels"][0]
    assert pixels["state"] == "unchanged"
    assert pixels["footprint_pixels"] == trace["row"]["npix"]
    expected = trace["row"]["peak"] + trace["row"]["background"]
    assert pixels["brightest_pixel"] == pytest.approx(expected, rel=1e-3)
    assert trace["recipe"]["extraction"]["detection"]["threshold"] == 1.5


def test_show_notices_that_the_pixels_changed(tmp_path, capsys):
    sky = write_image(tmp_path / "sky.fits", make_sky())
    invoke(["run", str(sky), "--out", str(tmp_path / "out")])
    write_image(sky, make_sky() + np.float32(1))
    capsys.readouterr()
    invoke(["show", str(tmp_path / "out"), "--source", "5", "--json"])
    assert json.loads(capsys.readouterr().out)["pixels"][0]["state"] == "changed"


def test_show_says_which_ids_there_are(run_folder, capsys):
    assert invoke(["show", str(run_folder), "--source", "99999"]) == 2
    assert "ids run from 1 to" in capsys.readouterr().err


def test_show_prints_tables_for_people(run_folder, capsys):
    assert invoke(["show", str(run_folder), "--source", "5"]) == 0
    assert "flux_kron" in capsys.readouterr().out


def test_an_overrule_is_kept_with_who_and_why(tmp_path, capsys):
    sky = write_image(tmp_path / "sky.fits", make_sky())
    table = tmp_path / "overrule.csv"
    table.write_text("id,value,who,why\n5,0.25,Ada,spikes seen by eye\n")
    arguments = ["run", str(sky), "--out", str(tmp_path / "out"), "--overrule", str(table)]
    assert invoke(arguments) == 0
    row = read_catalog(tmp_path / "out" / "catalog.parquet").row(4)
    assert row["stellarity"] == 0.25
    assert row["overruled_by"] == "Ada: spikes seen by eye"
    capsys.readouterr()
    invoke(["show", str(tmp_path / "out"), "--source", "5", "--json"])
    assert json.loads(capsys.readouterr().out)["overruled"][0]["who"] == "Ada"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("id,value,who\n5,1,Ada\n", "why is missing"),
        ("id,value,who,why\n5,7,Ada,x\n", "between 0 and 1"),
        ("id,value,who,why\n999,1,Ada,x\n", "no source 999"),
        ("id,value,who,why\n2.7,1,Ada,x\n", "no whole number"),
        ("id,value,who,why\n5,1,,x\n", "who and why"),
        ("id,value,who,why,column\n5,1,Ada,x,ra\n", "cannot be overruled"),
    ],
)
def test_an_unusable_overrule_table_is_refused(text, words, tmp_path, capsys):
    sky = write_image(tmp_path / "sky.fits", make_sky())
    (tmp_path / "overrule.csv").write_text(text)
    arguments = ["run", str(sky), "--out", str(tmp_path / "out"), "--overrule", str(tmp_path / "overrule.csv")]
    assert invoke(arguments) == 2
    assert words in capsys.readouterr().err


def test_flags_decodes_a_value(capsys):
    assert invoke(["flags", "6"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[1] for line in lines] == ["blended", "saturated"]


def test_convert_keeps_the_rows(run_folder, tmp_path):
    assert invoke(["convert", str(run_folder / "catalog.parquet"), str(tmp_path / "c.ecsv")]) == 0
    assert len(read_catalog(tmp_path / "c.ecsv")) == len(read_catalog(run_folder / "catalog.parquet"))


def test_version_is_printed(capsys):
    assert invoke(["--version"]) == 0
    assert capsys.readouterr().out.startswith("skysieve 0.")


def test_bands_have_zeropoints_of_their_own(tmp_path, capsys):
    for band in "gr":
        write_image(tmp_path / f"{band}.fits", make_sky(), MAGZERO=None)
    bands = [part for band in "gr" for part in ("--band", f"{band}={tmp_path / band}.fits")]
    zeropoints = ["--zeropoint", "24", "--zeropoint", "r=26.5"]
    assert invoke(["run", *bands, *zeropoints, "--out", str(tmp_path / "out")]) == 0
    catalog = read_catalog(tmp_path / "out" / "catalog.parquet")
    assert catalog["mag_r"] - catalog["mag_g"] == pytest.approx(2.5, abs=1e-3)
    assert invoke(["show", str(tmp_path / "out"), "--source", "3"]) == 0


def test_an_interrupted_run_exits_with_130(tmp_path):
    paths = [str(write_image(tmp_path / f"{n}.fits", make_sky(seed=n))) for n in range(6)]
    command = [sys.executable, "-m", "skysieve", "run", *paths, "--out", str(tmp_path / "out")]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    ledger = tmp_path / "out" / "ledger.jsonl"
    while process.poll() is None and not (ledger.exists() and ledger.read_bytes().count(b"\n") > 1):
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGINT)
    error = process.communicate()[1].decode()
    assert process.returncode == 130
    assert "resumes" in error
    assert "Traceback" not in error

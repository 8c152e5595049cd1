import json
import os
import signal
import subprocess
import sys
import time

import pytest
from tests.quality.mosaics import write_mosaic

from skysieve.cli.main import invoke
from skysieve.cli.quality_watch import describe_facts
from skysieve.io.catalogs import read_catalog

PATIENCE = 300


@pytest.fixture
def start(tmp_path):
    """Start a watch of the folder ``night`` as a program of its own."""
    (tmp_path / "night").mkdir()
    arguments = ["quality", "watch", str(tmp_path / "night"), "--out", str(tmp_path / "v.parquet"), "--interval", "0.2"]
    command = [sys.executable, "-m", "skysieve", *arguments, "--seeing", "1.2", "--json"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    running = []

    def run(*more):
        running.append(subprocess.Popen([*command, *more], stdout=subprocess.PIPE, text=True, env=environment))
        return running[-1]

    yield run
    for one in running:
        one.kill()
        one.communicate()


def copy_slowly(source, target):
    content = source.read_bytes()
    with target.open("wb") as file:
        for start in range(0, len(content), len(content) // 3 + 1):
            file.write(content[start : start + len(content) // 3 + 1])
            file.flush()
            time.sleep(0.1)


def read_names(table):
    return sorted(read_catalog(table)["exposure"].tolist())


def test_exposures_have_one_row_each_after_a_kill_and_a_restart(start, tmp_path):
    sources = [write_mosaic(tmp_path / f"{seed}.fits", seed=seed) for seed in (1, 2, 3)]
    first = start()
    for source in sources[:2]:
        copy_slowly(source, tmp_path / "night" / source.name)
    told = [json.loads(first.stdout.readline())]
    first.send_signal(signal.SIGKILL)
    told += [json.loads(line) for line in first.communicate(timeout=PATIENCE)[0].splitlines()]
    copy_slowly(sources[2], tmp_path / "night" / "3.fits")
    second = start()
    while not (tmp_path / "v.parquet").exists() or len(read_names(tmp_path / "v.parquet")) < 3:
        time.sleep(0.1)
    second.send_signal(signal.SIGTERM)
    told += [json.loads(line) for line in second.communicate(timeout=PATIENCE)[0].splitlines()]
    assert second.returncode == 130
    assert read_names(tmp_path / "v.parquet") == ["1.fits", "2.fits", "3.fits"]
    assert len({one["exposure"] for one in told}) == len(told)


def test_an_absent_folder_is_one_sentence(tmp_path, capsys):
    assert invoke(["quality", "watch", str(tmp_path / "absent"), "--out", str(tmp_path / "v.parquet"), "--once"]) == 2
    assert "no such folder to watch" in capsys.readouterr().err


def test_a_line_says_verdict_cause_and_seconds_lost():
    facts = {"exposure": "a.fits", "verdict": "bad", "cause": "rbt", "seconds_lost": 34.4, "message": ""}
    assert describe_facts(facts, as_json=False) == "a.fits: bad (rbt), 34 s lost"
    unknown = {**facts, "seconds_lost": None, "message": "EXPTIME is missing"}
    assert describe_facts(unknown, as_json=False) == "a.fits: bad (rbt), time lost not known EXPTIME is missing"

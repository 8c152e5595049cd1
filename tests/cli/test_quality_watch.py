import json
import os
import signal
import subprocess
import sys
import threading
import time

import pytest
from tests.quality.mosaics import write_mosaic

from skysieve.cli.main import invoke
from skysieve.cli.quality_watch import describe_facts
from skysieve.io.catalogs import read_catalog

PATIENCE = 300


@pytest.fixture
def arguments(tmp_path):
    """A watch of the folder ``night``."""
    (tmp_path / "night").mkdir()
    where = [str(tmp_path / "night"), "--out", str(tmp_path / "v.parquet")]
    yield ["quality", "watch", *where, "--interval", "0.2", "--seeing", "1.2", "--json"]
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


@pytest.fixture
def program(arguments):
    """The same as a program of its own."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "skysieve", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as running:
        yield running
        running.kill()


def copy_slowly(source, target):
    content = source.read_bytes()
    with target.open("wb") as file:
        for start in range(0, len(content), len(content) // 3 + 1):
            file.write(content[start : start + len(content) // 3 + 1])
            file.flush()
            time.sleep(0.1)


def read_names(table):
    return sorted(read_catalog(table)["exposure"].tolist())


def stop_when_judged(table, *, number):
    """Ask this program to stop once so many exposures have a row."""
    while not table.exists() or len(read_names(table)) < number:
        time.sleep(0.1)
    os.kill(os.getpid(), signal.SIGTERM)


def test_exposures_have_one_row_each_after_a_kill_and_a_restart(program, arguments, tmp_path, capsys):
    sources = [write_mosaic(tmp_path / f"{seed}.fits", seed=seed) for seed in (1, 2, 3)]
    for source in sources[:2]:
        copy_slowly(source, tmp_path / "night" / source.name)
    told = [program.stdout.readline()]
    program.kill()
    told += program.communicate(timeout=PATIENCE)[0].splitlines()
    copy_slowly(sources[2], tmp_path / "night" / "3.fits")
    stopping = threading.Thread(target=stop_when_judged, args=[tmp_path / "v.parquet"], kwargs={"number": 3})
    stopping.start()
    assert invoke(arguments) == 130
    stopping.join()
    told += capsys.readouterr().out.splitlines()
    assert read_names(tmp_path / "v.parquet") == ["1.fits", "2.fits", "3.fits"]
    assert len({json.loads(line)["exposure"] for line in told}) == len(told)


def test_an_absent_folder_is_one_sentence(tmp_path, capsys):
    assert invoke(["quality", "watch", str(tmp_path / "absent"), "--out", str(tmp_path / "v.parquet"), "--once"]) == 2
    assert "no such folder to watch" in capsys.readouterr().err


def test_a_line_says_verdict_cause_and_seconds_lost():
    facts = {"exposure": "a.fits", "verdict": "bad", "cause": "rbt", "seconds_lost": 34.4, "message": ""}
    assert describe_facts(facts, as_json=False) == "a.fits: bad (rbt), 34 s lost"
    unknown = {**facts, "seconds_lost": None, "message": "EXPTIME is missing"}
    assert describe_facts(unknown, as_json=False) == "a.fits: bad (rbt), time lost not known EXPTIME is missing"

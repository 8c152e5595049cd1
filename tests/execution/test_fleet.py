"""Workers in other processes: the same results, deaths survived, clusters left as they were."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import execution_stages
import pytest


def read_squares(folder):
    return {path.name: path.read_bytes() for path in (folder / "squares").iterdir()}


def test_workers_give_the_same_files_and_order_as_this_process(run_stage, tmp_path, scheduler):
    outcomes = run_stage(execution_stages.write_square, 20, scheduler=scheduler)
    assert [o.key for o in outcomes] == [f"item{n}" for n in range(20)]
    assert os.getpid() not in {o.product.facts["process"] for o in outcomes}
    files = read_squares(tmp_path)
    (tmp_path / "ledger.jsonl").unlink()
    run_stage(execution_stages.write_square, 20)
    assert read_squares(tmp_path) == files


def test_a_cluster_reached_by_address_is_left_running(run_stage, scheduler, tmp_path):
    for _ in range(2):
        outcomes = run_stage(execution_stages.write_square, 3, scheduler=scheduler)
        assert [outcome.state for outcome in outcomes] == ["done"] * 3
        (tmp_path / "ledger.jsonl").unlink()


def test_errors_in_workers_are_told_apart_as_here(run_stage, scheduler):
    def stage(folder, number):
        if number == 1:
            raise ValueError("bad.fits[1]: no pixels")
        if number == 2:
            raise OSError("stale handle")
        return execution_stages.write_square(folder, number)

    outcomes = run_stage(stage, 4, scheduler=scheduler, retries=1)
    assert [(o.state, o.attempts) for o in outcomes] == [("done", 1), ("failed", 1), ("failed", 2), ("done", 1)]


def test_an_item_that_cannot_be_sent_fails(run_stage, scheduler):
    with Path(os.devnull).open() as file:
        outcomes = run_stage(lambda folder, number: file.name, 2, scheduler=scheduler)
    assert [o.state for o in outcomes] == ["failed", "failed"]


def test_a_full_disk_in_a_worker_stops_the_run(run_stage, scheduler):
    with pytest.raises(OSError, match="the disk is full") as caught:
        run_stage(execution_stages.fill_disk, scheduler=scheduler)
    assert caught.value.errno == errno.ENOSPC
    assert {o.state for o in run_stage(execution_stages.write_square, scheduler=scheduler)} <= {"done", "skipped"}


def test_an_interruption_leaves_a_run_that_can_be_resumed(run_stage, scheduler):
    def interrupt(outcome):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_stage(execution_stages.write_square, scheduler=scheduler, on_done=interrupt)
    outcomes = run_stage(execution_stages.write_square, scheduler=scheduler)
    assert sorted(o.state for o in outcomes) == ["done"] * 7 + ["skipped"]


def test_killed_workers_are_replaced_and_a_poison_item_fails_alone(run_stage):
    outcomes = run_stage(execution_stages.kill_worker, workers=2, retries=1)
    assert [o.state for o in outcomes] == ["done", "done", "done", "failed", "done", "done", "done", "done"]
    assert "its worker was killed 2 times" in outcomes[3].error
    assert outcomes[0].attempts >= 2


def test_an_address_where_nobody_answers_is_refused_in_one_sentence(run_stage, monkeypatch):
    monkeypatch.setattr("skysieve.execution.cluster._CONNECT_SECONDS", 1)
    with pytest.raises(ConnectionError, match=r"tcp://127.0.0.1:9: no Dask scheduler answered within 1 s"):
        run_stage(execution_stages.write_square, scheduler="tcp://127.0.0.1:9")


def test_the_package_loads_without_dask_and_local_workers_leave_nothing_behind(tmp_path):
    code = f"""
import multiprocessing, pathlib, sys, tempfile
import execution_stages
if __name__ == "__main__":
    assert not {{"dask", "distributed", "numpy"}} & set(sys.modules)
    tempfile.tempdir = {str(tmp_path)!r}
    execution_stages.run(pathlib.Path({str(tmp_path / "run")!r}), 2)
    assert not multiprocessing.active_children()
"""
    script = tmp_path / "main.py"
    script.write_text(code)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    done = subprocess.run(
        [sys.executable, "-W", "error", str(script)], env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["main.py", "run"]

"""Mapping in the calling process: order, retries, failures, resumption."""

import errno
import subprocess
import sys
import time
from pathlib import Path

import execution_stages
import pytest

from skysieve.execution import ExecutionRecipe, make_product, map_items, open_ledger
from skysieve.execution.ledger import Ledger


def states(outcomes):
    return [outcome.state for outcome in outcomes]


def read_files(folder):
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file() and p.suffix != ".jsonl"}


def test_outcomes_come_in_item_order_with_their_products(run_stage, tmp_path):
    outcomes = run_stage(execution_stages.write_square, 3)
    assert [o.key for o in outcomes] == ["item0", "item1", "item2"]
    assert [o.product.facts["square"] for o in outcomes] == [0, 1, 4]
    assert (tmp_path / outcomes[2].product.files[0].path).read_text().startswith("4\n")


def test_no_items_give_no_outcomes(run_stage):
    assert run_stage(execution_stages.write_square, 0, workers=4) == []


def test_a_finished_run_is_skipped_with_the_same_products(run_stage):
    first = run_stage(execution_stages.write_square)
    again = run_stage(execution_stages.write_square, workers=2)
    assert states(again) == ["skipped"] * 8
    assert [o.product for o in again] == [o.product for o in first]


@pytest.mark.parametrize("harm", [Path.unlink, lambda path: path.write_text("0")])
def test_an_item_whose_file_was_harmed_is_run_again(run_stage, tmp_path, harm):
    run_stage(execution_stages.write_square, 3)
    harm(tmp_path / "squares" / "1.txt")
    assert states(run_stage(execution_stages.write_square, 3)) == ["skipped", "done", "skipped"]
    assert states(run_stage(execution_stages.write_square, 3)) == ["skipped"] * 3


def test_on_done_hears_of_each_outcome_after_it_is_recorded(run_stage, tmp_path):
    lines = []
    count = lambda outcome: lines.append(len((tmp_path / "ledger.jsonl").read_bytes().splitlines()))
    run_stage(execution_stages.write_square, 3, on_done=count)
    assert lines == [2, 3, 4]


def make_failing(error, failures):
    calls = []

    def stage(folder, number):
        calls.append(number)
        if number == 1 and calls.count(1) <= failures:
            raise error
        return execution_stages.write_square(folder, number)

    return stage


@pytest.mark.parametrize("error", [OSError("stale handle"), MemoryError(), TimeoutError(errno.ETIMEDOUT, "late")])
def test_an_error_that_may_pass_is_tried_again(run_stage, error):
    outcome = run_stage(make_failing(error, 2), 3, retries=2)[1]
    assert (outcome.state, outcome.attempts, outcome.error) == ("done", 3, "")


@pytest.mark.parametrize("error", [ValueError("night1.fits[17]: EXPTIME is missing"), FileNotFoundError("gone")])
def test_an_error_that_stays_fails_at_once_and_alone(run_stage, error):
    outcomes = run_stage(make_failing(error, 9), 3, retries=5)
    assert states(outcomes) == ["done", "failed", "done"]
    assert (outcomes[1].error, outcomes[1].attempts, outcomes[1].product) == (str(error), 1, None)


def test_a_failed_item_is_recorded_and_tried_again_by_the_next_run(run_stage, tmp_path):
    assert states(run_stage(make_failing(ValueError("bad header"), 9), 3)) == ["done", "failed", "done"]
    assert "bad header" in (tmp_path / "ledger.jsonl").read_text()
    assert states(run_stage(execution_stages.write_square, 3)) == ["skipped", "done", "skipped"]


def test_a_programming_error_names_its_line(run_stage):
    outcome = run_stage(lambda folder, number: number / 0, 1)[0]
    assert outcome.error.startswith("ZeroDivisionError: division by zero (test_mapping.py:")


def test_a_stage_that_exits_fails_its_item_only(run_stage):
    assert states(run_stage(make_failing(SystemExit(3), 9), 3)) == ["done", "failed", "done"]


def test_a_stage_without_a_product_fails(run_stage):
    assert "a Product is wanted" in run_stage(lambda folder, number: None, 1)[0].error


def test_a_product_that_cannot_be_seen_fails(run_stage, tmp_path):
    def stage(folder, number):
        product = execution_stages.write_square(folder, number)
        (folder / product.files[0].path).unlink()
        return product

    assert "workers must share the run folder" in run_stage(stage, 1)[0].error


def test_a_full_disk_stops_the_run_and_keeps_what_was_recorded(run_stage, tmp_path):
    with pytest.raises(OSError, match="the disk is full; free some space") as caught:
        run_stage(execution_stages.fill_disk)
    assert caught.value.errno == errno.ENOSPC
    assert states(run_stage(execution_stages.write_square)) == ["skipped"] * 4 + ["done"] * 4


def test_a_ledger_on_a_full_disk_stops_the_run(tmp_path):
    settings = {"keys": ["1"], "recipe": ExecutionRecipe(), "on_done": print}
    with Path("/dev/full").open("r+b", buffering=0) as full, pytest.raises(OSError, match="the disk is full"):
        map_items(lambda _: make_product(tmp_path, [], facts={}), [1], ledger=Ledger(tmp_path, full, {}), **settings)


def test_a_real_full_disk_is_said_in_one_sentence_and_the_run_goes_on_with_more_space(tmp_path):
    small = ["unshare", "-rm", "sh", "-c", 'mount -t tmpfs -o size=256k none "$0" && exec "$@"', str(tmp_path)]
    if subprocess.run([*small, "true"], check=False, capture_output=True).returncode:
        pytest.skip("mounting is not permitted here")
    script = Path(__file__).with_name("fill_small_disk.py")
    done = subprocess.run(
        [*small, sys.executable, str(script), str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.stdout.splitlines() == [
        f"{tmp_path}: the disk is full; free some space and run the same command again to go on",
        "skipped skipped done done",
    ], done.stderr


def test_an_interruption_passes_through_and_leaves_the_ledger_valid(run_stage):
    def interrupt(outcome):
        if outcome.key == "item4":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_stage(execution_stages.write_square, on_done=interrupt)
    assert states(run_stage(execution_stages.write_square)) == ["skipped"] * 5 + ["done"] * 3


@pytest.mark.parametrize(("workers", "lines"), [(1, 7), (2, 3)])
def test_a_killed_run_resumes_to_the_files_of_an_unbroken_one(tmp_path, workers, lines):
    command = [sys.executable, execution_stages.__file__, str(tmp_path / "killed"), str(workers)]
    ledger = tmp_path / "killed" / "ledger.jsonl"
    with subprocess.Popen(command) as process:
        while process.poll() is None and (not ledger.exists() or ledger.read_bytes().count(b"\n") < lines):
            time.sleep(0.001)
        process.kill()
    assert process.returncode == -9
    execution_stages.run(tmp_path / "killed", 1)
    execution_stages.run(tmp_path / "unbroken", 1)
    assert read_files(tmp_path / "killed") == read_files(tmp_path / "unbroken")


def test_keys_must_match_the_items_and_differ(tmp_path):
    with open_ledger(tmp_path, "run") as ledger:
        settings = {"ledger": ledger, "recipe": ExecutionRecipe(), "on_done": print}
        with pytest.raises(ValueError, match="1 keys for 2 items"):
            map_items(print, [1, 2], keys=["a"], **settings)
        with pytest.raises(ValueError, match="a: two items have this key"):
            map_items(print, [1, 2], keys=["a", "a"], **settings)


def test_a_product_outside_the_run_folder_is_refused(tmp_path):
    with pytest.raises(ValueError, match="leads out of"):
        make_product(tmp_path, [Path("/etc/hostname")], facts={})

"""A Dask cluster shared by the tests of this folder, and a short way to map."""

import importlib
import logging
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from skysieve.execution import ExecutionRecipe, Outcome, map_items, open_ledger

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session")
def scheduler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a scheduler with two workers, started apart from the package."""
    with importlib.import_module("distributed").LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        host="127.0.0.1",
        dashboard_address=None,
        scheduler_kwargs={"dashboard": False, "dashboard_address": "127.0.0.1:0", "allowed_failures": 0},
        local_directory=str(tmp_path_factory.mktemp("dask")),
        silence_logs=logging.CRITICAL,
    ) as cluster:
        yield cluster.scheduler_address


@pytest.fixture
def run_stage(tmp_path: Path) -> Callable[..., list[Outcome]]:
    """Map a stage of ``(folder, number)`` over ``range(count)`` in the test's folder."""

    def run(stage: Callable[..., Any], count: int = 8, **settings: Any) -> list[Outcome]:
        on_done = settings.pop("on_done", lambda outcome: None)
        with open_ledger(tmp_path, "run") as ledger:
            return map_items(
                partial(stage, tmp_path),
                list(range(count)),
                keys=[f"item{number}" for number in range(count)],
                ledger=ledger,
                recipe=ExecutionRecipe(**settings),
                on_done=on_done,
            )

    return run

"""Open a connection to Dask workers: processes of this machine, a running cluster, or Slurm jobs."""

import importlib
import importlib.util
import logging
import multiprocessing
import multiprocessing.forkserver
import signal
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from skysieve.execution.recipe import ExecutionRecipe, SlurmRecipe
from skysieve.execution.threads import limit_threads, make_thread_variables

if TYPE_CHECKING:
    from distributed import Client

_CONNECT_SECONDS = 10


@contextmanager
def open_client(recipe: ExecutionRecipe, *, preload: Sequence[str] = ()) -> "Iterator[Client]":
    """Connect to the workers that a recipe asks for, and leave as little behind as was there before.

    Parameters
    ----------
    recipe : ExecutionRecipe
        With ``scheduler`` that cluster is used and left running; with ``slurm`` jobs are submitted, and canceled on
        leaving; else ``workers`` processes are started here, and stopped on leaving.
    preload : sequence of str, optional
        Modules that local processes import before they are told apart, to start sooner.

    Raises
    ------
    ValueError
        If Slurm is asked for and dask-jobqueue is not installed.
    ConnectionError
        If no scheduler answers at the address, or local processes cannot be started.
    """
    with ExitStack() as stack:
        if recipe.scheduler is not None:
            yield stack.enter_context(_connect(recipe.scheduler))
            return
        if recipe.slurm is not None:
            cluster = stack.enter_context(make_slurm_cluster(recipe.slurm, threads=recipe.threads_per_worker))
            cluster.scale(jobs=recipe.slurm.jobs)
        else:
            cluster = stack.enter_context(_start_local(recipe, preload))
        yield stack.enter_context(_make_client(cluster))


def prepare_workers(preload: Sequence[str], *, threads: int = 1) -> None:
    """Begin to import what local workers will need, in a process of its own, while this one is still importing.

    Parameters
    ----------
    preload : sequence of str
        The module of the stage that will be mapped.
    threads : int, optional
        Threads per worker, which numerical libraries fix when they are imported.
    """
    with limit_threads(threads):
        _start_fork_server(["skysieve.execution.attempt", *preload])


def make_slurm_cluster(slurm: SlurmRecipe, *, threads: int) -> Any:
    """Return a ``SLURMCluster`` without jobs yet; ``job_script()`` shows what it would submit.

    Parameters
    ----------
    slurm : SlurmRecipe
        The settings of one job.
    threads : int
        Threads of one worker; a job gets ``cores // threads`` workers, at least one.

    Raises
    ------
    ValueError
        If dask-jobqueue is not installed.
    """
    try:
        jobqueue = importlib.import_module("dask_jobqueue")
    except ImportError:
        raise ValueError("execution.slurm: dask-jobqueue is missing; pip install skysieve[slurm]") from None
    return jobqueue.SLURMCluster(
        queue=slurm.queue or None,
        account=slurm.account or None,
        cores=max(1, slurm.cores // threads),
        job_cpu=slurm.cores,
        processes=max(1, slurm.cores // threads),
        memory=slurm.memory,
        walltime=slurm.walltime,
        job_name="skysieve",
        job_script_prologue=[f"export {name}={value}" for name, value in make_thread_variables(threads).items()],
        scheduler_options={"dashboard": False, "dashboard_address": ":0"},
    )


@contextmanager
def _start_local(recipe: ExecutionRecipe, preload: Sequence[str]) -> Iterator[Any]:
    """Start processes on this machine that listen on 127.0.0.1 only and keep their files in a temporary folder."""
    with ExitStack() as stack:
        stack.enter_context(limit_threads(recipe.threads_per_worker))
        _start_fork_server(preload)
        dask = importlib.import_module("dask")
        distributed = importlib.import_module("distributed")
        distributed.utils._forkserver_preload_set = True  # noqa: SLF001 -- or it imports pandas here, to no use
        settings = {
            "distributed.worker.multiprocessing-method": "forkserver",
            "distributed.scheduler.allowed-failures": 0,
            "distributed.nanny.pre-spawn-environ": make_thread_variables(recipe.threads_per_worker),
            "temporary-directory": stack.enter_context(_make_scratch()),
        }
        stack.enter_context(dask.config.set(settings))
        start = partial(
            distributed.LocalCluster,
            n_workers=recipe.workers,
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address=None,
            scheduler_kwargs={"dashboard": False, "dashboard_address": "127.0.0.1:0"},
            memory_limit=recipe.memory_limit or 0,
            silence_logs=logging.CRITICAL,
        )
        try:
            cluster = start()
        except RuntimeError as error:
            raise ConnectionError(
                f"{recipe.workers} worker processes could not be started ({error}); a script that starts workers does "
                'so under `if __name__ == "__main__":`'
            ) from None
        yield stack.enter_context(cluster)


def _make_scratch() -> "tempfile.TemporaryDirectory[str]":
    return tempfile.TemporaryDirectory(prefix="skysieve-", ignore_cleanup_errors=True)


def _start_fork_server(preload: Sequence[str]) -> None:
    """Import what the workers need in one process, from which they are forked, while this one imports Dask itself.

    Half of a cluster's start goes into imports; this makes them once instead of once a worker, on another core. The
    workers inherit that Ctrl-C is ignored: this process hears it and stops them.
    """
    later = [name for name in ("pandas",) if importlib.util.find_spec(name)]  # pyarrow's first table imports it
    multiprocessing.get_context("forkserver").set_forkserver_preload(["distributed", *preload, *later])
    if threading.current_thread() is not threading.main_thread():
        multiprocessing.forkserver.ensure_running()
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        multiprocessing.forkserver.ensure_running()
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _make_client(cluster: Any) -> Iterator[Any]:
    distributed = importlib.import_module("distributed")
    with distributed.Client(cluster, set_as_default=False) as client:
        yield client


@contextmanager
def _connect(address: str) -> Iterator[Any]:
    distributed = importlib.import_module("distributed")
    try:
        client = distributed.Client(address, timeout=_CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError):
        raise ConnectionError(
            f"{address}: no Dask scheduler answered within {_CONNECT_SECONDS} s; check the address, or start one with "
            "`dask scheduler`"
        ) from None
    with distributed.utils.silence_logging_cmgr(logging.CRITICAL), client:
        yield client

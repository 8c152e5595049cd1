"""Keep numerical libraries from starting more threads than they were given."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")


def make_thread_variables(threads: int) -> dict[str, str]:
    """Return the environment variables that cap the threads of a process started with them.

    Examples
    --------
    >>> make_thread_variables(2)["OMP_NUM_THREADS"]
    '2'
    """
    return dict.fromkeys(_VARIABLES, str(threads))


@contextmanager
def limit_threads(threads: int) -> Iterator[None]:
    """Cap the threads of the numerical libraries loaded so far, and of processes started inside the block.

    Parameters
    ----------
    threads : int
        Largest number of threads of one BLAS or OpenMP pool, 1 or more. On leaving, the pools and the environment
        are as they were.

    Raises
    ------
    ValueError
        If ``threads`` is less than 1.
    """
    from threadpoolctl import threadpool_limits  # noqa: PLC0415 -- the import costs more than an inline run's start

    if threads < 1:
        raise ValueError(f"threads = {threads}; at least 1 is wanted")
    before = {name: os.environ.get(name) for name in _VARIABLES}
    os.environ.update(make_thread_variables(threads))
    try:
        with threadpool_limits(limits=threads):
            yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value

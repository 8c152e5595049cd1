"""Caps on threads hold inside the block and vanish after it."""

import os
import subprocess
import sys

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from skysieve.execution import limit_threads


def count_threads():
    np.ones((2, 2)) @ np.ones((2, 2))
    return [pool["num_threads"] for pool in threadpool_info()]


def test_libraries_and_child_processes_are_capped_inside_only(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.delenv("MKL_NUM_THREADS", raising=False)
    before = count_threads()
    with limit_threads(1):
        code = "import os; print(os.environ['OMP_NUM_THREADS'], os.environ['MKL_NUM_THREADS'])"
        child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert (set(count_threads()), child.stdout) == ({1}, "1 1\n")
    assert (count_threads(), os.environ["OMP_NUM_THREADS"], "MKL_NUM_THREADS" in os.environ) == (before, "7", False)


def test_the_caps_vanish_when_the_block_fails():
    before = dict(os.environ)
    with pytest.raises(KeyError), limit_threads(1):
        raise KeyError
    assert dict(os.environ) == before


def test_no_threads_at_all_are_refused():
    with pytest.raises(ValueError, match="threads = 0"), limit_threads(0):
        pass

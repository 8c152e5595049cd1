"""Memory is estimated before it is taken."""

import os

import pytest

from skysieve.som.memory import check_memory, estimate_memory, parse_size
from skysieve.som.schedule import Schedule, Stage
from skysieve.som.transforms import make_geometry


def estimate(side=64, rotations=360, **changes):
    schedule = Schedule((Stage(rotations=rotations),))
    sizes = {"n_neurons": 100, "channels": 1, "block": 4096, "sample": 500, **changes}
    return estimate_memory(make_geometry(side), schedule, **sizes)


@pytest.mark.parametrize(
    "more", [{"side": 100}, {"rotations": 720}, {"n_neurons": 400}, {"channels": 2}, {"block": 8192}, {"sample": 5000}]
)
def test_more_of_anything_takes_more(more):
    assert estimate(**more) > 1.02 * estimate()


def test_the_tables_of_large_images_are_some_hundred_megabytes():
    assert 300e6 < estimate(side=150, block=1, sample=1, n_neurons=1) - estimate(side=2, block=1, sample=1) < 900e6


def test_more_than_allowed_is_refused():
    check_memory(1e6, None)
    check_memory(1e9, "1GB")
    with pytest.raises(ValueError, match=r"about 2.0 GB; memory_limit is 1.0 GB: choose a smaller block"):
        check_memory(2e9, "1GB")
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    with pytest.raises(ValueError, match="the machine has"):
        check_memory(1.01 * machine, None)


@pytest.mark.parametrize(
    ("text", "size"), [("5B", 5), ("2kB", 2e3), ("1.5 MiB", 1.5 * 2**20), ("3TB", 3e12), ("1KB", 1e3)]
)
def test_sizes_are_read_in_both_kinds_of_units(text, size):
    assert parse_size(text) == size

"""Outputs of the PINK program to agree with, and the few lines that read them."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch

from skysieve.som.transforms import Geometry, make_geometry


@pytest.fixture(scope="session", autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@dataclass(frozen=True)
class GoldenCase:
    """One run of the PINK program: its inputs, options and outputs."""

    images: np.ndarray
    geometry: Geometry
    options: str
    som: np.ndarray
    distance: np.ndarray
    orientation: np.ndarray


@pytest.fixture(scope="session")
def golden_folder() -> Path:
    folder = Path(os.environ.get("SKYSIEVE_TEST_DATA", ""), "pink_golden").absolute()
    if not (folder / "README.txt").is_file():
        pytest.skip("set SKYSIEVE_TEST_DATA to the folder of reference outputs")
    return folder


@pytest.fixture(scope="session")
def read_golden(golden_folder):
    """Read a case by its name."""
    commands = (golden_folder / "README.txt").read_text()
    return lambda name: _read_case(golden_folder, name, commands.split(f"## {name}  ")[1].split("\n##")[0])


def _read_case(folder: Path, name: str, text: str) -> GoldenCase:
    train = next(line for line in text.splitlines() if "--train" in line)
    fixed = "_fixed" if (folder / name / "map_fixed.bin").exists() else ""
    images = read_records(folder / "data" / re.search(r"data/(\w+\.bin) \S+/som\.bin", train)[1])
    geometry = make_geometry(
        images.shape[-1],
        rotations=_find(train, "--numrot", 360),
        flip="--flip-off" not in train,
        shape="circular" if "shape circular" in train else "quadratic",
        neuron_side=_find(train, "--neuron-dimension", None),
        region_side=_find(train, "--euclidean-distance-dimension", None),
    )
    som = read_records(folder / name / "som.bin", channels=images.shape[1])
    distance = read_records(folder / name / f"map{fixed}.bin")
    return GoldenCase(
        images, geometry, train, som, distance, read_orientations(folder / name / f"transform{fixed}.bin", geometry)
    )


def _find(command: str, option: str, default: int | None) -> int | None:
    found = re.search(rf"{option} (\d+)", command)
    return int(found[1]) if found else default


def read_records(path: Path, channels: int = 1) -> np.ndarray:
    """Read the images, neurons (as channel, y, x) or distances (flat) of a PINK file."""
    raw = path.read_bytes()
    while raw.startswith(b"#"):
        raw = raw[raw.index(b"\n") + 1 :]
    ints = np.frombuffer(raw[: len(raw) // 4 * 4], "<i4")
    if ints[1] == 1:
        first = 5 + ints[4]
        dims = ints[first + 2 : first + 2 + ints[first + 1]]
        header = first + 2 + len(dims)
        return np.frombuffer(raw, "<f4", offset=4 * header).reshape(-1, channels, dims[-1], dims[-1])
    dims, values = ints[6 : 6 + ints[5]], np.frombuffer(raw, "<f4", offset=4 * (6 + ints[5]))
    if ints[1] == 2:
        return values.reshape(ints[3], -1)
    return values.reshape(ints[3], -1, dims[-1], dims[-1])


def read_orientations(path: Path, geometry: Geometry) -> np.ndarray:
    """Read a PINK transform file as indices of orientations."""
    raw = path.read_bytes()
    ints = np.frombuffer(raw[:64], "<i4")
    cells = np.frombuffer(raw, np.dtype([("flip", "i1"), ("angle", "<f4")]), offset=4 * (5 + ints[4]))
    index = np.rint(cells["angle"] * geometry.rotations / (2 * np.pi)).astype(int)
    return (index + geometry.rotations * cells["flip"].astype(int)).reshape(ints[2], -1)

"""Servers as their users start them, and a browser to look at their pages."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from skysieve.io.pink import write_pink_images, write_pink_map, write_pink_transforms
from skysieve.som.lattice import Lattice
from skysieve.som.maps import ImageMap, make_pink_layout, write_image_map
from skysieve.som.transforms import make_geometry

SIDE, BLOBS = 24, (slice(8, 12), slice(14, 18))


def make_neurons(count: int = 6) -> np.ndarray:
    """Two blobs joined by a faint bridge in the first channel, one in the second."""
    neurons = np.zeros((count, 2, SIDE, SIDE), np.float32)
    for columns in BLOBS:
        neurons[:, 0, 10:14, columns] = 1
    neurons[:, 0, 11, 12:14] = 0.3
    neurons[:, 1, 4:9, 4:9] = 2
    return neurons


@pytest.fixture(scope="session")
def image_map(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("map")
    trained = ImageMap(make_neurons(), Lattice((3, 2)), make_geometry(SIDE, rotations=1), bands=("first", "nvss"))
    write_image_map(folder, trained)
    images = make_neurons(4)
    write_pink_images(folder / "images.bin", [images], shape=images.shape[1:])
    distance = np.array([[1, 2, 3, 4, 5, 6]] * 4, np.float32) * np.array([[1], [2], [3], [4]], np.float32)
    layout = make_pink_layout(trained.lattice)
    write_pink_map(folder / "map.bin", [distance], layout=layout)
    turns = np.zeros(distance.shape)
    write_pink_transforms(folder / "transforms.bin", [(turns.astype(np.int8), turns.astype(np.float32))], layout=layout)
    return folder


@pytest.fixture(scope="session")
def start():
    """Start Python in another process, return it with the first line that it prints."""
    processes = []

    def start_one(*arguments) -> tuple[subprocess.Popen[str], str]:
        command = [sys.executable, *map(str, arguments)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        processes.append(process)
        return process, process.stdout.readline().strip()

    yield start_one
    for process in processes:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.fixture(scope="module")
def browser():
    sync_api = pytest.importorskip("playwright.sync_api")
    program = shutil.which("chromium") or pytest.skip("chromium is not installed")
    with sync_api.sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=program, args=arguments)
        yield browser
        browser.close()

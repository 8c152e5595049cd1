"""Every command line of the reference runs gives the reference files.

The reference lies in golden/ (see README.txt there); with SKYSIEVE_TEST_DATA all its cases run, that of full size too.
"""

import os
import re
import runpy
import shlex
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from skysieve.cli.main import invoke
from skysieve.io.pink import read_pink_images, read_pink_map, read_pink_som, read_pink_transforms
from skysieve.som.invariance import compare_image
from skysieve.som.pink.files import split_images
from skysieve.som.pink.orders import Order, list_stores, list_ticks
from skysieve.som.pink.rounding import make_tables, map_image, show_image
from skysieve.som.pink.training import choose_device
from skysieve.som.regions import make_region
from skysieve.som.transforms import make_geometry, orient_image

SUBSET = Path(__file__).parent / "golden"
WHOLE = Path(os.environ.get("SKYSIEVE_TEST_DATA") or "nowhere", "pink_golden").absolute()
LINE = re.compile(r"^ +\$PINK (.+?) +(?:-> exit (\d+)|\(som_for_pink_map)", re.MULTILINE)
EQUAL = 1e-5
"""Relative difference within which two distances count as equal; the reference's own rounding is about as large."""
RUN_HERE = {"err_short_e", "err_no_cuda"}
"""Errors of the reference program that are none here."""


@dataclass(frozen=True)
class Case:
    """One set of reference files and the command lines that made them."""

    folder: Path
    name: str
    train: str
    map: str

    def find(self, kind: str) -> Path:
        """Return a reference file; where there are two, that made from a SOM file that the program reads right."""
        fixed = self.folder / self.name / f"{kind}_fixed.bin"
        return fixed if fixed.exists() else fixed.with_name(f"{kind}.bin")


def list_cases(folder: Path) -> list[Case]:
    if not (folder / "README.txt").is_file():
        return []
    cases = []
    for part in (folder / "README.txt").read_text(encoding="utf-8").split("\n## ")[1:]:
        lines = [line for line, _ in LINE.findall(part)]
        if lines:
            cases.append(Case(folder, part.split()[0], lines[0], lines[-1]))
    return cases


KNOWN = list_cases(SUBSET)
CASES = [*KNOWN, *(case for case in list_cases(WHOLE) if case.name not in {known.name for known in KNOWN})]
RUNS = [case for case in CASES if not case.name.startswith("err_")]
ERRORS = [case for case in CASES if case.name.startswith("err_")]
MAPPED = [case for case in RUNS if case.name != "ch2_cart_circular"]  # there the program counts one channel twice


def run(case: Case, line: str, results: Path, *more: str) -> int:
    """Run a command line of a case as it stands, its own folder of results elsewhere."""
    words = [word.replace(f"$G/{case.name}/som_for_pink_map", f"$G/{case.name}/som") for word in shlex.split(line)]
    words = [word.replace(f"$G/{case.name}/", f"{results}/").replace("$G/", f"{case.folder}/") for word in words]
    return invoke(["pink", *words, *more])


@pytest.mark.parametrize("case", RUNS, ids=lambda case: case.name)
def test_training_gives_the_files_of_the_reference_program_byte_for_byte(case, tmp_path):
    assert run(case, case.train, tmp_path) == 0
    wanted = {path.name for path in (case.folder / case.name).glob("som*.bin")} - {"som_for_pink_map.bin"}
    assert {path.name for path in tmp_path.iterdir()} == wanted
    for name in sorted(wanted):
        assert (tmp_path / name).read_bytes() == (case.folder / case.name / name).read_bytes()


@pytest.mark.parametrize("case", MAPPED, ids=lambda case: case.name)
def test_mapping_in_the_rounding_of_the_reference_program_gives_its_files_byte_for_byte(case, tmp_path):
    (tmp_path / "som.bin").write_bytes((case.folder / case.name / "som.bin").read_bytes())
    assert run(case, case.map, tmp_path, "--rounding", "pink") == 0
    for wanted in (case.find("map"), case.find("transform")):
        assert (tmp_path / wanted.name).read_bytes() == wanted.read_bytes()


@pytest.mark.parametrize("case", MAPPED, ids=lambda case: case.name)
def test_mapping_gives_the_same_distances_and_transformations(case, tmp_path):
    (tmp_path / "som.bin").write_bytes((case.folder / case.name / "som.bin").read_bytes())
    assert run(case, case.map, tmp_path) == 0
    wanted = case.find("map"), case.find("transform")
    header = len(case.find("map").read_bytes()) - read_pink_map(wanted[0]).distances.nbytes
    assert (tmp_path / wanted[0].name).read_bytes()[:header] == wanted[0].read_bytes()[:header]
    ours, theirs = (read_pink_map(some).distances for some in (tmp_path / wanted[0].name, wanted[0]))
    assert np.allclose(ours, theirs, rtol=EQUAL, atol=0)
    assert (ours.argmin(axis=1) == theirs.argmin(axis=1)).all()
    tied = (read_pink_som(tmp_path / "som.bin").neurons == 0).all(axis=(1, 2) if "ch2" not in case.name else (1, 2, 3))
    assert not (find_turned(tmp_path / wanted[1].name, wanted[1]) & ~tied).any()


def find_turned(ours: Path, theirs: Path) -> np.ndarray:
    """Say which images are turned otherwise to match a neuron."""
    one, other = read_pink_transforms(ours), read_pink_transforms(theirs)
    assert ours.stat().st_size == theirs.stat().st_size
    return (one.angle != other.angle) | (one.flip != other.flip)


@pytest.mark.parametrize("case", ERRORS, ids=lambda case: case.name)
def test_errors_leave_with_1_but_where_the_reference_program_has_a_gap(case, tmp_path, capsys):
    assert run(case, case.train, tmp_path) == (0 if case.name in RUN_HERE else 1)
    assert (tmp_path / "som.bin").exists() == (case.name in RUN_HERE)


@pytest.fixture(scope="module")
def survey(tmp_path_factory):
    """The thousand images of the run of full size, and the folder of its files."""
    if not (WHOLE / "full").is_dir():
        pytest.skip("set SKYSIEVE_TEST_DATA to the folder of reference outputs")
    maker = runpy.run_path(str(WHOLE / "full" / "make_workload.py"))
    path = tmp_path_factory.mktemp("survey") / "radio64_n1000.bin"
    maker["write_data"](path, maker["make_set"](20240611, 1000, 64)[0])
    return path, WHOLE / "full" / "r64_360_quad_gauss"


FULL = ["pink", "--cuda-off", "-t", "1", "--seed", "1234", "--som-width", "10", "--som-height", "10", "--numrot", "360"]


def test_a_mapping_of_full_size_gives_the_same_answers(survey, tmp_path):
    images, reference = survey
    made = tmp_path / "map.bin", tmp_path / "transform.bin"
    line = ["--store-rot-flip", str(made[1]), "--map", str(images), str(made[0]), str(reference / "som.bin")]
    assert invoke([*FULL, *line]) == 0
    ours, theirs = (read_pink_map(some / "map.bin").distances for some in (tmp_path, reference))
    assert np.allclose(ours, theirs, rtol=EQUAL, atol=0)
    assert (ours.argmin(axis=1) == theirs.argmin(axis=1)).all()
    for image, neuron in np.argwhere(find_turned(made[1], reference / "transform.bin")):
        one, other = (
            measure_turned(images, reference / "som.bin", folder / "transform.bin", image=image, neuron=neuron)
            for folder in (tmp_path, reference)
        )
        assert one == pytest.approx(other, rel=EQUAL)


def measure_turned(images: Path, som: Path, transforms: Path, *, image: int, neuron: int) -> float:
    """Measure the distance of an image, turned as a file says, to a neuron."""
    geometry, turned = make_geometry(64), read_pink_transforms(transforms)
    step = round(float(turned.angle[image, neuron]) * 180 / np.pi)
    picture = np.asarray(read_pink_images(images).images[image])[None]
    drawn = orient_image(picture, step + 360 * int(turned.flip[image, neuron]), geometry=geometry)[0]
    region = make_region(geometry)
    return float(np.linalg.norm((drawn - read_pink_som(som).neurons[neuron])[region].astype(float)))


@pytest.mark.slow
def test_training_of_full_size_gives_the_reference_file_byte_for_byte(survey, tmp_path):
    images, reference = survey
    line = [
        "--init",
        "random",
        "--dist-func",
        "gaussian",
        "1.1",
        "0.2",
        "--train",
        str(images),
        str(tmp_path / "som.bin"),
    ]
    assert invoke([*FULL, *line]) == 0
    assert (tmp_path / "som.bin").read_bytes() == (reference / "som.bin").read_bytes()


@pytest.mark.parametrize("geometry", [
    make_geometry(9, rotations=8), make_geometry(8, rotations=12, flip=False, shape="circular"),
    make_geometry(10, rotations=16, neuron_side=7, region_side=5), make_geometry(7, rotations=1),
])  # fmt: skip
def test_one_image_is_mapped_as_the_definition_does(geometry):
    rng = np.random.default_rng(0)
    image = rng.random((2, geometry.image_side, geometry.image_side), np.float32)
    neurons = rng.random((5, 2, geometry.neuron_side, geometry.neuron_side), np.float32)
    found = map_image(neurons, image, tables=make_tables(geometry), geometry=geometry)
    distance, orientation = compare_image(image, neurons, geometry=geometry)
    assert np.allclose(found.distance[0], distance, rtol=1e-6)
    assert (found.orientation[0] == orientation).all()


def test_a_blank_image_takes_the_first_orientation_and_the_first_of_equal_neurons():
    geometry = make_geometry(8, rotations=8)
    wide, image = geometry.neuron_side, np.zeros((1, 8, 8), np.float32)
    neurons = np.ones((3, 1, wide, wide), np.float32)
    assert (map_image(neurons, image, tables=make_tables(geometry), geometry=geometry).orientation == 0).all()
    weights = np.eye(3, dtype=np.float32)
    assert show_image(neurons, image, weights=weights, tables=make_tables(geometry), geometry=geometry) == 0
    assert neurons.any(axis=(1, 2, 3)).tolist() == [False, True, True]


@given(st.integers(1, 500), st.integers(1, 600))
def test_ticks_are_even_and_end_within_the_images(total, prints):
    ticks = list_ticks(total, prints)
    assert len(ticks) >= min(total, prints)
    assert len(set(np.diff(ticks))) <= 1
    assert 1 <= ticks[0] <= ticks[-1] <= total
    assert all(stored <= total - 1 for stored in list_stores(ticks, total))


@given(st.integers(1, 5000), st.sets(st.integers(0, 5000), max_size=5))
def test_stretches_of_images_cover_all_once_and_end_at_every_stop(count, stops):
    inside = {stop for stop in stops if stop <= count}
    some = list(split_images(count, np.empty((1, 64, 64), np.float32), inside))
    assert [number for one in some for number in range(one.start, one.stop)] == list(range(count))
    assert inside - {0} <= {one.stop for one in some}
    assert max(one.stop - one.start for one in some) * 64 * 64 * 4 <= 1 << 24


@pytest.mark.parametrize(
    ("on_cpu", "there", "wanted"), [(True, True, "cpu"), (False, True, "cuda"), (False, False, "cpu")]
)
def test_a_gpu_is_used_where_there_is_one_and_nothing_forbids_it(monkeypatch, on_cpu, there, wanted):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: there)
    assert choose_device(Order(Path("a"), Path("b"), on_cpu=on_cpu)) == wanted


def test_exact_training_agrees_up_to_rounding(tmp_path):
    case = next(case for case in RUNS if case.name == "rnd_cart_crop")
    assert run(case, case.train, tmp_path, "--rounding", "exact") == 0
    ours, theirs = (read_pink_som(folder / "som.bin").neurons for folder in (tmp_path, case.folder / case.name))
    assert np.abs(ours - theirs).max() < 1e-6

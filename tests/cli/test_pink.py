"""The arguments of PINK, and what comes back: a code, a sentence."""

import os
import signal
import subprocess
import sys

import numpy as np
import pytest

from skysieve.cli.main import invoke
from skysieve.cli.pink_options import make_order, read_arguments
from skysieve.io.pink import PinkLayout, PinkSom, read_pink_som, write_pink_images, write_pink_som
from skysieve.som.lattice import Lattice

SMALL = ["--cuda-off", "-t", "1", "--som-width", "2", "--som-height", "2", "-n", "4"]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Images, a trained map and a few files that are none of these, in the current folder."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    images = rng.random((6, 8, 8), np.float32)
    write_pink_images(tmp_path / "images.bin", [images], shape=(8, 8))
    write_pink_images(tmp_path / "colors.bin", [rng.random((3, 2, 8, 8), np.float32)], shape=(2, 8, 8))
    write_pink_images(tmp_path / "vectors.bin", [rng.random((3, 5), np.float32)], shape=(5,))
    write_pink_images(tmp_path / "none.bin", [], shape=(8, 8))
    images[4, 0, 0] = np.nan
    write_pink_images(tmp_path / "hole.bin", [images], shape=(8, 8))
    (tmp_path / "cut.bin").write_bytes((tmp_path / "images.bin").read_bytes()[:-4])
    write_pink_som(tmp_path / "som.bin", PinkSom(rng.random((4, 12, 12), np.float32), PinkLayout((2, 2))))
    (tmp_path / "cutsom.bin").write_bytes((tmp_path / "som.bin").read_bytes()[4:])
    broken = PinkSom(np.full((4, 12, 12), np.inf, np.float32), PinkLayout((2, 2)))
    write_pink_som(tmp_path / "infinite.bin", broken)
    return tmp_path


def order(line: str):
    return make_order(read_arguments(line.split()))


def test_defaults_are_those_of_pink():
    found = order("--train images.bin som.bin")
    assert (found.lattice, found.rotations, found.flip, found.region) == (Lattice((10, 10)), 360, True, "quadratic")
    assert (found.kind, found.sigma, found.rate, found.max_distance) == ("gaussian", 1.1, 0.2, None)
    assert (found.start, found.seed, found.passes, found.shuffle) == ("zero", 1234, 1, True)
    assert (found.prints, found.store, found.on_cpu, found.threads, found.wins) == (10, "off", False, None, False)
    assert (found.som, found.transforms, found.neuron_side, found.region_side) == (None, None, None, None)


@pytest.mark.parametrize(
    "line",
    [
        "--layout hexagonal --som-width 3 --som-height 3 --numrot 8 --dist-func mexicanHat 2 0.5 --train a b --seed 5",
        "--lay HEXAGONAL --som-w=3 --som-h=3 --numr=8 --dist MEXICANHAT 2 0.5 --tr a b --se 5",
        "--seed 5 -l Hexagonal --train a b -n8 --som-width 3 -f mexicanhat 2 .5 --som-height 3",
        "-lhexagonal -s5 -fmexicanHat 2 5e-1 --train=a b --som-width 3 --som-height +3 -n 8",
        "-n 12 --train x y --numrot 8 -l hexagonal --som-width 3 --som-height 3 -f mexicanHat 2 .5 --train a b -s 5",
    ],
)
def test_short_shortened_and_mixed_options_mean_the_same(line):
    wanted = "--train a b -l hexagonal --som-width 3 --som-height 3 -n 8 -f mexicanHat 2 0.5 -s 5"
    assert order(line) == order(wanted)


def test_every_short_form_has_its_option():
    short = order("-l cartesian -d 20 -e 16 -n 4 -f gaussian 1 1 -x random -s 7 -p 5 -t 2 --train a b")
    long = order(
        "--layout cartesian --neuron-dimension 20 --euclidean-distance-dimension 16 --numrot 4 --dist-func gaussian 1 1"
        " --init random --seed 7 --progress 5 --numthreads 2 --train a b"
    )
    assert short == long
    assert (long.neuron_side, long.region_side, long.prints, long.threads) == (20, 16, 5, 2)


def test_all_other_options_are_taken():
    found = order(
        "--map a b c --store-rot-flip t --flip-off --euclidean-distance-shape CIRCULAR --euclidean-distance-type Float "
        "--interpolation Bilinear --max-update-distance 1.5 --num-iter 3 --input-shuffle-off --inter-store KEEP"
        " --cuda-off --b1 512 --verbose --som-depth 2 --rounding exact"
    )
    assert (found.som.name, found.transforms.name, found.flip, found.region) == ("c", "t", False, "circular")
    assert (found.max_distance, found.passes, found.shuffle, found.store) == (1.5, 3, False, "keep")
    assert (found.on_cpu, found.wins, found.rounding, found.lattice) == (True, True, "exact", Lattice((10, 10, 2)))


def test_a_lattice_of_one_row_drops_its_depth_as_pink_does():
    assert order("--train a b --som-width 5 --som-height 1 --som-depth 3").lattice == Lattice((5,))


@pytest.mark.parametrize("line", ["--help", "-h", "--he --nonsense", "--version", "-v", "--cuda-off --vers"])
def test_help_and_version_leave_with_0(line, capsys):
    assert invoke(["pink", *line.split()]) == 0
    assert "skysieve pink" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("", "neither --train"),
        ("--train images.bin out.bin --map images.bin m.bin som.bin", "both given"),
        ("--train images.bin", "--train: 1 value"),
        ("--train images.bin --cuda-off", "--train: 1 value"),
        ("--train images.bin out.bin left", "left: belongs to no option"),
        ("--som 3", "--som: may be --som-width, --som-height or --som-depth"),
        ("--nonsense", "--nonsense: there is no such option"),
        ("-q", "-q: there is no such option"),
        ("--cuda-off=1", "--cuda-off=1: takes no value"),
        ("--seed", "--seed: 0 value"),
        ("--train images.bin out.bin --dist-func gaussian 1.1 -0.2", "--dist-func: 2 value"),
        ("--train images.bin out.bin --dist-func gaussian 1.1 nan", "--dist-func nan: wanted is a number above 0"),
        ("--train images.bin out.bin --dist-func square 1 1", "wanted is gaussian, unitygaussian or mexicanHat"),
        ("--train images.bin out.bin --seed -1", "--seed -1: wanted is a whole number from 0"),
        ("--train images.bin out.bin --num-iter 0", "--num-iter 0"),
        ("--train images.bin out.bin --numrot 6", "--numrot 6: wanted is 1 or a multiple of 4"),
        ("--train images.bin out.bin --som-width 1", "--som-width 1: wanted is a whole number from 2"),
        ("--train images.bin out.bin -l hexagonal", "2x2x1 neurons; wanted are --som-width"),
        ("--train images.bin out.bin -l square", "--layout square: wanted is cartesian or hexagonal"),
        ("--train images.bin out.bin --max-update-distance 0", "--max-update-distance 0"),
        ("--train images.bin out.bin --pbc", "--pbc: PINK 2 has no periodic boundaries"),
        ("--train images.bin out.bin -n 8 --interpolation nearest_neighbor", "nearest_neighbor: rotates nothing"),
        ("--train images.bin out.bin -e 64", "region_side: 64 pixels do not fit into a neuron of 12"),
        ("--train images.bin out.bin --init nowhere", "--init nowhere: neither a file nor zero"),
        ("--train images.bin out.bin --init images.bin", "images.bin: holds images"),
        ("--train nowhere.bin out.bin", "nowhere.bin: there is no such file"),
        ("--train vectors.bin out.bin", "vectors.bin: holds vectors, not images"),
        ("--train none.bin out.bin", "none.bin: holds no image"),
        ("--train cut.bin out.bin", "cut.bin: 1532 bytes of data are found"),
        ("--train som.bin out.bin", "som.bin: holds a SOM"),
        ("--train hole.bin out.bin", "hole.bin: image 4 holds 1 pixel"),
        ("--train images.bin images.bin", "images.bin: named twice"),
        ("--train images.bin .", ".: not a file"),
        ("--train images.bin images.bin/out.bin", "its folder cannot be written to"),
        ("--map images.bin out.bin cutsom.bin", "cutsom.bin: version 1 is found"),
        ("--map images.bin out.bin infinite.bin", "infinite.bin: neuron 0 holds pixels that are not finite"),
        ("--map images.bin out.bin som.bin -d 14", "its neurons measure 12x12, images and command line ask for 14x14"),
        ("--map images.bin out.bin som.bin --som-height 3", "its lattice is cartesian 2x2, the command line says"),
        ("--map colors.bin out.bin som.bin", "its neurons measure 12x12, images and command line ask for 2x12x12"),
        ("--map images.bin som.bin som.bin", "som.bin: named twice"),
        ("--map images.bin out.bin som.bin --store-rot-flip out.bin", "out.bin: named twice"),
    ],
)
def test_an_error_is_one_sentence_and_leaves_with_1(folder, capsys, line, words):
    before = sorted(folder.iterdir())
    assert invoke(["pink", *SMALL, *line.split()]) == 1
    error = capsys.readouterr().err
    assert words in error
    assert error.startswith("skysieve pink: ")
    assert error.count("\n") == 1
    assert sorted(folder.iterdir()) == before


def test_training_and_mapping_tell_their_progress(folder, capsys):
    line = ["--train", "images.bin", "new", "--progress", "3", "--inter-store", "keep", "--verbose"]
    assert invoke(["pink", *SMALL, *line]) == 0
    out = capsys.readouterr().out
    assert "] 66 % " in out
    assert sum(int(line.split(": ")[1]) for line in out.splitlines() if line.startswith("  ")) == 6
    assert {path.name for path in folder.glob("new*")} == {"new", "new_0", "new_1"}
    assert invoke(["pink", *SMALL, "--map", "images.bin", "sub/m.bin", "new", "--store-rot-flip", "sub/t.bin"]) == 0
    assert "Write transformations to sub/t.bin ... done." in capsys.readouterr().out


def test_the_exact_rounding_counts_wins_too(folder, capsys):
    line = ["--init", "random", "--train", "images.bin", "out.bin", "--verbose", "--rounding"]
    counts = []
    for rounding in ("pink", "exact"):
        assert invoke(["pink", *SMALL, *line, rounding]) == 0
        counts.append([row for row in capsys.readouterr().out.splitlines() if row.startswith("  ")])
    assert counts[0] == counts[1]
    assert len(counts[0]) == 4


def test_nearest_neighbor_runs_where_nothing_is_interpolated(folder):
    line = ["--train", "images.bin", "near.bin", "--interpolation", "NEAREST_neighbor"]
    assert invoke(["pink", *SMALL, *line]) == 0
    assert invoke(["pink", *SMALL, *line[:2], "plain.bin"]) == 0
    assert (folder / "near.bin").read_bytes() == (folder / "plain.bin").read_bytes()


def test_a_start_file_may_be_the_result_of_a_former_stage(folder):
    before = np.array(read_pink_som(folder / "som.bin").neurons)
    assert invoke(["pink", *SMALL, "--init", "som.bin", "--train", "images.bin", "som.bin"]) == 0
    assert (read_pink_som(folder / "som.bin").neurons != before).any()


def test_an_interrupted_run_leaves_with_130_and_nothing_half_written(folder):
    line = ["--train", "images.bin", "late.bin", "--num-iter", "1000000", "--progress", "70"]
    command = [sys.executable, "-u", "-m", "skysieve", "pink", *SMALL, *line]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert b"late.bin" in process.stdout.readline()
        os.kill(process.pid, signal.SIGINT)
        error = process.communicate()[1].decode()
    assert process.returncode == 130
    assert error == "skysieve pink: interrupted; nothing is half written\n"
    assert not [path for path in folder.iterdir() if "late" in path.name]

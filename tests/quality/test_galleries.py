import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.quality.conftest import CLUSTERS
from tests.quality.mosaics import write_mosaic
from tests.quality.nights import write_exposure

from skysieve.quality.assess_recipe import AssessRecipe, UsualRecipe
from skysieve.quality.fingerprint_store import write_prints
from skysieve.quality.galleries import Looker, choose_cases, choose_spread, open_fingerprints

CHANCES = np.array([
    [0.9, 0.1, 0.0, 0.0, 0.0], [0.6, 0.1, 0.1, 0.1, 0.1], [0.1, 0.1, 0.8, 0.0, 0.0], [np.nan] * 5,
    [0.2, 0.2, 0.2, 0.2, 0.2],
])  # fmt: skip


def test_the_surest_of_each_class_come_first_then_the_most_mixed():
    chosen = choose_cases(CHANCES)
    assert [one.row for one in chosen] == [0, 2, 4, 1]
    assert [one.why for one in chosen[:2]] == ["The surest of 3: good", "The surest of 1: bad tracking"]
    assert chosen[2].why.startswith("Mixed")


@given(st.integers(0, 30), st.integers(0, 6))
def test_no_exposure_is_chosen_twice_and_none_without_probabilities(count, mixed):
    chances = np.random.default_rng(count).dirichlet(np.ones(5), count).reshape(count, 5)
    chances[::3] = np.nan
    rows = [one.row for one in choose_cases(chances, mixed=mixed)]
    assert len(set(rows)) == len(rows)
    assert all(row % 3 for row in rows)


def test_spread_exposures_reach_the_ends_of_the_plane():
    points = np.stack([np.linspace(0, 1, 101), np.zeros(101)], axis=1)
    assert sorted(choose_spread(points, count=3)) == [0, 50, 100]
    assert choose_spread(np.full((3, 2), np.nan), count=2) == []


def test_a_detector_is_drawn_whole_and_in_part(tmp_path):
    write_exposure(tmp_path / "a.fits")
    (first, whole), (second, part) = Looker(tmp_path, side=32).draw("a.fits", "2")
    assert first == "Detector 2, 60 x 50 pixels"
    assert second.startswith("A part of it in full size, from pixel (")
    assert whole[:2] == part[:2] == b"\xff\xd8"


@pytest.mark.parametrize(("exposure", "ccd"), [("a.fits", "9"), ("absent.fits", "1"), ("torn.fits", "1")])
def test_what_cannot_be_read_is_not_drawn(tmp_path, exposure, ccd):
    write_exposure(tmp_path / "a.fits")
    (tmp_path / "torn.fits").write_bytes(b"SIMPLE  =                    T")
    assert Looker(tmp_path).draw(exposure, ccd) == []


def test_fingerprints_are_drawn_of_a_detector_and_of_an_exposure():
    cutouts = np.ones((12, 5, 5), np.float32)
    cutouts[3] = 0
    looker = Looker(read_prints=lambda name: {"1": cutouts, "2": cutouts} if name == "a.fits" else {})
    (caption, picture), = looker.draw("a.fits", "1")  # fmt: skip
    assert caption == "Fingerprint: a source of each of 12 clusters; hatched: 1 without one"
    assert picture[:4] == b"\x89PNG"
    assert looker.draw_all_prints("a.fits")[0][0].startswith("Fingerprint of the exposure: 2 detectors")
    assert looker.draw_all_prints("b.fits") == []


def test_a_store_of_fingerprints_is_read_by_exposure_and_detector(weights, tmp_path):
    recipe = AssessRecipe(model=str(weights), usual=UsualRecipe(seeing=1.2))
    path = write_mosaic(tmp_path / "a.fits")
    write_prints([path], recipe, out=tmp_path / "prints.zarr", half=False, on_done=lambda _: None)
    read = open_fingerprints(tmp_path / "prints.zarr")
    assert {name: one.shape for name, one in read("a.fits").items()} == dict.fromkeys("12", (CLUSTERS, 25, 25))
    assert read("b.fits") == {}

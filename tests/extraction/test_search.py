"""Detection over a whole image, in one piece or tile by tile, hot over cold."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skysieve.extraction.ellipses import Ellipses
from skysieve.extraction.recipe import DetectionRecipe, ExtractionRecipe
from skysieve.extraction.search import find_inside
from skysieve.records import SourceFlag

FLUXES = ("x", "y", "x_err", "y_err", "flux_kron", "flux_iso", "flux_aper1", "flux_aper2", "flux_aper3")


@pytest.mark.parametrize(("tile", "halo"), [(64, 48), (100, 64), (150, 60), (210, 80)])
def test_tiles_and_the_whole_give_the_same_catalog(crowded, crowded_extraction, extract, tile, halo):
    tiled = extract(crowded, ExtractionRecipe(tile=tile, halo=halo))
    np.testing.assert_array_equal(tiled.labels, crowded_extraction.labels)
    whole, parts = crowded_extraction.catalog, tiled.catalog
    for name in ("number", "a", "theta", "npix", "iso0", "fwhm", "flags", "parent"):
        np.testing.assert_array_equal(parts[name], whole[name], err_msg=name)
    for name in FLUXES:
        np.testing.assert_allclose(parts[name], whole[name], rtol=1e-9, err_msg=name)


def test_blends_larger_than_the_halo_are_flagged_and_only_they_differ(crowded, crowded_extraction, extract):
    tiled, whole = extract(crowded, ExtractionRecipe(tile=64, halo=16)).catalog, crowded_extraction.catalog
    large = tiled["flags"] & SourceFlag.LARGER_THAN_HALO > 0
    assert large.any()
    distance = np.hypot(whole["x"] - tiled["x"][~large][:, None], whole["y"] - tiled["y"][~large][:, None])
    assert np.mean(distance.min(axis=1) < 1e-6) > 0.95
    assert distance.min(axis=1).max() < 1  # a window wider than the halo is cut
    same = whole.take(distance.argmin(axis=1))
    change = np.abs(tiled["flux_kron"][~large] - same["flux_kron"]) / same["flux_kron_err"]
    assert np.median(change) < 1e-9
    assert (change < 0.1).mean() > 0.9
    assert np.isfinite(tiled["peak"]).all()


def test_a_galaxy_larger_than_the_halo_is_flagged(extract, draw_sky, add_noise):
    sky = draw_sky(200, 200)
    sky.add_disk(70, 70, 1e6, scale=15)
    catalog = extract(add_noise(sky.image, seed=1), ExtractionRecipe(tile=100, halo=16)).catalog
    main = np.argmax(catalog["flux_iso"])
    assert catalog["flags"][main] & SourceFlag.LARGER_THAN_HALO


def test_numbers_follow_the_reading_order_and_label_the_map(crowded_extraction):
    c, labels = crowded_extraction.catalog, crowded_extraction.labels
    assert c["number"].tolist() == list(range(1, len(c) + 1))
    np.testing.assert_array_equal(np.bincount(labels.ravel(), minlength=len(c) + 1)[1:], c["npix"])
    inside = labels[np.rint(c["y"]).astype(int), np.rint(c["x"]).astype(int)] == c["number"]
    assert inside.mean() > 0.95


def test_blended_sources_have_a_brighter_parent_on_their_isophote(crowded_extraction):
    c = crowded_extraction.catalog
    blended = c["flags"] & SourceFlag.BLENDED > 0
    assert 0.2 < blended.mean() < 0.8
    parent = np.searchsorted(c["id"], c["parent"])
    np.testing.assert_array_equal(c["parent"][~blended], c["id"][~blended])
    assert (c["flux_iso"][parent] >= c["flux_iso"] - 1e-3).all()
    assert blended[parent[blended]].all()


def test_hot_detections_are_added_outside_the_cold_ones_alone(extract, draw_sky, add_noise):
    sky = draw_sky(160, 160)
    sky.add_disk(60, 60, 4e4, scale=6)
    sky.add_gaussian(66, 60, 250)
    sky.add_gaussian(130, 130, 180)
    found = extract(add_noise(sky.image, seed=2), ExtractionRecipe(mode="hot_cold"))
    places = np.rint(np.column_stack([found.catalog["x"], found.catalog["y"]])).astype(int)
    assert np.abs(places - [[60, 60], [130, 130]]).max() <= 1


def test_hot_and_cold_agree_between_tiles_and_the_whole(crowded, extract):
    whole = extract(crowded, ExtractionRecipe(mode="hot_cold"))
    tiled = extract(crowded, ExtractionRecipe(mode="hot_cold", tile=150, halo=64))
    np.testing.assert_array_equal(tiled.labels, whole.labels)
    np.testing.assert_array_equal(tiled.catalog["id"], whole.catalog["id"])


def test_cleaning_removes_what_bright_wings_explain(extract, draw_sky, add_noise):
    sky = draw_sky(200, 200)
    sky.add_moffat(100, 100, 3e6, fwhm=6, beta=1.7)
    image = add_noise(sky.image, seed=3) + np.random.default_rng(4).normal(0, 0.3 * np.sqrt(sky.image))
    counts = [len(extract(image, ExtractionRecipe(detection=DetectionRecipe(clean=c))).catalog) for c in (0.0, 1.0)]
    assert counts[1] < counts[0]


@given(st.integers(0, 1000))
def test_inside_is_what_the_equation_of_the_ellipse_says(seed):
    rng = np.random.default_rng(seed)
    e = Ellipses(*rng.uniform(0, 50, (2, 6)), *np.sort(rng.uniform(1, 12, (2, 6)), axis=0)[::-1],
                 rng.uniform(-1.5, 1.5, 6), np.arange(6))  # fmt: skip
    x, y = rng.uniform(0, 50, (2, 40))
    dx, dy = x[:, None] - e.x, y[:, None] - e.y
    along, across = dx * np.cos(e.theta) + dy * np.sin(e.theta), dy * np.cos(e.theta) - dx * np.sin(e.theta)
    np.testing.assert_array_equal(find_inside(e, x, y), (np.hypot(along / e.a, across / e.b) < 1).any(axis=1))


def test_nothing_lies_inside_no_ellipse():
    none = Ellipses(*np.zeros((5, 0)), np.zeros(0, int))
    assert find_inside(none, np.ones(3), np.ones(3)).tolist() == [False] * 3
    assert len(find_inside(none, np.ones(0), np.ones(0))) == 0

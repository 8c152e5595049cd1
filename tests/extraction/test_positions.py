"""Windowed positions: more precise than barycenters, with errors that hold, and modest where they cannot be had."""

import numpy as np
import pytest

from skysieve.extraction import ExtractionRecipe
from skysieve.extraction.recipe import PhotometryRecipe
from skysieve.records import SourceFlag

CELL = 40
BARYCENTERS = ExtractionRecipe(photometry=PhotometryRecipe(positions="isophotal"))


@pytest.fixture(scope="module")
def crowd(draw_sky, add_noise):
    """Four hundred isolated disks and stars of one brightness, and their places."""
    rng, sky = np.random.default_rng(1), draw_sky(20 * CELL, 20 * CELL)
    for row, column in np.ndindex(20, 20):
        stamp, place = draw_sky(CELL, CELL), rng.uniform(19, 20, 2)
        if column % 2:
            stamp.add_gaussian(*place, 300.0)
        else:
            stamp.add_disk(*place, 500.0, scale=2.0, q=0.7, theta=rng.uniform(-1.5, 1.5))
        sky.paste(stamp, CELL * column, CELL * row)
    return add_noise(sky.image, seed=2, level=20.0), sky.truth


@pytest.fixture(scope="module")
def offsets(crowd, extract, pair_up):
    """Offsets from the true places [pixel] and their errors."""

    def measure(recipe):
        found = extract(crowd[0], recipe)
        rows, near = pair_up(found, crowd[1], within=3.0)
        c, true = found.catalog.take(rows[near]), np.array(crowd[1])[near]
        return np.concatenate([c["x"] - true[:, 0], c["y"] - true[:, 1]]), np.concatenate([c["x_err"], c["y_err"]])

    return measure


def test_windowed_positions_are_more_precise_than_barycenters(offsets):
    windowed, barycenter = offsets(None)[0], offsets(BARYCENTERS)[0]
    assert windowed.std() < 0.85 * barycenter.std()
    assert abs(windowed.mean()) < 3 * windowed.std() / np.sqrt(len(windowed))


def test_errors_of_windowed_positions_cover_two_thirds(offsets):
    offset, error = offsets(None)
    assert np.mean(np.abs(offset) < error) == pytest.approx(0.683, abs=0.06)


def test_blended_sources_keep_their_barycenters(extract, draw_sky, add_noise):
    sky = draw_sky(80, 80)
    sky.add_gaussian(36, 40, 4000)
    sky.add_gaussian(43, 40, 2500)
    image = add_noise(sky.image, seed=3)
    windowed, barycenter = extract(image).catalog, extract(image, BARYCENTERS).catalog
    assert (windowed["flags"] & SourceFlag.BLENDED > 0).sum() == 2
    np.testing.assert_allclose(windowed["x"], barycenter["x"], atol=0.02)
    assert (windowed["x_err"] > barycenter["x_err"]).all()

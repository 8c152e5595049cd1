"""The stellar locus."""

import numpy as np
import pytest

from skysieve.extraction.recipe import PsfRecipe
from skysieve.extraction.stars import StarLocus, select_stars
from skysieve.records import SourceFlag

SHAPE = (1000, 1000)


def make_sample(stars: int, galaxies: int, *, seed: int = 0, slope: float = 0.0, spread: float = 0.02) -> dict:
    """Positions, sizes and flags of stars of half-light radius 2 and of larger galaxies."""
    rng, count = np.random.default_rng(seed), stars + galaxies
    x, y = rng.uniform(0, 999, (2, count))
    radius = 2 * np.exp(rng.normal(0, spread, count) + slope * (2 * x / 999 - 1))
    radius[stars:] *= rng.uniform(1.3, 4, galaxies)
    plain = {"snr": rng.uniform(50, 500, count), "sharpness": np.full(count, 0.05), "flags": np.zeros(count, int)}
    return {"x": x, "y": y, "radius": radius, **plain}


def select(sample: dict, **settings: float) -> StarLocus | None:
    return select_stars(**sample, shape=SHAPE, recipe=PsfRecipe(**settings))


def test_stars_are_found_among_twice_as_many_galaxies():
    locus = select(make_sample(60, 120))
    assert locus.stars[:60].mean() > 0.95
    assert locus.stars[60:].mean() < 0.05
    assert locus.radius(np.array([500.0]), np.array([500.0]))[0] == pytest.approx(2, rel=0.02)


def test_a_locus_that_widens_across_the_field_is_followed():
    locus = select(make_sample(150, 50, slope=0.1))
    sizes = locus.radius(np.array([0.0, 999.0]), np.array([500.0, 500.0]))
    np.testing.assert_allclose(sizes, 2 * np.exp([-0.1, 0.1]), rtol=0.04)


def test_where_no_star_is_the_size_stays_within_that_of_the_stars():
    sample = make_sample(80, 0)
    sample["x"], sample["y"] = sample["x"] / 10, sample["y"] / 10
    corners = select(sample).radius(np.array([0.0, 999.0, 999.0]), np.array([999.0, 0.0, 999.0]))
    assert (np.abs(np.log(corners / 2)) < 0.2).all()


@pytest.mark.parametrize("flag", ["BLENDED", "SATURATED", "EDGE", "APERTURE_INCOMPLETE", "CROWDED", "BAD_PIXELS"])
def test_flagged_sources_are_no_stars(flag):
    sample = make_sample(40, 0)
    sample["flags"][:20] = int(SourceFlag[flag])
    assert not select(sample).stars[:20].any()


def test_faint_sharp_and_sizeless_sources_are_no_stars():
    sample = make_sample(60, 0)
    sample["snr"][:10], sample["sharpness"][10:20], sample["radius"][20:30] = 5, 0.8, np.nan
    assert not select(sample).stars[:30].any()


@pytest.mark.parametrize("stars", [0, 4])
def test_too_few_stars_are_none(stars):
    assert select(make_sample(stars, 0)) is None


def test_sources_of_all_sizes_have_no_locus():
    sample = make_sample(0, 12)
    sample["radius"] = np.geomspace(1, 30, 12)
    assert select(sample) is None


def test_the_order_of_the_sources_does_not_matter():
    sample = make_sample(60, 60)
    turned = {name: values[::-1] for name, values in sample.items()}
    np.testing.assert_array_equal(select(turned).stars, select(sample).stars[::-1])

import numpy as np
import pytest

from skysieve.simulate.galaxies import (
    BREAK,
    GalaxyRecipe,
    count_galaxies,
    draw_magnitudes,
    draw_places,
    draw_shapes,
)


def test_counts_are_those_of_the_science_book():
    assert count_galaxies(25.0) == pytest.approx(46)
    assert count_galaxies(24.0) == pytest.approx(46 * 10**-0.31)
    assert count_galaxies(BREAK - 1e-9) == pytest.approx(count_galaxies(BREAK + 1e-9))


def test_magnitudes_follow_the_counts():
    drawn = draw_magnitudes(np.random.default_rng(1), 100.0, bright=17.0, faint=25.0, density=2.0)
    for magnitude in (20.0, 23.0, 24.5):
        expected = 200 * (count_galaxies(magnitude) - count_galaxies(17.0))
        assert (drawn < magnitude).sum() == pytest.approx(expected, abs=4 * np.sqrt(expected))


def test_faint_galaxies_are_small_and_scatter():
    sizes = [draw_shapes(np.random.default_rng(1), np.full(4000, m), GalaxyRecipe()).radius for m in (20.0, 23.0)]
    assert np.median(sizes[1]) == pytest.approx(1.678 * np.exp(-1.145), rel=0.03)
    assert np.median(sizes[0]) / np.median(sizes[1]) == pytest.approx(np.exp(0.269 * 3), rel=0.03)
    assert 0.3 < np.log(sizes[1]).std() < 0.9


def test_kinds_come_in_the_shares_asked_for():
    recipe = GalaxyRecipe(bulge_dominated=0.3, single=0.2, irregular=0.4)
    shapes = draw_shapes(np.random.default_rng(1), np.full(5000, 22.0), recipe)
    assert (shapes.bulge_fraction > 0.6).mean() == pytest.approx(0.3, abs=0.03)
    assert (shapes.clumpiness > 0).mean() == pytest.approx(0.4, abs=0.03)
    assert shapes.axis_ratio.min() > 0.1


def test_clustered_galaxies_lie_near_others():
    low, high = np.zeros(2), np.full(2, 1000.0)
    near, far = (
        draw_places(np.random.default_rng(1), 200, low=low, high=high, near=2.0, share=share) for share in (0.9, 0.0)
    )

    def closest(p):
        apart = np.linalg.norm(p[:, None] - p, axis=2) + 1e9 * np.eye(len(p))
        return np.median(apart.min(axis=1))

    assert closest(near) < 0.2 * closest(far)


def test_shares_beyond_one_are_refused():
    with pytest.raises(ValueError, match="add up to more than 1; lower one"):
        GalaxyRecipe(single=0.9, irregular=0.5)

import numpy as np
import pytest

from skysieve.simulate.stars import StarRecipe, count_stars, draw_star_magnitudes


def test_stars_grow_in_number_toward_the_plane():
    at = [count_stars(np.array([20.0]), latitude=b, longitude=90.0)[0] for b in (90.0, 60.0, 30.0, 20.0, 10.0, 0.0)]
    assert at[:5] == sorted(at[:5])
    assert at[4] == at[5] > 20 * at[0]


def test_a_density_is_kept():
    drawn = draw_star_magnitudes(np.random.default_rng(1), 300.0, StarRecipe(density=5.0), faint=24.0)
    assert len(drawn) == pytest.approx(1500, abs=150)
    assert drawn.min() >= 15
    assert drawn.max() <= 24.05


def test_the_model_gives_the_number_where_no_density_is():
    recipe = StarRecipe(latitude=90.0, bright=18.0)
    grid = np.arange(18, 22, 0.01)
    expected = 2000 * count_stars(grid, latitude=90.0, longitude=90.0).sum() * 0.01
    drawn = draw_star_magnitudes(np.random.default_rng(1), 2000.0, recipe, faint=22.0)
    assert len(drawn) == pytest.approx(expected, rel=0.06)


def test_a_limit_brighter_than_the_brightest_is_refused():
    with pytest.raises(ValueError, match="faint = 14 is not fainter than bright = 15; raise it"):
        StarRecipe(faint=14.0)

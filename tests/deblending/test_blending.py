from dataclasses import replace

import numpy as np
import pytest

from skysieve.deblending.blending import make_blend, make_blends
from skysieve.deblending.recipe_blends import BlendsRecipe

FREE = BlendsRecipe(sources=(3, 3), distances="free", difference=3.0, noise="sky")


def test_the_same_seed_gives_the_same_bits_and_another_one_does_not(paper):
    one, same, other = (make_blend(paper, BlendsRecipe(), seed=seed, index=4) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.image, same.image)
    assert not np.array_equal(one.image, other.image)


def test_a_blend_is_the_sum_of_its_stamps_with_noise_of_one(paper):
    rest = [make_blend(paper, BlendsRecipe(), seed=1, index=index) for index in range(8)]
    left = np.stack([blend.image - blend.light.sum(axis=0) for blend in rest])
    assert left.std() == pytest.approx(1, abs=0.01)
    assert abs(left.mean()) < 0.01


def test_published_pairs_lie_between_the_larger_radius_and_four_smaller_ones(paper):
    for blend in make_blends(paper, BlendsRecipe(), seed=3, rows=range(30)):
        small, large = sorted(paper.radius[blend.row])
        apart = np.hypot(*np.round([np.diff(blend.x)[0], np.diff(blend.y)[0]]))
        assert apart <= min(4 * small, 64) + 1.5
        assert apart >= min(large, 0.8 * min(4 * small, 64)) - 1.5
        assert abs(np.diff(paper.magnitude[blend.row])[0]) < 2


def test_pairs_of_the_papers_text_are_shifted_by_half_a_radius_at_least_along_both_axes(paper):
    for blend in make_blends(paper, BlendsRecipe(distances="paper"), seed=3, rows=range(30)):
        shift = np.abs([np.diff(blend.x)[0], np.diff(blend.y)[0]])
        assert (shift > 0.5 * paper.radius[blend.row].max() - 1.5).all()
        assert (shift < 66).all()


def test_correlated_noise_has_the_promised_level(survey):
    recipe = replace(FREE, correlated=1.0)
    rest = [make_blend(survey, recipe, seed=1, index=index) for index in range(8)]
    left = np.stack([blend.image - blend.light.sum(axis=0) for blend in rest])
    assert left.std() == pytest.approx(1, abs=0.02)
    assert np.mean(left[:, :, 1:] * left[:, :, :-1]) > 0.05


def test_a_merged_pair_is_listed_once_between_the_two(survey):
    blend = make_blend(survey, replace(FREE, merged=1.0), seed=1, index=0)
    assert len(blend) == 2
    assert blend.unlisted.sum() == 1
    whole = make_blend(survey, FREE, seed=1, index=0)
    assert len(whole) == 3


def test_a_missed_source_shines_but_is_not_listed(survey):
    blend = make_blend(survey, replace(FREE, missed=1.0), seed=1, index=1)
    assert len(blend) == 2
    assert not blend.unlisted.any()


def test_light_and_positions_turn_together(survey):
    recipe = replace(FREE, sources=(1, 1))
    for index in range(12):
        blend = make_blend(survey, recipe, seed=2, index=index)
        y, x = np.unravel_index(blend.light[0].argmax(), blend.light[0].shape)
        assert abs(x - blend.x[0]) < 6
        assert abs(y - blend.y[0]) < 6


def test_other_numbers_than_two_want_the_free_rule():
    with pytest.raises(ValueError, match="rule for pairs"):
        BlendsRecipe(sources=(2, 3))


def test_fewer_than_most_is_wanted():
    with pytest.raises(ValueError, match="fewest are more than the most"):
        BlendsRecipe(sources=(4, 3), distances="free")


def test_real_stamps_keep_their_own_noise(paper):
    real = replace(paper, noise_seed=np.full(len(paper), -1))
    with pytest.raises(ValueError, match="wants stamps without noise"):
        make_blend(real, BlendsRecipe(sources=(2, 2), distances="free", noise="sky"), seed=1, index=0)

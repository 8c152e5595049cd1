import numpy as np

from skysieve.deblending.galaxies import TYPES
from skysieve.deblending.populations import draw_galaxies
from skysieve.deblending.recipe_galaxies import GalaxiesRecipe


def test_the_same_recipe_gives_the_same_galaxies(paper):
    again = draw_galaxies(GalaxiesRecipe(number=40, seed=5))
    np.testing.assert_array_equal(again.light, paper.light)
    np.testing.assert_array_equal(again.flux, paper.flux)


def test_other_seeds_are_other_galaxies(paper):
    other = draw_galaxies(GalaxiesRecipe(number=40, seed=6))
    assert not np.intersect1d(other.noise_seed, paper.noise_seed).size


def test_flux_auto_is_most_of_the_light(paper):
    share = paper.flux / paper.total
    assert 0.8 < np.median(share) < 1
    assert (paper.magnitude > 18).all()
    assert (paper.magnitude < 23.5).all()


def test_masks_hold_the_center_and_survive_packing(paper):
    for row in range(5):
        mask = paper.get_mask(row)
        assert mask[round(paper.y[row]), round(paper.x[row])]
        assert 10 < mask.sum() < 6000


def test_a_sheet_of_a_survey_has_one_psf_and_some_stars(survey):
    assert len(np.unique(survey.psf, axis=0)) == 1
    assert 2 <= survey.psf[0, 0] <= 6.5
    assert (survey.kind == TYPES.index("star")).any()


def test_noise_is_drawn_anew_the_same(paper):
    np.testing.assert_array_equal(paper.draw_noise(3), paper.draw_noise(3))
    assert abs(paper.draw_noise(3).std() - 1) < 0.03

from pathlib import Path

import pytest

from skysieve.config import read_recipe
from skysieve.trust import TrustRecipe

ROOT = Path(__file__).parents[2]


def test_the_recipe_that_ships_holds_the_defaults():
    assert read_recipe(TrustRecipe, ROOT / "recipes" / "trust.toml") == TrustRecipe()


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("injection.sizes=[2.0, 1.0]", "smaller number first"),
        ("injection.sersic=[0.1, 4.0]", "between 0.5 and 6"),
        ("injection.axis_ratio=[0.5, 1.5]", "axis_ratio ends at 1"),
        ("injection.cuont=3", "did you mean count"),
        ("photutils_share=0.0", "greater than 0"),
    ],
)
def test_settings_that_make_no_sense_are_refused(setting, words):
    with pytest.raises(ValueError, match=words):
        read_recipe(TrustRecipe, settings=[setting])


def test_the_chains_own_method_comes_first_and_once():
    recipe = read_recipe(TrustRecipe, settings=['chain.extraction.method="sep"'])
    assert recipe.methods == ("sep", "photutils")

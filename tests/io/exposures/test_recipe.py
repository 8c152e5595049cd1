import pytest

from skysieve.config import read_recipe
from skysieve.io.exposures import InputRecipe


def test_settings_override_the_defaults():
    recipe = read_recipe(InputRecipe, settings=["gain=2.5", "weight_kind=rms", "extensions=[1, 3]"])
    assert (recipe.gain, recipe.weight_kind, recipe.extensions) == (2.5, "rms", [1, 3])


@pytest.mark.parametrize("setting", ["gain=0", "exptime=-1", "weight_kind=sigma", "bad_bits=0", "zeropoint=nan", "x=1"])
def test_values_out_of_range_and_unknown_keys_are_refused(setting):
    with pytest.raises(ValueError, match=setting.split("=")[0]):
        read_recipe(InputRecipe, settings=[setting])

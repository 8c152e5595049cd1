"""Cutouts become images of a map, whatever is wrong with them."""

from pathlib import Path

import numpy as np
import pytest

from skysieve.config import read_recipe
from skysieve.morphology.preparation import prepare_image
from skysieve.morphology.preparation_recipe import ChannelRecipe, PreparationRecipe
from skysieve.morphology.steps import PreparationFlag

BLOB = (slice(14, 18), slice(10, 22))


def make_recipe(*settings: str) -> PreparationRecipe:
    return read_recipe(PreparationRecipe, settings=settings)


def make_source(*, seed: int = 0, flux: float = 50.0) -> np.ndarray:
    cutout = np.random.default_rng(seed).normal(0, 1, (1, 32, 32))
    cutout[0][BLOB] += flux * np.linspace(1, 2, 12)
    return cutout


def test_the_default_is_clipping_at_twice_the_noise_then_a_logarithm_from_0_to_1():
    cutout = make_source()
    image = prepare_image(cutout, PreparationRecipe()).image[0]
    left = image > 0
    assert 0.01 < left.mean() - 48 / 1024 < 0.04
    ratio = np.log10(cutout[0][left]) - np.log10(cutout[0][left]).min()
    assert np.corrcoef(image[left], ratio)[0, 1] == pytest.approx(1)
    assert image.max() == 1


def test_islands_alone_remain_and_each_has_its_own_scale():
    cutout = make_source()
    cutout[0, 2:6, 2:6] += np.linspace(500, 1000, 4)
    recipe = make_recipe(
        'channel.steps=["clip", "islands", "transfer", "minmax"]', "channel.clip.snr=5", "channel.minmax.each=island"
    )
    image = prepare_image(cutout, recipe).image[0]
    assert image[2:6, 2:6].max() == image[BLOB].max() == 1
    assert np.count_nonzero(image) <= 16 + 48


def test_the_central_island_is_chosen():
    cutout = make_source()
    cutout[0, 2:6, 2:6] += 500
    recipe = make_recipe('channel.steps=["clip", "islands", "minmax"]', "channel.islands.keep=central")
    assert not prepare_image(cutout, recipe).image[0, :8].any()
    largest = make_recipe('channel.steps=["clip", "islands", "minmax"]', "channel.islands.keep=largest")
    assert not prepare_image(cutout, largest).image[0][BLOB].any()


def test_the_hull_of_the_radio_channel_masks_the_infrared():
    radio, infrared = make_source()[0], np.zeros((32, 32))
    infrared[16, 16], infrared[3, 3] = 10, 20
    recipe = make_recipe(
        'bands.radio.steps=["clip", "islands", "transfer", "minmax"]',
        'bands.ir.steps=["hull", "minmax"]', "bands.ir.hull.of=radio",
    )  # fmt: skip
    image = prepare_image(np.stack([infrared, radio]), recipe, bands=("ir", "radio")).image
    assert image[0, 16, 16] == 1
    assert image[0, 3, 3] == 0


def test_a_level_that_is_not_zero_is_subtracted_first():
    recipe = make_recipe('channel.steps=["background", "clip", "transfer", "minmax"]')
    near = prepare_image(make_source() + 1000, recipe).image
    assert np.count_nonzero(near) == pytest.approx(np.count_nonzero(prepare_image(make_source(), recipe).image), abs=2)


def test_images_clipped_before_are_not_clipped_again():
    cutout = np.maximum(make_source(), 0)
    prepared = prepare_image(cutout, PreparationRecipe())
    assert prepared.flags == PreparationFlag.CLIPPED_BEFORE
    assert np.count_nonzero(prepared.image) == np.count_nonzero(cutout) - 1


@pytest.mark.parametrize(
    ("cutout", "flag"),
    [
        (np.full((1, 8, 8), np.nan), PreparationFlag.NO_PIXELS),
        (np.zeros((1, 8, 8)), PreparationFlag.EMPTY),
        (-np.ones((1, 8, 8)), PreparationFlag.EMPTY),
    ],
)
def test_cutouts_without_emission_are_zero_and_unusable(cutout, flag):
    prepared = prepare_image(cutout, PreparationRecipe())
    assert prepared.flags & flag
    assert not prepared.usable
    assert not prepared.image.any()


def test_bad_pixels_are_zero_or_nan_as_wanted():
    cutout = make_source()
    cutout[0, 0, 0], cutout[0, 15, 15] = np.nan, np.inf
    prepared = prepare_image(cutout, PreparationRecipe())
    assert prepared.flags == PreparationFlag.BAD_PIXELS
    assert prepared.image[0, 15, 15] == 0
    assert np.isnan(prepare_image(cutout, make_recipe("bad_pixels=missing")).image[0, 15, 15])


def test_an_empty_channel_does_not_make_the_image_unusable():
    prepared = prepare_image(np.concatenate([make_source(), np.zeros((1, 32, 32))]), PreparationRecipe())
    assert prepared.usable
    assert prepared.flags & PreparationFlag.EMPTY_CHANNEL


def test_weights_multiply_and_the_side_is_cut_from_the_middle():
    image = prepare_image(make_source(), make_recipe("weights=[0.25]", "side=10")).image
    assert image.shape == (1, 10, 10)
    full = prepare_image(make_source(), PreparationRecipe()).image
    np.testing.assert_allclose(image, 0.25 * full[:, 11:21, 11:21])


def test_radial_weights_and_masks_lower_the_outskirts():
    flat = np.ones((1, 32, 32)) + np.arange(32.0)
    radial = prepare_image(flat, make_recipe('channel.steps=["radial"]')).image[0]
    masked = prepare_image(flat, make_recipe('channel.steps=["mask"]', "channel.mask.scale=0.5")).image[0]
    assert radial[16, 16] > 15
    assert radial[0, 0] < 0.1
    assert masked[16, 16] == 17
    assert not masked[:8].any()


def test_a_reduced_cutout_says_that_it_reached_outside():
    prepared = prepare_image(make_source(), PreparationRecipe(), factor=0.5)
    assert PreparationFlag.OUTSIDE in prepared.flags
    assert np.count_nonzero(prepared.image) < np.count_nonzero(prepare_image(make_source(), PreparationRecipe()).image)


def test_without_steps_the_pixels_pass_through():
    cutout = make_source()
    image = prepare_image(cutout, PreparationRecipe(channel=ChannelRecipe(steps=()))).image
    np.testing.assert_array_equal(image, cutout.astype(np.float32))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (['channel.steps=["clip", "clip"]'], "give each step once"),
        (["channel.radial.sigma=0.1"], "radial has settings but is none of the steps"),
        (["channel.minmax.each=island"], "add the step islands before minmax"),
        (["weights=[1.0]", "shares=[1.0]"], "keep one of them"),
        (["chanel.steps=[]"], "did you mean channel"),
        (["channel.clip.snr=-1"], "greater than or equal to 0"),
    ],
)
def test_recipes_that_contradict_themselves_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        make_recipe(*settings)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (["weights=[1.0, 2.0]"], "2 channel weights, the cutouts have 1 channels"),
        (["side=40"], "32x32 pixels; give at most that"),
        (["bands.ir.steps=[]"], "names band ir; the cutouts have 0"),
        (['channel.steps=["hull"]', 'channel.hull.of="0"'], "waits for a hull itself"),
    ],
)
def test_recipes_that_do_not_fit_the_cutouts_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        prepare_image(make_source(), make_recipe(*settings))


def test_the_recipes_that_ship_are_the_default_and_one_for_two_channels():
    folder = Path(__file__).parents[2] / "recipes"
    assert read_recipe(PreparationRecipe, folder / "preparation.toml") == PreparationRecipe()
    two = read_recipe(PreparationRecipe, folder / "preparation-radio-infrared.toml")
    sky = np.concatenate([make_source(), make_source(seed=1)])
    assert prepare_image(sky, two, bands=("radio", "infrared")).usable

"""Training of the published networks on a handful of small blends."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from tests.deblending.blobs import make_blobs

from skysieve.config import dump_recipe, parse_recipe
from skysieve.deblending.paper_applying import measure_pairs
from skysieve.deblending.paper_fitting import build_paper_network, fit_paper_network
from skysieve.deblending.paper_networks import count_weights
from skysieve.deblending.recipe import StreamRecipe
from skysieve.deblending.recipe_blends import BlendsRecipe
from skysieve.deblending.recipe_galaxies import GalaxiesRecipe
from skysieve.deblending.recipe_paper import (
    BLEND2FLUX,
    BLEND2MASK2FLUX,
    SMALL_BLEND2FLUX,
    FluxPart,
    MaskPart,
    PaperRecipe,
)
from skysieve.deblending.streams import BlendSamples, FreshBlends, Stream
from skysieve.training import Stage, TrainingRecipe

ONE = TrainingRecipe(stages=(Stage(epochs=1),), batch=4, accelerator="cpu")
SMALL = PaperRecipe(
    flux=FluxPart(filters=4, depth=3), unet=MaskPart(depth=2, filters=4), training=ONE, mask_training=ONE,
    stream=StreamRecipe(GalaxiesRecipe(side=32)),
)  # fmt: skip


def make_samples(number, seed):
    return BlendSamples((Stream(make_blobs(seed=seed), BlendsRecipe(), number),), seed)


@pytest.mark.parametrize("network", ["blend2flux", "unet", "blend2mask2flux"])
def test_every_network_learns_for_an_epoch_and_answers(network, tmp_path):
    recipe = replace(SMALL, network=network)
    trained = fit_paper_network(recipe, training=make_samples(8, 1), validation=make_samples(4, 2), out=tmp_path)
    images = np.stack([one.image for one in make_samples(3, 3)])
    flux, masks = measure_pairs(trained, images, batch=2)
    assert np.isfinite(flux).all()
    assert (len(flux), len(masks)) == {"blend2flux": (3, 0), "unet": (0, 3), "blend2mask2flux": (3, 3)}[network]
    assert ((masks >= 0) & (masks <= 1)).all()


def test_a_finished_training_is_read_and_the_unet_is_where_the_whole_began(tmp_path):
    recipe, parts = replace(SMALL, network="blend2mask2flux"), (make_samples(8, 1), make_samples(4, 2))
    once = fit_paper_network(recipe, training=parts[0], validation=parts[1], out=tmp_path)
    again = fit_paper_network(recipe, training=parts[0], validation=parts[1], out=tmp_path)
    assert all(torch.equal(one, other) for one, other in zip(once.state_dict().values(), again.state_dict().values(),
                                                             strict=True))  # fmt: skip
    assert {path.name for path in tmp_path.iterdir()} == {"unet", "joint"}
    log = (tmp_path / "joint" / "log.csv").read_text()
    assert "validation_iou" in log
    assert "validation_companion" in log


def test_fresh_blends_are_made_for_each_epoch(tmp_path):
    fresh = FreshBlends(make_samples(4, 1))
    trained = fit_paper_network(SMALL, training=fresh, validation=make_samples(4, 2), out=tmp_path)
    assert not trained.training


def test_recipes_are_those_of_the_paper_and_pass_through_files():
    with torch.device("meta"):
        weights = [count_weights(build_paper_network(one)) for one in (SMALL_BLEND2FLUX, BLEND2FLUX, BLEND2MASK2FLUX)]
    assert weights == [1_607_106, 25_696_002, 18_497_092]
    assert parse_recipe(PaperRecipe, dump_recipe(BLEND2MASK2FLUX)) == BLEND2MASK2FLUX


def test_blends_that_are_not_all_listed_are_refused():
    with pytest.raises(ValueError, match="know pairs"):
        replace(SMALL, stream=StreamRecipe(blends=BlendsRecipe(merged=0.1)))

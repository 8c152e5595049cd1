"""Losses of the published networks."""

from dataclasses import replace

import pytest
import torch
from tests.deblending.blobs import make_blobs
from torch import nn

from skysieve.deblending.blending import make_blend
from skysieve.deblending.paper_losses import collate_pairs, measure_entropy, measure_joint_loss, measure_overlap
from skysieve.deblending.paper_networks import MasksAndFlux
from skysieve.deblending.recipe_blends import BlendsRecipe


def test_the_central_galaxy_comes_first_and_the_overlap_before_both():
    galaxies = make_blobs()
    blend = make_blend(galaxies, BlendsRecipe(), seed=1, index=0)
    batch = collate_pairs([blend, blend])
    assert (batch.flux[0].numpy() == blend.flux.astype("f4")).all()
    assert (blend.true_x[0], blend.true_y[0]) == (16, 16)
    assert (batch.masks[1, 1:].numpy() == blend.mask).all()
    assert (batch.masks[1, 0].numpy() == blend.mask.all(0)).all()


def test_other_numbers_of_galaxies_are_refused():
    recipe = BlendsRecipe(sources=(3, 3), distances="free")
    with pytest.raises(ValueError, match="lists 3 galaxies"):
        collate_pairs([make_blend(make_blobs(side=48), recipe, seed=1, index=0)])


def test_the_joint_loss_weighs_percents_and_entropy():
    blend = make_blend(make_blobs(), BlendsRecipe(), seed=1, index=0)
    batch = collate_pairs([replace(blend, flux=blend.flux * 0 + 100)])
    out = MasksAndFlux(torch.zeros(1, 2, 32, 32), torch.tensor([[110.0, 80.0]]))

    class Answer(nn.Module):
        def forward(self, _):
            return out

    parts = measure_joint_loss(Answer(), batch)
    assert parts["flux"].item() == pytest.approx(15)
    assert parts["masks"].item() == pytest.approx(0.1 * 0.6931, abs=1e-4)


def test_the_overlap_s_plane_counts_in_the_entropy_and_not_in_the_iou():
    masks = torch.zeros(1, 3, 2, 2)
    log_odds = torch.full((1, 3, 2, 2), -20.0)
    log_odds[:, 0] = 20
    assert measure_overlap(log_odds, masks) == 1
    assert measure_entropy(log_odds, masks).item() == pytest.approx(20 / 3, rel=1e-3)

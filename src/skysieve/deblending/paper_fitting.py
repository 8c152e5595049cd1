"""Train the published networks as the paper did, in stages that go on where they were killed."""

import functools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from skysieve.deblending.paper_losses import (
    PairBatch,
    collate_pairs,
    measure_entropy,
    measure_flux_loss,
    measure_joint_loss,
    measure_mape,
    measure_mask_loss,
    measure_overlap,
)
from skysieve.deblending.paper_networks import Blend2Flux, Blend2Mask2Flux, UNet
from skysieve.deblending.recipe_paper import PaperRecipe
from skysieve.deblending.streams import BlendSamples, FreshBlends, draw_streams
from skysieve.nn import build_seeded
from skysieve.training import TrainingRecipe, fit
from skysieve.training.samples import Samples

PaperNetwork = Blend2Flux | UNet | Blend2Mask2Flux


def build_paper_network(recipe: PaperRecipe) -> PaperNetwork:
    """Build the network of a recipe with its first weights."""
    return build_seeded(functools.partial(_build, recipe), recipe.seed)


def draw_pairs(recipe: PaperRecipe) -> tuple[Samples, Samples]:
    """Draw the galaxies of a recipe and return the blends to learn from and those to validate with."""
    seen = BlendSamples(draw_streams([recipe.stream], "train"), recipe.seed)
    held = draw_streams([recipe.stream], "validation", share=recipe.share, number=recipe.held)
    return (FreshBlends(seen) if recipe.draw == "fresh" else seen), BlendSamples(held, recipe.seed + 1)


def fit_paper_network(recipe: PaperRecipe, *, training: Samples, validation: Samples, out: Path) -> PaperNetwork:
    """Train, or go on with a training that was killed.

    Parameters
    ----------
    recipe : PaperRecipe
        Which network, and how.
    training, validation : Samples
        Blends of two galaxies each, as ``draw_pairs`` or ``read_blends`` gives them; ``FreshBlends`` make new ones in
        every epoch.
    out : Path
        Folder of the checkpoints and logs. A blend2mask2flux has its U-Net's in ``unet`` below it, where a U-Net that
        was trained before under the same recipe is found again.

    Returns
    -------
    network
        With the weights that were best on the validation's blends, in evaluation mode.
    """
    network = build_paper_network(recipe)
    run = functools.partial(_fit, training=training, validation=validation)
    match network:
        case Blend2Flux():
            run(network, measure_flux_loss, measure_fluxes, recipe=recipe.training, out=out)
        case UNet():
            run(network, measure_mask_loss, measure_masks, recipe=recipe.mask_training, out=out)
        case Blend2Mask2Flux():
            run(network.unet, measure_mask_loss, measure_masks, recipe=recipe.mask_training, out=out / "unet")
            joint, measure = (
                functools.partial(one, flux_weight=recipe.flux_weight, mask_weight=recipe.mask_weight)
                for one in (measure_joint_loss, measure_both)
            )
            run(network, joint, measure, recipe=recipe.training, out=out / "joint")
    return network


def measure_fluxes(network: nn.Module, batch: PairBatch) -> Mapping[str, Tensor]:
    """Return the mean error of all fluxes in percent as the loss, and that of each of the two galaxies."""
    flux = network(batch.images)
    return {"loss": measure_mape(flux, batch.flux), **_measure_each(flux, batch)}


def measure_masks(network: nn.Module, batch: PairBatch) -> Mapping[str, Tensor]:
    """Return the loss of a U-Net, and how well its masks overlap with the true ones."""
    log_odds = network(batch.images)
    return {"loss": measure_entropy(log_odds, batch.masks), "iou": measure_overlap(log_odds, batch.masks)}


def measure_both(
    network: nn.Module, batch: PairBatch, *, flux_weight: float, mask_weight: float
) -> Mapping[str, Tensor]:
    """Return the loss of a blend2mask2flux, the errors of its fluxes and the overlap of its masks."""
    out = network(batch.images)
    loss = flux_weight * measure_mape(out.flux, batch.flux) + mask_weight * measure_entropy(out.log_odds, batch.masks)
    return {"loss": loss, **_measure_each(out.flux, batch), "iou": measure_overlap(out.log_odds, batch.masks)}


def _build(recipe: PaperRecipe) -> PaperNetwork:
    flux, unet = recipe.flux, recipe.unet
    masks = UNet(unet.depth, unet.filters, masks=unet.planes, up=unet.up, dropout=unet.dropout,
                 image_unit=recipe.image_unit)  # fmt: skip
    if recipe.network == "unet":
        return masks
    planes = 1 if recipe.network == "blend2flux" else 3
    fluxes = Blend2Flux(
        flux.filters, recipe.stream.galaxies.side, planes=planes, depth=flux.depth, dense=flux.dense,
        hidden=flux.hidden, image_unit=recipe.image_unit, flux_unit=recipe.flux_unit,
    )  # fmt: skip
    return fluxes if recipe.network == "blend2flux" else Blend2Mask2Flux(masks, fluxes, masks=recipe.masks)


def _fit(
    network: nn.Module,
    loss: Callable[[nn.Module, Any], Mapping[str, Tensor]],
    measure: Callable[[nn.Module, Any], Mapping[str, Tensor]],
    *,
    training: Samples,
    validation: Samples,
    recipe: TrainingRecipe,
    out: Path,
) -> None:
    augment = training.draw if isinstance(training, FreshBlends) else None
    fit(network, loss, training, out=out, recipe=recipe, validation=validation, measure=measure,
        collate=collate_pairs, augment=augment)  # fmt: skip


def _measure_each(flux: Tensor, batch: PairBatch) -> dict[str, Tensor]:
    """Return the mean errors in percent of the central galaxies and of the companions."""
    return {
        name: measure_mape(flux[:, [place]], batch.flux[:, [place]])
        for place, name in enumerate(("central", "companion"))
    }

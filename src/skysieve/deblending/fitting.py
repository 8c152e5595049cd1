"""Train the network of fractions on blends that are made as they are wanted."""

import functools
from pathlib import Path

from skysieve.deblending.batching import collate_blends
from skysieve.deblending.losses import measure_errors, measure_loss
from skysieve.deblending.network import FractionNetwork
from skysieve.deblending.recipe import TrainRecipe
from skysieve.deblending.streams import BlendSamples, FreshBlends, draw_streams
from skysieve.nn import build_seeded
from skysieve.training import fit


def fit_network(recipe: TrainRecipe, *, out: Path) -> FractionNetwork:
    """Train, or go on with a training that was killed.

    Parameters
    ----------
    recipe : TrainRecipe
        The streams and how to train.
    out : Path
        Folder of the training's checkpoints and its log.

    Returns
    -------
    FractionNetwork
        With the weights that were best on the validation's blends, in evaluation mode.
    """
    network = build_seeded(lambda: FractionNetwork(recipe.widths), recipe.seed)
    fresh = FreshBlends(BlendSamples(draw_streams(recipe.streams, "train"), recipe.seed))
    held = draw_streams(recipe.streams, "validation", share=recipe.share, number=recipe.held)
    fit(
        network, measure_loss, fresh, out=out, recipe=recipe.training,
        validation=BlendSamples(held, recipe.seed + 1), measure=measure_errors,
        collate=functools.partial(collate_blends, side=recipe.side), augment=fresh.draw,
    )  # fmt: skip
    return network

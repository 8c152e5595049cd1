"""How the weights come to be: train, calibrate on blends held out, measure on others, export."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float

from skysieve.config import dump_recipe
from skysieve.deblending.blending import Blend
from skysieve.deblending.calibration import fit_stretch
from skysieve.deblending.fitting import fit_network
from skysieve.deblending.model import (
    DOMAIN_FEATURES,
    FluxNetwork,
    Raw,
    Windows,
    join_raw,
    look,
    read_model,
    tell_apart,
)
from skysieve.deblending.network import FractionNetwork
from skysieve.deblending.recipe import TrainRecipe
from skysieve.deblending.scores import Judged, judge_told, measure_main
from skysieve.deblending.streams import BlendSamples, draw_streams
from skysieve.io.weights import Metric, ModelCard, read_weights, write_weights
from skysieve.training import export_weights, fit_domain, fit_temperature

HELD = 10
"""Times as many blends are held out for calibration, and for the test, as for validation."""

EXAMPLES = 2
"""Windows kept in the weights for their check."""


@dataclass(frozen=True)
class Held:
    """Blends that were not learned from, whole, with what is true of their sources."""

    windows: Windows
    log_flux: Float[np.ndarray, " source"]
    unlisted: Bool[np.ndarray, " source"]


def train_deblender(recipe: TrainRecipe, *, out: Path, on_stage: Callable[[str], None]) -> ModelCard:
    """Train as ``task.train`` says; ``on_stage`` is told what is done."""
    network = fit_network(recipe, out=out / "training")
    on_stage("calibrate")
    raw, held = _look_at_held(network, recipe, "calibration")
    path = out / "weights" / f"{recipe.name}.safetensors"
    export_deblender(network, recipe, raw, held, path=path)
    on_stage("test")
    metrics = _measure(recipe, path)
    tensors, card = read_weights(path)
    return write_weights(path, tensors, replace(card, metrics=metrics))


def make_windows(blends: list[Blend]) -> Windows:
    """Put whole blends of one size together."""
    images = np.stack([blend.image for blend in blends])
    places = np.concatenate([np.stack([blend.x, blend.y], 1) for blend in blends])
    number = [len(blend) for blend in blends]
    return Windows(images, np.stack([blend.psf for blend in blends]), places, np.repeat(np.arange(len(blends)), number))


def make_held(blends: list[Blend]) -> Held:
    """Put whole blends of one size together with their truth."""
    flux = np.concatenate([blend.flux for blend in blends])
    return Held(make_windows(blends), np.log(flux), np.concatenate([blend.unlisted for blend in blends]))


def _draw_held(recipe: TrainRecipe, part: str) -> list[Blend]:
    """Draw the blends of a part of the split."""
    streams = draw_streams(recipe.streams, part, share=recipe.share, number=HELD * recipe.held)
    samples = BlendSamples(streams, recipe.seed + {"calibration": 2, "test": 3}[part])
    return [samples[row] for row in range(len(samples))]


def _look_at_held(network: FractionNetwork, recipe: TrainRecipe, part: str) -> tuple[Raw, Held]:
    held = make_held(_draw_held(recipe, part))
    return join_raw(list(look(network, held.windows, batch=32))), held


def export_deblender(network: FractionNetwork, recipe: TrainRecipe, raw: Raw, held: Held, *, path: Path) -> None:
    """Write the network with its calibration, its domain and a card that has no metrics yet."""
    flux = FluxNetwork(recipe.widths)
    flux.fractions.load_state_dict(network.state_dict())
    domain = fit_domain(raw.features[:, DOMAIN_FEATURES], size=recipe.domain_size, quantile=recipe.domain_quantile,
                        seed=recipe.seed)  # fmt: skip
    some = held.windows.blend < EXAMPLES
    example = (held.windows.images[:EXAMPLES], held.windows.psf[:EXAMPLES].astype(np.float32),
               held.windows.places[some].astype(np.float32), held.windows.blend[some])  # fmt: skip
    export_weights(path, flux, _make_card(recipe), example=example, domain=domain,
                   calibrator=fit_temperature(raw.hidden, held.unlisted.astype(np.int64)))  # fmt: skip
    stretch = fit_stretch(raw.quantiles, raw.crowding, held.log_flux)
    tensors, card = read_weights(path)
    more = {"stretch.shift": stretch.shift.astype(np.float32), "stretch.factor": stretch.factor.astype(np.float32)}
    write_weights(path, {**tensors, **more}, card)


def _measure(recipe: TrainRecipe, path: Path) -> dict[str, Metric]:
    """Measure exported weights on the test's blends, the streams apart."""
    blends, model = _draw_held(recipe, "test"), read_model(str(path))
    number, metrics = HELD * recipe.held, dict[str, Metric]()
    for place, stream in enumerate(recipe.streams):
        own = blends[place * number : (place + 1) * number]
        judged: Judged = judge_told(tell_apart(model, make_windows(own)), own)
        name = stream.galaxies.population
        metrics |= {f"{name}_{key}": value for key, value in measure_main(judged).items()}
    return metrics


def _make_card(recipe: TrainRecipe) -> ModelCard:
    galaxies = sum(stream.galaxies.number for stream in recipe.streams)
    blends = sum(stream.epoch for stream in recipe.streams) * recipe.training.epochs
    survey = [stream.galaxies for stream in recipe.streams if stream.galaxies.population == "survey"]
    wide = "".join(
        f"; PSFs of {one.fwhm[0]:g} to {one.fwhm[1]:g} pixels FWHM, S/N {one.snr[0]:g} to {one.snr[1]:g}"
        for one in survey
    )
    return ModelCard(
        name=recipe.name, version=recipe.version, capability="deblending",
        architecture="network of fractions, "
        f"{'-'.join(map(str, recipe.widths))} channels on cells of 4, 8 and 16 pixels, profiles bent by pixel features",
        training_data=f"{blends} blends of {galaxies} simulated galaxies and stars, drawn by GalSim's profiles",
        domain=f"pairs as CANDELS sees them in F160W, magnitudes 18 to 23.5{wide}",
        license="BSD-3-Clause", seed=recipe.seed, recipe=_forget_execution(recipe),
    )  # fmt: skip


def _forget_execution(recipe: TrainRecipe) -> dict[str, object]:
    """Return the recipe without what does not decide the weights."""
    return {name: value for name, value in dump_recipe(recipe).items() if name != "execution"}

"""How the classifier is trained: fields, network, calibration, domain, export, and its numbers on fields held out."""

import functools
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from scipy.special import logit
from torch import nn

from skysieve.config import dump_recipe
from skysieve.execution import Outcome, open_ledger
from skysieve.io.weights import Metric, ModelCard, read_weights, write_weights
from skysieve.nn import build_seeded
from skysieve.stellarity.data import UNKNOWN, Field, FieldWork, draw_scene_recipe, simulate_fields
from skysieve.stellarity.features import FEATURES, measure_features, measure_log_snr
from skysieve.stellarity.model import LIMITS, read_model
from skysieve.stellarity.network import StarNetwork
from skysieve.stellarity.prior import fit_prior, fit_settling
from skysieve.stellarity.recipe import ApplyRecipe, TrainRecipe
from skysieve.stellarity.scores import Judged, judge_fields, measure_main
from skysieve.training import ArraySamples, export_weights, fit, fit_domain, fit_temperature, split_groups

EXAMPLES = 64
"""Rows kept in the weights for their check."""


@dataclass(frozen=True)
class Samples:
    """Labeled sources of all fields: features, ln S/N, label (1 star, 0 galaxy), name of the field."""

    features: Float[np.ndarray, "source feature"]
    log_snr: Float[np.ndarray, " source"]
    label: Int[np.ndarray, " source"]
    field: np.ndarray

    def take(self, rows: Bool[np.ndarray, " source"]) -> "Samples":
        """Return the sources of a mask."""
        return Samples(self.features[rows], self.log_snr[rows], self.label[rows], self.field[rows])

    def as_arrays(self) -> ArraySamples:
        """Return features and labels as the trainer takes them."""
        return ArraySamples((self.features.astype(np.float32), self.label.astype(np.float32)))


def train_classifier(recipe: TrainRecipe, *, out: Path, on_done: Callable[[Outcome], None]) -> ModelCard:
    """Train as ``task.train`` says."""
    out = out.resolve()
    works = [
        FieldWork(f"{index:04d}", draw_scene_recipe(recipe.fields, index), recipe.fields.seed * 100_000 + index)
        for index in range(recipe.fields.number)
    ]
    with open_ledger(out, _identify(recipe)) as ledger:
        fields = simulate_fields(works, recipe.extraction, ledger=ledger, execution=recipe.execution, on_done=on_done)
    samples = collect_samples(fields)
    parts = split_groups(samples.field, dump_recipe(recipe.split), recipe.seed)
    split = {name: samples.take(rows) for name, rows in parts.items()}
    _refuse_few(split)
    network = _fit(recipe, split, out=out)
    export = functools.partial(_export, network, recipe, split, path=out / "weights" / f"{recipe.name}.safetensors")
    held = _judge_part(fields, split["calibration"], path=export())
    network.settling.copy_(torch.from_numpy(_settle(held)))
    path = export()
    return _rewrite_card(path, measure_main(_judge_part(fields, split["test"], path=path)))


def collect_samples(fields: Sequence[Field]) -> Samples:
    """Put the sources of all fields together that have a label and can be judged."""
    parts = []
    for one in fields:
        features = measure_features(one.catalog)
        rows = np.isfinite(features).all(axis=1) & (one.label != UNKNOWN)
        names = np.full(int(rows.sum()), one.name)
        parts.append((features[rows], measure_log_snr(one.catalog)[rows], one.label[rows], names))
    if not parts:
        raise ValueError("stellarity: no field has a PSF and sources; raise fields.number, fields.side or fields.stars")
    return Samples(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def _fit(recipe: TrainRecipe, split: Mapping[str, Samples], *, out: Path) -> StarNetwork:
    """Train the network."""
    learned = split["train"]
    prior = fit_prior(learned.label.astype(float), learned.log_snr, field=learned.field)
    network = build_seeded(lambda: StarNetwork(learned.features, hidden=recipe.hidden, prior=prior), recipe.seed)
    fit(network, _measure_loss, learned.as_arrays(), out=out / "training", recipe=recipe.training,
        validation=split["validation"].as_arrays())  # fmt: skip
    return network


def _export(network: StarNetwork, recipe: TrainRecipe, split: Mapping[str, Samples], *, path: Path) -> Path:
    """Write the network with its calibration, its domain and a card that has no metrics yet."""
    learned, held = split["train"], split["calibration"]
    with torch.inference_mode():
        logits = network(torch.from_numpy(held.features.astype(np.float32))).numpy().astype(float)
    domain = fit_domain(learned.features, size=recipe.domain_size, quantile=recipe.domain_quantile, seed=recipe.seed)
    export_weights(
        path, network, _make_card(recipe, learned), example=(learned.features[:EXAMPLES].astype(np.float32),),
        calibrator=fit_temperature(logits, held.label), domain=domain,
    )  # fmt: skip
    return path


def _judge_part(fields: Sequence[Field], part: Samples, *, path: Path) -> Judged:
    """Judge the fields of one part of the split with exported weights."""
    names = set(part.field.tolist())
    return judge_fields([one for one in fields if one.name in names], read_model(str(path)), ApplyRecipe())


def _settle(judged: Judged) -> Float[np.ndarray, "2"]:
    """Gain and offset of log-odds under the priors of single images."""
    chance = judged.scores["skysieve"]
    known = ~judged.ood & np.isfinite(chance)
    return fit_settling(logit(np.clip(chance[known], *LIMITS)), judged.is_star[known].astype(float))


def _measure_loss(network: nn.Module, batch: tuple[torch.Tensor, torch.Tensor]) -> torch.Tensor:
    features, label = batch
    return nn.functional.binary_cross_entropy_with_logits(network(features), label)


def _make_card(recipe: TrainRecipe, learned: Samples) -> ModelCard:
    fields = recipe.fields
    stars, names = int(learned.label.sum()), len(np.unique(learned.field))
    return ModelCard(
        name=recipe.name, version=recipe.version, capability="stellarity",
        architecture=f"perceptron {'-'.join(map(str, (len(FEATURES), *recipe.hidden, 1)))} on {', '.join(FEATURES)}",
        training_data=f"{stars} stars and {len(learned.label) - stars} galaxies on {names} simulated fields with the "
        f"pixels of {', '.join(fields.surveys)}, measured by skysieve",
        domain=f"seeing {fields.seeing[0]:g} to {fields.seeing[1]:g} arcsec, PSFs of {fields.sampling[0]:g} to "
        f"{fields.sampling[1]:g} pixels FWHM, detections of the default recipe",
        license="BSD-3-Clause", seed=recipe.seed, recipe=_forget_execution(recipe),
    )  # fmt: skip


def _rewrite_card(path: Path, metrics: Mapping[str, Metric]) -> ModelCard:
    """Write the same weights with metrics in the card."""
    tensors, card = read_weights(path)
    return write_weights(path, tensors, replace(card, metrics=metrics))


def _refuse_few(parts: Mapping[str, Samples]) -> None:
    for name, part in parts.items():
        if len(np.unique(part.label)) < 2:
            raise ValueError(f"stellarity: the {name} fields hold only one kind of source; raise fields.number")


def _forget_execution(recipe: TrainRecipe) -> dict[str, object]:
    """Return the recipe without what does not decide the weights."""
    return {name: value for name, value in dump_recipe(recipe).items() if name != "execution"}


def _identify(recipe: TrainRecipe) -> str:
    """SHA-256 of what decides the fields; another network can be trained on the same ones in another folder."""
    return hashlib.sha256(json.dumps(_forget_execution(recipe), sort_keys=True).encode()).hexdigest()

"""A trained judge learns on: its last layers, its calibration, its sets of causes, its domain, a new card."""

import copy
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import nn

from skysieve.config import dump_recipe
from skysieve.io.weights import Metric, ModelCard, read_weights, write_weights
from skysieve.quality.judging import Judge
from skysieve.quality.lessons import Lessons
from skysieve.quality.model import Model, list_inputs, read_model, run_judge
from skysieve.quality.relearning_recipe import BODY, HEAD, JOIN, RelearnRecipe
from skysieve.quality.scores import measure_main
from skysieve.quality.training import EXAMPLES, choose_boundary, promise_sets
from skysieve.training import (
    ArraySamples,
    Calibrator,
    DomainIndex,
    Temperature,
    calibrate,
    export_weights,
    fit,
    fit_domain,
    fit_temperature,
)

LAST = ("network.head", "network.numbers.head", "network.add.head")
"""Where networks keep their last layers."""

BEFORE = ("network.dense", "network.numbers", "network.add")
"""Where they keep those that join all inputs before."""

ENOUGH = 200
"""Detectors from which on a calibration may make a model surer than it was."""

UNKNOWN = frozenset({"agreement_clear", "agreement_borderline"})
"""Numbers that need the size of a fault, which labels of people do not tell."""

EDGE = 1e4
"""Coordinates of the domain farther out count as that far, as 16 bits hold them."""


@dataclass(frozen=True)
class Schooling:
    """What a retraining was made of, in numbers.

    ``exposures`` with labels that could be learned from, ``left_out`` of other or undecided classes, ``missing`` in the
    folder; ``detectors`` they have; ``simulated`` detectors that were mixed in.
    """

    exposures: int
    left_out: int
    missing: int
    detectors: int
    simulated: int
    raters: int


def fit_lessons(
    model: Model, parts: Mapping[str, Lessons], recipe: RelearnRecipe, *, out: Path, told: Schooling,
    kept: Mapping[str, np.ndarray] | None = None,
) -> ModelCard:  # fmt: skip
    """Train on lessons that are there, calibrate, and export; `relearn` says how they are made.

    ``kept`` are tensors of the old weights that stay true as long as only the last layer learns.

    Notes
    -----
    The loss is the cross-entropy to the probabilities that the raters' labels leave, times the weight. Calibration and
    sets of causes take one class an exposure, drawn by these probabilities: what the raters do not know, the model
    must not claim to. See `calibrate_few` for small sets. Where all validation exposures are good, or none is, the
    boundary stays as it was.
    """
    judge = copy.deepcopy(model.judge)
    samples = {
        name: ArraySamples((*list_inputs(one.views), one.target.astype(np.float32), one.weight.astype(np.float32)))
        for name, one in parts.items()
    }
    fit(judge, _measure_loss, samples["train"], out=out / "training", recipe=recipe.training,
        validation=samples["validation"], groups=list_groups(judge))  # fmt: skip
    held = parts["calibration"]
    drawn = draw_labels(held.target, held.views.exposure, seed=recipe.seed)
    logits, _ = run_judge(judge, held.views)
    calibrator = calibrate_few(fit_temperature(logits, drawn), model.calibrator, n=len(held))
    promise_sets(judge, replace(held.views, label=drawn), calibrator, coverage=model.promises[0].coverage)
    judged, good = run_judge(judge, parts["validation"].views)[0], parts["validation"].views.label == 0
    if good.any() and not good.all():
        judge.boundary.copy_(torch.tensor(choose_boundary(good, calibrate(calibrator, judged)[:, 0])))
    path, domain = out / "weights" / f"{recipe.name}.safetensors", renew_domain(model, judge, parts, seed=recipe.seed)
    export_weights(
        path, judge, _make_card(model, recipe, told), example=tuple(one[:EXAMPLES] for one in list_inputs(held.views)),
        calibrator=calibrator, domain=domain, tolerance=0.02,
    )  # fmt: skip
    tensors, card = read_weights(path)
    if domain.threshold == model.domain.threshold:
        tensors |= kept or {}
    return write_weights(path, tensors, replace(card, metrics=_measure(model, read_model(str(path)), parts["test"])))


def calibrate_few(found: Temperature, before: Calibrator, *, n: int) -> Temperature:
    """Return the calibration to take: a few detectors cannot show that a model may be surer than it was.

    Examples
    --------
    >>> calibrate_few(Temperature(0.01), Temperature(1.2), n=9).temperature
    1.2
    >>> calibrate_few(Temperature(0.8), Temperature(1.2), n=900).temperature
    0.8
    """
    if n >= ENOUGH or not isinstance(before, Temperature):
        return found
    return Temperature(max(found.temperature, before.temperature))


def list_groups(judge: nn.Module) -> dict[str, list[str]]:
    """Return the names of the parameters of each layer group; groups without any are left out.

    Raises
    ------
    ValueError
        If the network has no last layer where one is looked for.
    """
    groups: dict[str, list[str]] = {HEAD: [], JOIN: [], BODY: []}
    for name, _ in judge.named_parameters():
        last, before = (any(name.startswith(f"{place}.") for place in places) for places in (LAST, BEFORE))
        groups[HEAD if last else JOIN if before else BODY].append(name)
    if not groups[HEAD]:
        raise ValueError(f"relearning: the network has none of {', '.join(LAST)}, so that nothing can learn alone")
    return {group: names for group, names in groups.items() if names}


def draw_labels(
    target: Float[np.ndarray, "row label"], exposure: Int[np.ndarray, " row"], *, seed: int
) -> Int[np.ndarray, " row"]:
    """Draw a class for each exposure by its probabilities; its detectors share it.

    Examples
    --------
    >>> draw_labels(np.array([[0.0, 1.0], [1.0, 0.0]]), np.array([0, 1]), seed=0).tolist()
    [1, 0]
    """
    _, number = np.unique(exposure, return_inverse=True)
    dice = np.random.default_rng(seed).uniform(size=len(exposure))[number]
    return np.minimum((target.cumsum(axis=1) <= dice[:, None]).sum(axis=1), target.shape[1] - 1)


def renew_domain(model: Model, judge: Judge, parts: Mapping[str, Lessons], *, seed: int) -> DomainIndex:
    """Return the domain of a judge that learned more: it holds what it held before, and the new exposures.

    Notes
    -----
    Where only the last layer learned, distances are what they were: the training exposures are added to the vectors
    that stand for the domain, and its threshold stays. Otherwise the domain is measured anew on exposures that were
    not learned, so that without simulated ones among them it holds exposures like the labeled ones alone.
    """
    taught = parts["train"]
    before, after = (run_judge(one, taught.views)[1] for one in (model.judge, judge))
    size = model.recipe.domain_size
    if not np.array_equal(before, after):
        fresh = [run_judge(judge, parts[name].views)[1] for name in ("calibration", "validation")]
        return fit_domain(np.concatenate(fresh), size=size, quantile=model.recipe.domain_quantile, seed=seed)
    rows = np.flatnonzero(taught.real)
    chosen = np.random.default_rng(seed).permutation(rows)[:size]
    placed = np.clip((after[chosen] - model.domain.center) / model.domain.scale, -EDGE, EDGE)
    return replace(model.domain, vectors=np.concatenate([model.domain.vectors, placed.astype(np.float16)]))


def _measure_loss(judge: nn.Module, batch: Any) -> torch.Tensor:
    *inputs, target, weight = batch
    return (nn.functional.cross_entropy(judge(*inputs), target, reduction="none") * weight).mean()


def _measure(before: Model, after: Model, part: Lessons) -> dict[str, Metric]:
    """Measure on exposures that were not learned: real ones, with the old agreement, and simulated ones."""
    real, simulated = part.take(part.real), part.take(~part.real)
    found = {name: one for name, one in _measure_kind(after, real).items() if name not in UNKNOWN}
    found["agreement_before"] = _measure_kind(before, real)["agreement"]
    return found | {f"simulated_{name}": one for name, one in _measure_kind(after, simulated).items()}


def _measure_kind(model: Model, part: Lessons) -> dict[str, Metric]:
    """Measure one kind of exposures; numbers that few of them do not allow are left out."""
    if not len(part):
        return {}
    measured = measure_main(model, part.views)
    return {name: one for name, one in measured.items() if math.isfinite(one.value)}


def _make_card(model: Model, recipe: RelearnRecipe, told: Schooling) -> ModelCard:
    """Return the card of a model that learned more; it has no metrics yet."""
    kind = {name: value for name, value in dump_recipe(model.recipe).items() if name != "execution"}
    layers = ", ".join(sorted({name for stage in recipe.training.stages for name in stage.rates}))
    mixed = f", mixed with {told.simulated} simulated detectors of that training" if told.simulated else ""
    return replace(
        model.card, name=recipe.name, version=recipe.version, seed=recipe.seed, metrics={}, sha256="",
        recipe={**kind, "name": recipe.name, "version": recipe.version},
        training_data=f"{model.card.training_data}; then ({layers} alone) {told.exposures} exposures "
        f"({told.detectors} detectors) labeled by {told.raters} people{mixed}; exposures that {model.card.name} "
        f"{model.card.version} was unsure of weighed up to {1 + recipe.factor:g} times as much",
    )  # fmt: skip

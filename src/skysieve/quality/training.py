"""How a judge of exposures is trained: exposures, network, calibration, sets of causes, domain, export."""

import functools
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import nn

from skysieve.config import dump_recipe
from skysieve.execution import Outcome
from skysieve.io.weights import Metric, ModelCard, read_weights, write_weights
from skysieve.metrics import fit_conformal
from skysieve.nn import build_seeded
from skysieve.quality.fingerprint import SourceMap
from skysieve.quality.judging import Judge
from skysieve.quality.labels import CLASSES
from skysieve.quality.learning import Views, join_views, make_views
from skysieve.quality.model import hide_zeropoint, list_inputs, read_model, run_judge
from skysieve.quality.network import LOOKS, NUMBERS
from skysieve.quality.promises import KNOWN, find_knowledge
from skysieve.quality.realframes import REAL, learn_from_real
from skysieve.quality.recipe import TrainRecipe
from skysieve.quality.reference import fit_reference
from skysieve.quality.scores import measure_main
from skysieve.quality.statistics import STATISTICS, UNSEEN
from skysieve.training import (
    ArraySamples,
    Calibrator,
    DomainIndex,
    calibrate,
    export_weights,
    fit,
    fit_domain,
    fit_temperature,
    read_domain,
    split_groups,
)

EXAMPLES = 16
"""Rows kept in the weights for their check."""

FEW = 100
"""Exposures of a kind that a promise needs: with so many, the coverage of the sets scatters by 2 %."""

FORGETTABLE = np.array([name not in UNSEEN for name in STATISTICS])

FORGOTTEN = 0.1
"""Share of the cutouts and of the statistics that a training sample does without."""


def train_judge(recipe: TrainRecipe, *, out: Path, on_done: Callable[[Outcome], None]) -> ModelCard:
    """Train as ``task.train`` says."""
    out = out.resolve()
    views, source_map = make_views(recipe.learning, out=out, on_done=on_done, execution=recipe.execution)
    real = learn_from_real(recipe, source_map, out=out, on_done=on_done)
    return fit_judge(recipe, views, source_map, out=out, real=real)


def fit_judge(
    recipe: TrainRecipe, views: Views, source_map: SourceMap, *, out: Path, real: Views | None = None
) -> ModelCard:
    """Train on views that are there, calibrate, and export.

    Parameters
    ----------
    recipe : TrainRecipe
        Its ``learning`` says what the views are.
    out : Path
        Gets ``training/`` and ``weights/``.
    real : Views, optional
        Of real frames; they train the network and nothing else, so that all numbers are of simulated exposures.

    Raises
    ------
    ValueError
        If there are too few exposures, or a part of the split holds one class alone.
    """
    learned = _take_learnable(views)
    parts = split_groups(learned.exposure, dump_recipe(recipe.split), recipe.seed)
    split = {name: learned.take(rows) for name, rows in parts.items()}
    _refuse_few(split)
    if real is not None:
        split["train"] = join_views([split["train"], _take_learnable(real)])
    judge = _fit(recipe, split, source_map, out=out)
    export = functools.partial(_export, judge, recipe, split, path=out / "weights" / f"{recipe.name}.safetensors")
    path = export()
    tensors, card = read_weights(path)
    tensors |= _remember(judge, split, read_domain(tensors, card))
    return write_weights(path, tensors, replace(card, metrics=_measure(path, split["test"])))


def _take_learnable(views: Views) -> Views:
    """Leave out detectors without light, and causes that nothing is trained for."""
    return views.take((views.label < len(CLASSES)) & ~views.dead.astype(bool))


def _fit(recipe: TrainRecipe, split: Mapping[str, Views], source_map: SourceMap, *, out: Path) -> Judge:
    """Train the network and set what is decided after training."""
    side = recipe.learning.detector.fingerprint.side
    judge = build_seeded(
        lambda: Judge(source_map, torch.from_numpy(split["train"].statistics.astype(np.float32)),
                      variant=recipe.variant, counts=recipe.counts, side=side), recipe.seed,
    )  # fmt: skip
    samples = {name: ArraySamples((*list_inputs(part), part.label.astype(np.int64))) for name, part in split.items()}
    fit(judge, _measure_loss, samples["train"], out=out / "training", recipe=recipe.training,
        validation=samples["validation"], augment=_augment, groups=_name_groups(recipe))  # fmt: skip
    logits, _ = run_judge(judge, split["calibration"])
    temperature = fit_temperature(logits, split["calibration"].label.astype(np.int64))
    promise_sets(judge, split["calibration"], temperature, coverage=recipe.coverage)
    logits, _ = run_judge(judge, split["validation"])
    good = calibrate(temperature, logits)[:, 0]
    judge.boundary.copy_(torch.tensor(choose_boundary(split["validation"].label == 0, good)))
    return judge


def promise_sets(judge: Judge, held: Views, calibrator: Calibrator, *, coverage: float) -> None:
    """Set the thresholds of the sets of causes, by what is known of the camera.

    Parameters
    ----------
    judge : Judge
        Its ``conformal`` is set.
    held : Views
        Labeled exposures that it was not fitted to.
    calibrator : Calibrator
        Of its logits.
    coverage : float
        Probability that a set holds the true cause.

    Notes
    -----
    The zeropoint is known to one statistic alone, so that exposures are seen as if it were not known by hiding that.
    What the usual sky is, the counts of sources know as well; of it only those tell that never knew it. Of fewer
    exposures of a kind than ``FEW`` the whole set decides, with its mixture of kinds.
    """
    dark = np.isin(find_knowledge(held.statistics), (KNOWN.index("zeropoint"), KNOWN.index("neither")))
    told = find_knowledge(held.statistics) % 2 == 0
    opaque = hide_zeropoint(held)
    kinds = held.take(told & ~dark), opaque.take(~dark), held.take(told & dark), opaque.take(dark)
    for number, kind in enumerate(one if len(one) >= FEW else held for one in kinds):
        probability = calibrate(calibrator, run_judge(judge, kind)[0])
        fitted = fit_conformal(kind.label.astype(np.int64), probability, coverage=coverage)
        judge.conformal[number].copy_(torch.tensor([fitted.threshold, fitted.coverage, fitted.n]))


def _name_groups(recipe: TrainRecipe) -> dict[str, list[str]] | None:
    """Return the layer groups that the stages name; None for one group of all layers."""
    if any("all" in stage.rates for stage in recipe.training.stages):
        return None
    return {name: [f"network.{one}" for one in part] for name, part in (("numbers", NUMBERS), ("looks", LOOKS))}


def choose_boundary(is_good: Bool[np.ndarray, " row"], probability: Float[np.ndarray, " row"]) -> float:
    """Choose the probability of being good that parts good from bad with the fewest errors.

    Returns
    -------
    float
        Halfway between two neighbors; the one nearest to one half among equals.

    Examples
    --------
    >>> choose_boundary(np.array([False, False, True, True]), np.array([0.1, 0.3, 0.5, 0.9]))
    0.4
    """
    order = np.argsort(probability)
    sorted_good, sorted_chance = is_good[order], probability[order]
    # With the boundary below the k-th row, good rows before it and bad ones from it on are wrong.
    wrong = np.concatenate([[0], np.cumsum(sorted_good)]) + np.concatenate([np.cumsum(~sorted_good[::-1])[::-1], [0]])
    edges = np.concatenate([[0.0], (sorted_chance[1:] + sorted_chance[:-1]) / 2, [1.0]])
    best = np.flatnonzero(wrong == wrong.min())
    return float(edges[best[np.abs(edges[best] - 0.5).argmin()]])


def _export(judge: Judge, recipe: TrainRecipe, split: Mapping[str, Views], *, path: Path) -> Path:
    """Write the network with its calibration, its domain and a card that has no metrics yet."""
    held = split["calibration"]
    logits, embeddings = run_judge(judge, held)
    # Exposures that the network was fitted to lie closer to each other than new ones do.
    fresh = np.concatenate([embeddings, run_judge(judge, split["validation"])[1]])
    domain = fit_domain(fresh, size=recipe.domain_size, quantile=recipe.domain_quantile, seed=recipe.seed)
    example = tuple(array[:EXAMPLES] for array in list_inputs(held))
    export_weights(
        path, judge, _make_card(recipe, split["train"]), example=example,
        calibrator=fit_temperature(logits, held.label.astype(np.int64)), domain=domain, tolerance=0.02,
    )  # fmt: skip
    return path


def _remember(judge: Judge, split: Mapping[str, Views], domain: DomainIndex | None) -> dict[str, np.ndarray]:
    """Return the labeled exposures that verdicts are compared with: some that the network was not fitted to."""
    if domain is None:
        return {}
    held = [split[name] for name in ("calibration", "validation")]
    label, exposure = (np.concatenate([getattr(one, name) for one in held]) for name in ("label", "exposure"))
    embeddings = np.concatenate([run_judge(judge, one)[1] for one in held])
    return fit_reference(embeddings, label.astype(np.int64), exposure, domain=domain)


def _measure(path: Path, part: Views) -> dict[str, Metric]:
    return measure_main(read_model(str(path)), part)


def _augment(sample: tuple[Any, ...], rng: np.random.Generator) -> tuple[Any, ...]:
    """Turn all cutouts of a detector and its mean star alike, leave some cutouts out, at times forget a number."""
    cutouts, hits, stack, statistics, label = sample
    turn = int(rng.integers(4))
    cutouts, stack = np.rot90(cutouts, turn, axes=(1, 2)), np.rot90(stack, turn)
    if rng.uniform() < 0.5:
        cutouts, stack = cutouts[:, ::-1], stack[::-1]
    cutouts = cutouts * (rng.uniform(size=(len(cutouts), 1, 1)) > FORGOTTEN)
    forgotten = (rng.uniform(size=len(statistics)) < FORGOTTEN) & FORGETTABLE
    statistics = np.where(forgotten, np.nan, statistics)
    return (np.ascontiguousarray(cutouts, np.float32), hits, np.ascontiguousarray(stack),
            statistics.astype(np.float32), label)  # fmt: skip


def _measure_loss(judge: nn.Module, batch: Any) -> dict[str, torch.Tensor]:
    """Return what is minimized, and beside it the share that is told rightly, which the log keeps as well."""
    *inputs, label = batch
    logits = judge(*inputs)
    agreement = (logits.detach().argmax(dim=1) == label).float().mean()
    return {"loss": nn.functional.cross_entropy(logits, label), "agreement": agreement}


def _make_card(recipe: TrainRecipe, learned: Views) -> ModelCard:
    observing, numbers = recipe.learning.observing, np.unique(learned.exposure)
    counts = np.bincount(learned.label, minlength=len(CLASSES))
    told = ", ".join(f"{count} {name}" for name, count in zip(CLASSES, counts.tolist(), strict=True))
    return ModelCard(
        name=recipe.name, version=recipe.version, capability="quality",
        architecture=f"{recipe.variant} on counts of {recipe.counts}, {recipe.learning.map.clusters} cutouts and "
        f"{len(STATISTICS)} statistics of a detector",
        training_data=f"simulated detectors of {np.sum(numbers < REAL)} exposures with the pixels "
        f"of {', '.join(observing.surveys)}, {np.sum(learned.exposure >= REAL)} detectors of "
        f"{np.sum(numbers >= REAL)} real exposures with faults put in ({told})",
        domain=f"exposures of {observing.exptime[0]:g} to {observing.exptime[1]:g} s, {observing.stars[0]:g} to "
        f"{observing.stars[1]:g} stars an arcmin^2, detectors with sky",
        license="BSD-3-Clause", seed=recipe.seed, recipe=_forget_execution(recipe),
    )  # fmt: skip


def _forget_execution(recipe: TrainRecipe) -> dict[str, object]:
    """Return the recipe without what does not decide the weights: how it was run, and where real frames lay."""
    plain = dump_recipe(replace(recipe, real=replace(recipe.real, folder=None)))
    return {name: value for name, value in plain.items() if name != "execution"}


def _refuse_few(parts: Mapping[str, Views]) -> None:
    for name, part in parts.items():
        if len(np.unique(part.label)) < 2:
            raise ValueError(f"quality: the {name} exposures hold one class alone; raise learning.observing.number")

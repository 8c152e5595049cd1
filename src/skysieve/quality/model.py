"""A trained judge of exposures as it is applied: from what is seen of detectors to probabilities and sets of causes."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Bool, Float

from skysieve.config import parse_recipe
from skysieve.io.shipped import find_weights
from skysieve.io.weights import ModelCard, read_weights
from skysieve.metrics import Conformal
from skysieve.quality.fingerprint import SourceMap
from skysieve.quality.labels import CLASSES
from skysieve.quality.learning import Views
from skysieve.quality.promises import KNOWN, SKY, TRANSPARENCY, make_cause_sets
from skysieve.quality.recipe import TrainRecipe
from skysieve.quality.statistics import STATISTICS
from skysieve.training import (
    Calibrator,
    DomainIndex,
    calibrate,
    check_weights,
    load_weights,
    measure_domain_distance,
)

if TYPE_CHECKING:
    from skysieve.quality.judging import Judge

BATCH = 256
"""Detectors that the network sees at once."""


@dataclass(frozen=True)
class Model:
    """Weights with all that turns them into verdicts.

    ``recipe`` is that of the training; ``source_map`` the map of sources; ``promises`` fix the sets of causes, one for
    each of ``KNOWN``; ``boundary`` is the probability of being good from which on an exposure passes.
    """

    card: ModelCard
    recipe: TrainRecipe
    judge: "Judge"
    source_map: SourceMap
    calibrator: Calibrator
    domain: DomainIndex
    promises: tuple[Conformal, ...]
    boundary: float


@dataclass(frozen=True)
class Judged:
    """Of each detector the probabilities of ``CLASSES``, the causes that may be, and the distance to the training set.

    ``distance`` is in units of the domain's threshold: above 1 the detector is unlike the training set.
    """

    probability: Float[np.ndarray, "row label"]
    causes: Bool[np.ndarray, "row label"]
    distance: Float[np.ndarray, " row"]


def read_model(name: str) -> Model:
    """Read a judge.

    Parameters
    ----------
    name : str
        Of shipped weights, or path of a .safetensors file.

    Raises
    ------
    ValueError
        If there are none, the file is not whole, or it belongs to another capability or other statistics.
    """
    path = find_weights("quality", name)
    tensors, card = read_weights(path)
    _refuse_other(path, tensors, card)
    recipe = parse_recipe(TrainRecipe, card.recipe)
    judge = _build(tensors, recipe)
    shipped = load_weights(path, judge)
    if shipped.calibrator is None or shipped.domain is None:
        raise ValueError(f"{path.name}: lacks its calibration or domain; train and export it again")
    promises = tuple(
        Conformal(threshold, round(coverage, 6), "least", int(n))
        for threshold, coverage, n in tensors["model.conformal"].astype(float).tolist()
    )
    return Model(
        card, recipe, judge, _get_map(tensors), shipped.calibrator, shipped.domain,
        promises, float(tensors["model.boundary"]),
    )  # fmt: skip


def check_model(path: Path) -> float:
    """Run a model on the example in its file; return the largest difference from the output that it must give.

    Raises
    ------
    ValueError
        If the file is not whole, or the difference exceeds the card's tolerance.
    """
    tensors, card = read_weights(path)
    _refuse_other(path, tensors, card)
    return check_weights(path, _build(tensors, parse_recipe(TrainRecipe, card.recipe)))


def judge_views(model: Model, views: Views) -> Judged:
    """Judge detectors.

    Parameters
    ----------
    model : Model
        The judge.
    views : Views
        What is seen of them, as ``view_detector`` gives it; labels are not looked at.

    Returns
    -------
    Judged
        A row a detector; none for none.
    """
    if not len(views):
        return Judged(np.zeros((0, len(CLASSES))), np.zeros((0, len(CLASSES)), bool), np.zeros(0))
    logits, embeddings = run_judge(model.judge, views)
    probability = calibrate(model.calibrator, logits)
    distance = measure_domain_distance(model.domain, embeddings) / model.domain.threshold
    return Judged(probability, make_cause_sets(model.promises, probability, views.statistics), distance)


def run_judge(judge: "Judge", views: Views) -> tuple[Float[np.ndarray, "row label"], Float[np.ndarray, "row feature"]]:
    """Return logits and embeddings of detectors, at least one."""
    import torch  # noqa: PLC0415 -- takes seconds, which reading a card need not

    logits, embeddings = [], []
    with torch.inference_mode():
        for start in range(0, len(views), BATCH):
            rows = np.arange(start, min(start + BATCH, len(views)))
            part = [torch.from_numpy(one) for one in list_inputs(views.take(rows))]
            logits.append(judge(*part).numpy().astype(float))
            embeddings.append(judge.embed(*part).numpy().astype(float))
    return np.concatenate(logits), np.concatenate(embeddings)


def list_inputs(views: Views) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return cutouts, hits, mean star and statistics as the network takes them."""
    seen = (views.cutouts, views.hits, views.stack, views.statistics)
    cutouts, hits, stack, statistics = (one.astype(np.float32) for one in seen)
    return cutouts, hits, stack, statistics


def hide_usual(views: Views) -> Views:
    """Return what would be seen if neither the usual sky nor the usual zeropoint were known."""
    return _hide(views, [SKY, TRANSPARENCY])


def hide_zeropoint(views: Views) -> Views:
    """Return what would be seen if the usual zeropoint were not known."""
    return _hide(views, [TRANSPARENCY])


def _hide(views: Views, columns: list[int]) -> Views:
    statistics = views.statistics.copy()
    statistics[:, columns] = np.nan
    return replace(views, statistics=statistics)


def _refuse_other(path: Path, tensors: dict[str, np.ndarray], card: ModelCard) -> None:
    if card.capability != "quality":
        raise ValueError(f"{path.name}: holds weights of {card.capability}; give those of quality")
    shapes = {name: tensors[name].shape if name in tensors else () for name in ("model.conformal", "model.middle")}
    if shapes != {"model.conformal": (len(KNOWN), 3), "model.middle": (len(STATISTICS),)}:
        raise ValueError(f"{path.name}: made for another version's statistics or sets; train and export it again")


def _build(tensors: dict[str, np.ndarray], recipe: TrainRecipe) -> "Judge":
    """Build the network that the weights belong to."""
    import torch  # noqa: PLC0415 -- as above

    from skysieve.quality.judging import Judge  # noqa: PLC0415 -- as above

    empty = torch.zeros(1, len(STATISTICS))
    side = recipe.learning.detector.fingerprint.side
    return Judge(_get_map(tensors), empty, variant=recipe.variant, counts=recipe.counts, side=side)


def _get_map(tensors: dict[str, np.ndarray]) -> SourceMap:
    neurons, center, scale = (tensors[f"model.{name}"].astype(float) for name in ("neurons", "center", "scale"))
    return SourceMap(neurons, center, scale, tensors["model.cluster"])

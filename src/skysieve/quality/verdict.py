"""From the detectors of an exposure to one verdict on it: usable or not, why, where, and at what cost."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from skysieve.metrics import Conformal, make_prediction_sets
from skysieve.quality.labels import CAUSES, CLASSES
from skysieve.quality.learning import Views
from skysieve.quality.losses import measure_losses
from skysieve.quality.model import Judged, Model
from skysieve.quality.promises import find_common_knowledge
from skysieve.quality.statistics import STATISTICS
from skysieve.quality.untrained import find_untrained
from skysieve.quality.verdict_recipe import VerdictRecipe

EXPLAINED = (CLASSES.index("good"), CLASSES.index("bgp"))
"""Where the network says one of these, a wrong gain or a trail is named instead: it is structure of the sky, too."""

VERDICTS = ("good", "acceptable", "hole", "bad")


@dataclass(frozen=True)
class Verdict:
    """On one exposure.

    ``verdict`` is one of ``VERDICTS``, ``cause`` one of ``CAUSES``; ``probability`` is that of ``CLASSES`` (NaN without
    a detector that has light); ``causes`` hold the true one with the promised probability; ``seconds_lost`` by cause;
    ``failed`` and ``found`` tell of each detector whether it fails, and of which cause.
    """

    verdict: str
    cause: str
    probability: Float[np.ndarray, " label"]
    causes: tuple[str, ...]
    seconds_lost: Mapping[str, float]
    n_dead: int
    ood: bool
    failed: Bool[np.ndarray, " row"]
    found: tuple[str, ...]


def give_verdict(judged: Judged, views: Views, *, model: Model, recipe: VerdictRecipe) -> Verdict:
    """Give the verdict on one exposure.

    Parameters
    ----------
    judged : Judged
        Of its detectors.
    views : Views
        Of the same detectors; labels are not looked at.
    model : Model
        Its boundary and its sets of causes.
    recipe : VerdictRecipe
        How detectors count.

    Returns
    -------
    Verdict
        ``good`` where the exposure and all its detectors pass and the set of causes holds nothing else;
        ``acceptable`` where they pass, and other causes cannot be ruled out; ``hole`` where the exposure passes but
        some detectors fail, or satellites left trails; ``bad`` otherwise, as without any light (of cause ``bgp`` where
        all of it is saturated).

    Notes
    -----
    The probabilities of an exposure are those of its detectors averaged in the logarithm (a geometric mean, scaled to
    a sum of one), so that no single detector decides. Weights grow with the number of sources up to ``sources``.
    Rings say ``focus`` whatever the network says; a wrong gain and a trail are named where the network finds nothing
    or structure of the sky, which they explain.
    """
    lit = ~views.dead.astype(bool)
    boundary = model.boundary if recipe.boundary is None else recipe.boundary
    untrained = {name: rows & lit for name, rows in find_untrained(views.statistics, recipe.untrained).items()}
    wide = {name: float(rows[lit].mean()) > recipe.hole for name, rows in untrained.items() if lit.any()}
    probability = combine_detectors(judged.probability[lit], views.hits[lit].sum(axis=1), least=recipe.sources)
    found = _name_causes(judged, untrained, lit, boundary=boundary)
    failed = np.array([cause != "good" for cause in found])
    promise = model.promises[find_common_knowledge(views.statistics[lit])]
    causes = _list_causes(probability, promise, untrained=[name for name, every in wide.items() if every])
    ood = bool(lit.any()) and float(np.median(judged.distance[lit])) > 1
    verdict, cause = _decide(probability, causes, wide, found=found, boundary=boundary, hole=recipe.hole)
    if not lit.any() and _is_saturated(views):
        cause = "bgp"
    seconds = measure_losses(views.statistics[lit], exptime=_find_exptime(views.statistics))
    return Verdict(
        verdict, cause, probability, (*causes, "other") if ood and "other" not in causes else causes,
        {str(name): value for name, value in seconds.items()}, int((~lit).sum()), ood, failed, found,
    )  # fmt: skip


def _is_saturated(views: Views) -> bool:
    """Say whether most pixels of the usual detector hold all that they can: the sky was too bright."""
    share = views.statistics[:, STATISTICS.index("saturated")]
    return bool(np.isfinite(share).any() and np.nanmedian(share) > np.log10(0.5))


def combine_detectors(
    probability: Float[np.ndarray, "row label"], sources: Int[np.ndarray, " row"], *, least: int
) -> Float[np.ndarray, " label"]:
    """Average probabilities of detectors in the logarithm; NaN without a detector.

    Examples
    --------
    >>> combine_detectors(np.array([[0.9, 0.1], [0.9, 0.1], [0.5, 0.5]]), np.array([30, 30, 0]), least=20).round(2)
    array([0.9, 0.1])
    """
    if not len(probability):
        return np.full(probability.shape[1], np.nan)
    # A detector without sources still counts where all are so.
    weight = np.minimum(sources / least, 1) + 1e-3
    mean = np.average(np.log(np.clip(probability, 1e-9, 1)), axis=0, weights=weight)
    raised = np.exp(mean - mean.max())
    return np.asarray(raised / raised.sum())


def _name_causes(
    judged: Judged, untrained: Mapping[str, Bool[np.ndarray, " row"]], lit: Bool[np.ndarray, " row"], *, boundary: float
) -> tuple[str, ...]:
    """Return the cause by which each detector fails, ``good`` where it does not."""
    likely = 1 + judged.probability[:, 1:].argmax(axis=1)
    found = np.where(judged.probability[:, 0] >= boundary, 0, likely)
    for name in ("trail", "other"):
        found[untrained[name] & np.isin(found, EXPLAINED)] = CAUSES.index(name)
    found[untrained["focus"]] = CAUSES.index("focus")
    found[~lit] = CAUSES.index("other")
    return tuple(CAUSES[number] for number in found)


def _list_causes(
    probability: Float[np.ndarray, " label"], promise: Conformal, *, untrained: list[str]
) -> tuple[str, ...]:
    """Return the set of causes of an exposure; never empty."""
    if not np.isfinite(probability).all():
        return CAUSES
    chosen = make_prediction_sets(promise, probability[None])[0]
    chosen[probability.argmax()] = True
    return (*(name for name, inside in zip(CLASSES, chosen, strict=True) if inside), *untrained)


def _decide(
    probability: Float[np.ndarray, " label"],
    causes: tuple[str, ...],
    wide: Mapping[str, bool],
    *,
    found: tuple[str, ...],
    boundary: float,
    hole: float,
) -> tuple[str, str]:
    """Return verdict and cause."""
    if not np.isfinite(probability).all():
        return "bad", "other"
    if wide["focus"]:
        return "bad", "focus"
    likely = CLASSES[1 + int(probability[1:].argmax())]
    passes = probability[0] >= boundary
    if wide["other"] and (passes or likely == "bgp"):
        return "bad", "other"
    if not passes:
        return "bad", "trail" if wide["trail"] and likely == "bgp" else likely
    failing = [cause for cause in found if cause != "good"]
    if failing:
        worst = max(sorted(set(failing)), key=failing.count)
        confined = sum(cause not in {"good", "trail"} for cause in found) <= hole * len(found)
        return ("hole" if confined else "bad"), worst
    return ("good" if causes == ("good",) else "acceptable"), "good"


def _find_exptime(statistics: Float[np.ndarray, "row statistic"]) -> float:
    """Return the exposure time that most detectors tell [s]; NaN without one."""
    logs = statistics[:, STATISTICS.index("log_exptime")]
    known = logs[np.isfinite(logs)]
    return float(10 ** np.median(known)) if len(known) else float("nan")

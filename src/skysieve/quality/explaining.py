"""Why an exposure was judged as it was: what drove the verdict, where, and which labeled exposures are like it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Float32

from skysieve.quality.assess_recipe import AssessRecipe
from skysieve.quality.cameras import learn_cameras
from skysieve.quality.drivers import (
    Driver,
    Occluded,
    list_drivers,
    measure_detector_pulls,
    measure_log_odds,
    occlude_views,
)
from skysieve.quality.labels import CLASSES
from skysieve.quality.learning import Views
from skysieve.quality.looking import Look, judge_look, take_look
from skysieve.quality.model import Model, read_model, run_judge
from skysieve.quality.reference import Similar, find_similar, load_reference
from skysieve.quality.statistics import STATISTICS
from skysieve.quality.untrained import UntrainedRecipe, find_untrained
from skysieve.quality.verdict import combine_detectors
from skysieve.records import DetectorAddress


@dataclass(frozen=True)
class DrivingCutout:
    """The cutout that stands for a cluster on one detector.

    ``ccd`` is the extension number; ``x``, ``y`` [pixel] are those of its source; ``pull`` is the change of the
    log-odds that it brings to its own detector. ``pixels`` [noise of a pixel, arcsinh].
    """

    ccd: str
    cluster: int
    x: float
    y: float
    pull: float
    pixels: Float32[np.ndarray, "v u"]


@dataclass(frozen=True)
class Explanation:
    """Of one verdict.

    Parameters
    ----------
    row : dict
        Of the exposure in the table of verdicts.
    cause : str
        Towards which parts pull: the verdict's, or ``good`` where nothing was trained for that.
    log_odds : float
        ln(p / (1 - p)) of this cause for the exposure.
    drivers : tuple of Driver
        Taken away in all detectors together, the strongest first.
    cutouts : tuple of DrivingCutout
        Of all detectors, the strongest first.
    detectors : dict of str to float
        How far each detector pulls the exposure, the strongest first; nothing for a single one.
    decisive : dict of str to float
        Statistics that suffice to tell a cause that nothing was trained for, with their medians.
    similar : Similar or None
        Labeled exposures most like it; None where the weights hold none.
    neurons, hits : ndarray, shape (neuron,)
        Pull and number of sources on the neurons of the map.
    addresses : tuple of DetectorAddress
        Of the detectors that have light.
    """

    row: dict[str, Any]
    cause: str
    log_odds: float
    drivers: tuple[Driver, ...]
    cutouts: tuple[DrivingCutout, ...]
    detectors: dict[str, float]
    decisive: dict[str, float]
    similar: Similar | None
    neurons: Float[np.ndarray, " neuron"]
    hits: Float[np.ndarray, " neuron"]
    addresses: tuple[DetectorAddress, ...]


def explain_exposure(
    path: Path, recipe: AssessRecipe, *, ccd: str | None = None, cause: str | None = None
) -> Explanation:
    """Judge an exposure, or one of its detectors, and explain the verdict.

    Parameters
    ----------
    path : Path
        Its file.
    recipe : AssessRecipe
        As for the verdict. What several exposures told of their camera has to be given.
    ccd : str, optional
        The extension number of a detector.
    cause : str, optional
        One of ``CLASSES`` to explain instead of the verdict's.

    Raises
    ------
    ValueError
        If there is no detector with light, no such detector or cause, or the weights are unusable.
    """
    model = read_model(recipe.model)
    look = take_look(path, model, recipe, learned=learn_cameras([path], recipe), name=path.name, ccd=ccd)
    return explain_look(look, model, recipe, cause=cause)


def explain_look(look: Look, model: Model, recipe: AssessRecipe, *, cause: str | None = None) -> Explanation:
    """Explain the verdict on an exposure that was looked at; see `explain_exposure`."""
    row, _ = judge_look(look, model, recipe)
    views = look.seen.views
    lit = np.zeros(0, int) if views is None else np.flatnonzero(~views.dead.astype(bool))
    if views is None or not len(lit):
        raise ValueError(f"{look.seen.name}: no detector holds light; there is nothing to explain. {row['message']}")
    seen, addresses = views.take(lit), tuple(look.seen.addresses[number] for number in lit)
    toward = choose_class(row["cause"] if cause is None else cause)
    occluded, least = occlude_views(model, seen), recipe.verdict.sources
    drivers = list_drivers(occluded, seen, model.source_map.cluster, cause=toward, least=least)
    whole = combine_detectors(occluded.whole, seen.hits.sum(axis=1), least=least)
    pulls = {int(one.name): one.pull for one in drivers if one.kind == "neuron"}
    reference = load_reference(recipe.model)
    embeddings = run_judge(model.judge, seen)[1]
    return Explanation(
        row, toward, float(measure_log_odds(whole[None], toward)[0]), drivers,
        _list_cutouts(occluded, seen, look.places[lit], addresses=addresses, cause=toward),
        _rank_detectors(occluded, seen, addresses, cause=toward, least=least),
        find_decisive(seen.statistics, recipe.verdict.untrained, cause=row["cause"]),
        None if reference is None else find_similar(reference, embeddings, domain=model.domain),
        np.array([pulls.get(number, np.nan) for number in range(seen.hits.shape[1])]),
        seen.hits.sum(axis=0).astype(float), addresses,
    )  # fmt: skip


def describe_explanation(explanation: Explanation) -> dict[str, Any]:
    """Return an explanation as plain values for JSON, without pixels; unknown numbers are None."""
    plain = asdict(explanation)
    for name in ("neurons", "hits", "addresses"):
        del plain[name]
    for one in plain["cutouts"]:
        del one["pixels"]
    # NaN differs from itself.
    plain["row"] = {name: value if value == value else None for name, value in explanation.row.items()}  # noqa: PLR0124
    return plain


def find_decisive(
    statistics: Float[np.ndarray, "row statistic"], recipe: UntrainedRecipe, *, cause: str
) -> dict[str, float]:
    """Return statistics that suffice to tell a cause that nothing was trained for, and of which none can be missing.

    Parameters
    ----------
    statistics : ndarray, shape (row, statistic)
        Of detectors.
    cause : str
        Nothing is decisive for those that a network tells.

    Returns
    -------
    dict of str to float
        Their medians over the detectors that show the cause.

    Notes
    -----
    One statistic after the other is made unknown, and stays so while the cause is still told of as many detectors.
    """
    told = find_untrained(statistics, recipe).get(cause, np.zeros(len(statistics), bool))
    left, found = statistics.copy(), {}
    for number, name in enumerate(STATISTICS if told.any() else ()):
        known = left[:, number].copy()
        left[:, number] = np.nan
        if find_untrained(left, recipe)[cause].sum() < told.sum():
            left[:, number], found[name] = known, float(np.nanmedian(statistics[told, number]))
    return found


def choose_class(cause: str) -> str:
    """Return the class that pulls are measured toward: the cause, or ``good`` where no network tells the cause.

    Raises
    ------
    ValueError
        If there is no such cause.
    """
    if cause in CLASSES:
        return cause
    if cause not in {"focus", "trail", "other"}:
        raise ValueError(f"there is no cause {cause!r}; explain one of {', '.join(CLASSES)}")
    return "good"


def _list_cutouts(
    occluded: Occluded, views: Views, places: Float[np.ndarray, "row cluster 2"], *,
    addresses: Sequence[DetectorAddress], cause: str,
) -> tuple[DrivingCutout, ...]:  # fmt: skip
    pulls = measure_detector_pulls(occluded, "cutout", cause=cause)
    rows, clusters = np.nonzero(np.isfinite(places).all(axis=-1))
    found = [
        DrivingCutout(addresses[row].extension or "0", number, float(places[row, number, 0]),
                      float(places[row, number, 1]), float(pulls[row, number]),
                      views.cutouts[row, number].astype(np.float32))
        for row, number in zip(rows.tolist(), clusters.tolist(), strict=True)
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda one: -abs(one.pull)))


def _rank_detectors(
    occluded: Occluded, views: Views, addresses: Sequence[DetectorAddress], *, cause: str, least: int
) -> dict[str, float]:
    """Return the change of the exposure's log-odds that each detector brings."""
    if len(views) < 2:
        return {}
    sources, every = views.hits.sum(axis=1), np.arange(len(views))
    whole = combine_detectors(occluded.whole, sources, least=least)
    others = [combine_detectors(occluded.whole[every != row], sources[every != row], least=least) for row in every]
    pulls = measure_log_odds(whole[None], cause) - measure_log_odds(np.stack(others), cause)
    order = np.argsort(-np.abs(pulls), kind="stable")
    return {addresses[row].extension or "0": float(pulls[row]) for row in order.tolist()}

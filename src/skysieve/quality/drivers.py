"""What drives a verdict: parts of what is seen of detectors taken away one at a time, and what that does."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from skysieve.quality.labels import CLASSES
from skysieve.quality.learning import Views
from skysieve.quality.model import Model, run_judge
from skysieve.quality.statistics import STATISTICS, UNSEEN
from skysieve.quality.verdict import combine_detectors
from skysieve.training import calibrate

KINDS = ("cutout", "hits", "neuron", "statistic", "star")
"""What is taken away: a cluster's cutout, all its counts, the count of one neuron, one statistic, the mean star."""

Chances = Float[np.ndarray, "row part label"]


@dataclass(frozen=True)
class Driver:
    """A part of what was seen.

    ``kind`` is one of ``KINDS``; ``name`` the number of the cluster or neuron, or the name of the statistic; ``value``
    what was seen there: the median of the statistic, the number of sources, or that of detectors with such a cutout or
    a star. ``pull`` is the change of the log-odds of a cause that the part brings: positive where it speaks for it.
    """

    kind: str
    name: str
    value: float
    pull: float


@dataclass(frozen=True)
class Occluded:
    """Probabilities of detectors when parts of what is seen are taken away.

    ``whole`` with all parts; the others with one part less, in the order of clusters, neurons or ``STATISTICS``; the
    same as with all where there was nothing to take away.
    """

    whole: Float[np.ndarray, "row label"]
    cutout: Float[np.ndarray, "row cluster label"]
    hits: Float[np.ndarray, "row cluster label"]
    neuron: Float[np.ndarray, "row neuron label"]
    statistic: Float[np.ndarray, "row statistic label"]
    star: Float[np.ndarray, "row star label"]


def occlude_views(model: Model, views: Views) -> Occluded:
    """Judge detectors with one part less each time: a cutout blank, counts zero, a statistic not known.

    Parameters
    ----------
    model : Model
        The judge.
    views : Views
        Of detectors, at least one.

    Notes
    -----
    Exact: the network is run again without each part, in one batch a detector. Blank cutouts, zeros and NaN are what
    it has learned to see where a cluster is empty or a statistic could not be measured. After the occlusion of Zeiler &
    Fergus (2014, ECCV).
    """
    found = [_occlude_one(model, views.take(np.array([row]))) for row in range(len(views))]
    return Occluded(
        np.stack([whole for whole, _ in found]), *(np.stack([parts[kind] for _, parts in found]) for kind in KINDS)
    )


def list_drivers(
    occluded: Occluded, views: Views, cluster: Int[np.ndarray, " neuron"], *, cause: str, least: int
) -> tuple[Driver, ...]:
    """List what drives the verdict on an exposure, the strongest first.

    Parameters
    ----------
    occluded : Occluded
        Of its detectors that have light.
    views : Views
        The same detectors.
    cluster : ndarray, shape (neuron,)
        The cluster of each neuron.
    cause : str
        One of ``CLASSES``.
    least : int
        Sources from which on detectors count in full, as in the verdict; taking counts away does not change this.

    Returns
    -------
    tuple of Driver
        Parts taken away in all detectors together. What was not there to be taken away is left out.
    """
    everywhere = {kind: measure_pulls(occluded, views, kind, cause=cause, least=least) for kind in KINDS}
    values = {
        "cutout": _has_cutout(views).sum(axis=0),
        "hits": views.hits.sum(axis=0) @ (cluster[:, None] == np.arange(cluster.max() + 1)),
        "neuron": views.hits.sum(axis=0),
        "statistic": [_median(column) for column in np.where(_list_seen(), views.statistics, np.nan).T],
        "star": np.array([views.stack.astype(bool).any(axis=(1, 2)).sum()]),
    }
    drivers = [
        Driver(kind, _name(kind, number), float(value), float(pull))
        for kind in KINDS
        for number, (value, pull) in enumerate(zip(values[kind], everywhere[kind], strict=True))
        if (value == value if kind == "statistic" else value > 0)  # noqa: PLR0124 -- NaN differs from itself
    ]
    return tuple(sorted(drivers, key=lambda driver: -abs(driver.pull)))


def measure_pulls(occluded: Occluded, views: Views, kind: str, *, cause: str, least: int) -> Float[np.ndarray, " part"]:
    """Return how far each part, taken away in all detectors, pulls the exposure toward a cause [log-odds]."""
    sources = views.hits.sum(axis=1)
    parts: Chances = getattr(occluded, kind)
    without = [combine_detectors(parts[:, part], sources, least=least) for part in range(parts.shape[1])]
    whole = combine_detectors(occluded.whole, sources, least=least)
    return measure_log_odds(whole[None], cause) - measure_log_odds(np.stack(without), cause)


def measure_detector_pulls(occluded: Occluded, kind: str, *, cause: str) -> Float[np.ndarray, "row part"]:
    """Return how far each part pulls its own detector toward a cause [log-odds]."""
    parts: Chances = getattr(occluded, kind)
    without = measure_log_odds(parts.reshape(-1, parts.shape[-1]), cause).reshape(parts.shape[:2])
    return measure_log_odds(occluded.whole, cause)[:, None] - without


def measure_log_odds(probability: Float[np.ndarray, "row label"], cause: str) -> Float[np.ndarray, " row"]:
    """Return ln(p / (1 - p)) of a cause, where probabilities below 1e-9 count as that.

    Examples
    --------
    >>> measure_log_odds(np.array([[0.2, 0.8, 0.0, 0.0, 0.0], [0.1, 0.9, 0.0, 0.0, 0.0]]), "rbt").round(3)
    array([1.386, 2.197])
    """
    bounded = np.clip(probability, 1e-9, 1)
    column = CLASSES.index(cause)
    others = np.delete(bounded, column, axis=1).sum(axis=1)
    return np.log(bounded[:, column]) - np.log(others)


def _occlude_one(model: Model, view: Views) -> tuple[Float[np.ndarray, " label"], dict[str, np.ndarray]]:
    """Return the probabilities of one detector with all parts, and by kind with one part less."""
    cluster = model.source_map.cluster
    present = _find_present(view, cluster)
    jobs = [(kind, part) for kind in KINDS for part in np.flatnonzero(present[kind])]
    rows = view.take(np.zeros(1 + len(jobs), int))
    for row, (kind, part) in enumerate(jobs, start=1):
        match kind:
            case "cutout":
                rows.cutouts[row, part] = 0
            case "hits":
                rows.hits[row, cluster == part] = 0
            case "neuron":
                rows.hits[row, part] = 0
            case "statistic":
                rows.statistics[row, part] = np.nan
            case _:
                rows.stack[row] = 0
    chances = calibrate(model.calibrator, run_judge(model.judge, rows)[0])
    found = {kind: np.repeat(chances[:1], len(one), axis=0) for kind, one in present.items()}
    for row, (kind, part) in enumerate(jobs, start=1):
        found[kind][part] = chances[row]
    return chances[0], found


def _find_present(view: Views, cluster: Int[np.ndarray, " neuron"]) -> dict[str, Bool[np.ndarray, " part"]]:
    """Say for each kind which parts of one detector there are to be taken away."""
    return {
        "cutout": _has_cutout(view)[0],
        "hits": np.bincount(cluster, weights=view.hits[0]) > 0,
        "neuron": view.hits[0] > 0,
        "statistic": _list_seen() & ~np.isnan(view.statistics[0]),
        "star": np.array([bool(view.stack.any())]),
    }


def _has_cutout(views: Views) -> Bool[np.ndarray, "row cluster"]:
    return np.abs(views.cutouts.astype(np.float32)).max(axis=(2, 3)) > 0


def _list_seen() -> Bool[np.ndarray, " statistic"]:
    return np.array([name not in UNSEEN for name in STATISTICS])


def _name(kind: str, number: int) -> str:
    if kind == "statistic":
        return STATISTICS[number]
    return "mean" if kind == "star" else str(number)


def _median(values: Float[np.ndarray, " row"]) -> float:
    return float(np.nanmedian(values)) if np.isfinite(values).any() else float("nan")

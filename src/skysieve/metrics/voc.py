"""Average precision of detections at one overlap, as in the PASCAL VOC challenges."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float, Integer

from skysieve.metrics.checks import require_choice, require_fraction
from skysieve.metrics.instances import Instances, Outline, pair_images
from skysieve.metrics.overlap import measure_iou

Points = Literal["all", "eleven"]


@dataclass(frozen=True)
class VocMatches:
    """Every detection of ``images`` images: where, what, how sure, a hit or not; and the true objects."""

    images: int
    image: Integer[np.ndarray, " found"]
    label: Integer[np.ndarray, " found"]
    score: Float[np.ndarray, " found"]
    hit: Bool[np.ndarray, " found"]
    true_image: Integer[np.ndarray, " truth"]
    true_label: Integer[np.ndarray, " truth"]


@dataclass(frozen=True)
class VocAp:
    """Average precision of each class (NaN where none is true), and the ``mean`` of the classes that have one."""

    mean: float
    classes: Mapping[int, float]


def match_voc(
    truth: Iterable[Instances], found: Iterable[Instances], *, by: Outline = "boxes", iou: float = 0.5
) -> VocMatches:
    """Match detections to true objects: the step that takes time, done once.

    Parameters
    ----------
    truth, found : iterable of Instances
        One an image, in the same order; ``found`` with scores. Generators keep one image in memory at a time.
    by : {"boxes", "masks"}
        What overlaps.
    iou : float
        Intersection over union from which on a detection hits.

    Returns
    -------
    VocMatches
        For :func:`measure_voc_ap`; no images and empty images are fine.

    Raises
    ------
    ValueError
        When the numbers of images differ, boxes, masks or scores are absent, or iou is not between 0 and 1.

    Notes
    -----
    Everingham et al. (2010), IJCV 88, 303, section 4.2: from the highest score down, each detection goes to the true
    object of its class that it overlaps most, and hits unless the overlap is too small or that object is hit already.
    """
    require_fraction("iou", iou)
    images, detections, true = 0, [], []
    for n, real, seen in pair_images(truth, found, by):
        images = n + 1
        hit = _find_hits(real, seen, by=by, iou=iou)
        scores = np.zeros(0) if seen.scores is None else seen.scores
        detections.append((np.full(len(hit), n), seen.labels, scores.astype(np.float64), hit))
        true.append((np.full(len(real.labels), n), real.labels))
    empty = np.zeros(0, dtype=np.int64)
    image, label, score, hits = _join([(empty, empty, np.zeros(0), np.zeros(0, dtype=bool)), *detections])
    true_image, true_label = _join([(empty, empty), *true])
    return VocMatches(images, image, label, score, hits, true_image, true_label)


def measure_voc_ap(
    matches: VocMatches,
    *,
    points: Points = "all",
    images: Integer[np.ndarray, " image"] | None = None,
) -> VocAp:
    """Measure the average precision of each class.

    Parameters
    ----------
    matches : VocMatches
        From :func:`match_voc`.
    points : {"all", "eleven"}
        Area under the whole curve (VOC from 2010 on), or mean over completeness 0, 0.1, ... 1 (VOC 2007).
    images : ndarray of int, shape (image,), optional
        Numbers of the images that count, each as often as it is named: what :func:`bootstrap` draws. All by default.

    Returns
    -------
    VocAp
        A class without true objects is NaN and stays out of the mean; the mean is NaN when no class has any. A class
        of which nothing is found has 0.

    Notes
    -----
    The purity at a completeness is the highest one at that completeness or above. Detections of equal score enter
    together, so that their order does not matter; objects marked as difficult are not known.
    """
    require_choice("points", points, Points)
    times = np.ones(matches.images) if images is None else np.bincount(images, minlength=matches.images)
    labels = np.unique(np.append(matches.true_label, matches.label))
    classes = {}
    for label in labels.tolist():
        rows = np.flatnonzero(matches.label == label)
        weights = times[matches.image[rows]].astype(np.float64)
        total = float(times[matches.true_image[matches.true_label == label]].sum())
        completeness, purity = _trace(matches.score[rows], matches.hit[rows], weights=weights, total=total)
        classes[label] = _average(completeness, purity, points) if total else math.nan
    known = [ap for ap in classes.values() if not math.isnan(ap)]
    return VocAp(float(np.mean(known)) if known else math.nan, classes)


def _find_hits(truth: Instances, found: Instances, *, by: Outline, iou: float) -> Bool[np.ndarray, " found"]:
    """Tell which detections of one image hit."""
    hit, taken = np.zeros(len(found.labels), dtype=bool), np.zeros(len(truth.labels), dtype=bool)
    if not hit.size or not taken.size or found.scores is None:
        return hit
    overlap = np.where(found.labels[:, None] == truth.labels, measure_iou(found, truth, by), -1)
    for row in np.argsort(-found.scores, kind="stable"):
        best = int(overlap[row].argmax())
        hit[row] = overlap[row, best] >= iou and not taken[best]
        taken[best] |= hit[row]
    return hit


def _join(rows: list[tuple[np.ndarray, ...]]) -> list[np.ndarray]:
    """Put the columns of all images together."""
    return [np.concatenate(column) for column in zip(*rows, strict=True)]


def _trace(
    score: Float[np.ndarray, " found"],
    hit: Bool[np.ndarray, " found"],
    *,
    weights: Float[np.ndarray, " found"],
    total: float,
) -> tuple[Float[np.ndarray, " point"], Float[np.ndarray, " point"]]:
    """Follow completeness and the highest purity from there on, down the distinct scores that count."""
    order = np.flatnonzero(weights > 0)
    order = order[np.argsort(-score[order], kind="stable")]
    ends = np.flatnonzero(np.diff(score[order], append=-np.inf))
    found = np.cumsum(weights[order])[ends]
    hits = np.cumsum((weights * hit)[order])[ends]
    return hits / max(total, 1.0), np.maximum.accumulate((hits / found)[::-1])[::-1]


def _average(completeness: Float[np.ndarray, " point"], purity: Float[np.ndarray, " point"], points: Points) -> float:
    """Average the purity over completeness; it is 0 where the completeness is not reached."""
    if points == "all":
        return float(np.sum(np.diff(completeness, prepend=0) * purity))
    reached = np.searchsorted(10 * completeness, np.arange(11) - 1e-9)
    return float(np.append(purity, 0.0)[reached].mean())

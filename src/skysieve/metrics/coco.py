"""The twelve numbers of the COCO detection challenge, through pycocotools."""

import contextlib
import io
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Integer

from skysieve.metrics.instances import Instances, Outline, pair_images
from skysieve.metrics.overlap import measure_areas

AREAS = ("all", "small", "medium", "large")  # the order of pycocotools


@dataclass(frozen=True)
class CocoMatches:
    """What pycocotools made of each class, area and image, in that order."""

    evaluated: tuple[dict[str, Any] | None, ...]
    classes: tuple[int, ...]
    images: int
    by: Outline
    max_found: int


@dataclass(frozen=True)
class CocoMap:
    """The twelve COCO numbers, each between 0 and 1, NaN where no true object counts.

    ``ap`` is the mean average precision over IoU 0.50 to 0.95 and classes, ``ap50`` and ``ap75`` at one IoU,
    ``ap_small``, ``ap_medium`` and ``ap_large`` that of objects below 32^2, up to 96^2 and above 96^2 pixels; ``ar`` is
    the mean of the completeness over the same IoU with all detections that count, ``ar1`` and ``ar10`` with the best
    1 or 10 an image.
    """

    ap: float
    ap50: float
    ap75: float
    ap_small: float
    ap_medium: float
    ap_large: float
    ar1: float
    ar10: float
    ar: float
    ar_small: float
    ar_medium: float
    ar_large: float


def match_coco(
    truth: Iterable[Instances], found: Iterable[Instances], *, by: Outline = "masks", max_found: int = 100
) -> CocoMatches:
    """Match detections to true objects with pycocotools: the step that takes time, done once.

    Parameters
    ----------
    truth, found : iterable of Instances
        One an image, in the same order; ``found`` with scores. Generators keep one image in memory at a time.
    by : {"boxes", "masks"}
        What overlaps. The size class of a true object is that of its mask where there is one.
    max_found : int
        Detections of a class and image that count, from the best score down; 10 or more. COCO has 100.

    Returns
    -------
    CocoMatches
        For :func:`measure_coco_map`; no images and empty images are fine.

    Raises
    ------
    ImportError
        When pycocotools is not installed.
    ValueError
        When the numbers of images differ, boxes, masks or scores are absent, or max_found < 10.

    Notes
    -----
    Lin et al. (2014), arXiv:1405.0312. Crowd regions are not known.
    """
    if max_found < 10:
        raise ValueError(f"max_found={max_found}: 10 or more are wanted")
    images, true, seen = 0, list[dict[str, Any]](), list[dict[str, Any]]()
    for n, real, detected in pair_images(truth, found, by):
        images = n + 1
        true += _annotate(real, by, image=n, first=len(true) + 1)
        seen += _annotate(detected, by, image=n, first=len(seen) + 1)
    classes = tuple(sorted({row["category_id"] for row in true + seen}))
    evaluation = _make_evaluation(by, classes, images=images, max_found=max_found)
    with contextlib.redirect_stdout(io.StringIO()):
        evaluation.cocoGt, evaluation.cocoDt = (_make_dataset(rows, images, classes) for rows in (true, seen))
        evaluation.evaluate()
    return CocoMatches(tuple(evaluation.evalImgs), classes, images, by, max_found)


def measure_coco_map(matches: CocoMatches, *, images: Integer[np.ndarray, " image"] | None = None) -> CocoMap:
    """Measure the twelve COCO numbers.

    Parameters
    ----------
    matches : CocoMatches
        From :func:`match_coco`.
    images : ndarray of int, shape (image,), optional
        Numbers of the images that count, each as often as it is named: what :func:`bootstrap` draws. All by default.

    Returns
    -------
    CocoMap
        A number for which no true object counts is NaN (pycocotools has -1); 0 where nothing is found.

    Raises
    ------
    ImportError
        When pycocotools is not installed.
    """
    chosen = np.arange(matches.images) if images is None else images
    evaluation = _make_evaluation(matches.by, matches.classes, images=len(chosen), max_found=matches.max_found)
    starts = range(0, len(matches.classes) * len(AREAS) * matches.images, max(1, matches.images))
    evaluation.evalImgs = [matches.evaluated[start + n] for start in starts for n in chosen.tolist()]
    evaluation._paramsEval = evaluation.params  # noqa: SLF001 -- evaluate() sets it, and would match all over again
    with contextlib.redirect_stdout(io.StringIO()):
        evaluation.accumulate()
    precision, recall = evaluation.eval["precision"], evaluation.eval["recall"]
    ap = [_average(precision[:, :, :, area, 2]) for area in range(len(AREAS))]
    ar = [_average(recall[:, :, area, 2]) for area in range(len(AREAS))]
    at50, at75 = (_average(precision[threshold, :, :, 0, 2]) for threshold in (0, 5))
    few, some = (_average(recall[:, :, 0, number]) for number in (0, 1))
    return CocoMap(ap[0], at50, at75, ap[1], ap[2], ap[3], few, some, ar[0], ar[1], ar[2], ar[3])


def _average(values: Float[np.ndarray, "..."]) -> float:
    """Average what pycocotools could measure; it marks the rest -1."""
    known = values[values > -1]
    return float(known.mean()) if known.size else math.nan


def _make_evaluation(by: Outline, classes: tuple[int, ...], *, images: int, max_found: int) -> Any:
    """Make an evaluation of COCO's settings over numbered images."""
    try:
        from pycocotools.cocoeval import COCOeval  # noqa: PLC0415 -- an extra
    except ImportError as error:
        raise ImportError("pycocotools is not installed; pip install 'skysieve[coco]'") from error
    evaluation = COCOeval(iouType="bbox" if by == "boxes" else "segm")
    evaluation.params.imgIds = list(range(images))
    evaluation.params.catIds = list(classes)
    evaluation.params.maxDets = [1, 10, max_found]
    return evaluation


def _make_dataset(rows: list[dict[str, Any]], images: int, classes: tuple[int, ...]) -> Any:
    """Index annotations as pycocotools wants them."""
    from pycocotools.coco import COCO  # noqa: PLC0415 -- an extra

    sizes = {row["image_id"]: row["segmentation"]["size"] for row in rows if "segmentation" in row}
    pictures = [{"id": n} | dict(zip(("height", "width"), sizes.get(n, ()), strict=False)) for n in range(images)]
    coco = COCO()
    coco.dataset = {"images": pictures, "annotations": rows, "categories": [{"id": label} for label in classes]}
    coco.createIndex()
    return coco


def _annotate(instances: Instances, by: Outline, *, image: int, first: int) -> list[dict[str, Any]]:
    """Describe the objects of an image; numbers start at 1 since pycocotools takes a match with 0 for none."""
    labels = instances.labels.tolist()
    rows: list[dict[str, Any]] = [
        {"id": first + n, "image_id": image, "category_id": label, "iscrowd": 0} for n, label in enumerate(labels)
    ]
    columns: dict[str, list[Any]] = {}
    if instances.boxes is not None and by == "boxes":
        sides = instances.boxes[:, 2:] - instances.boxes[:, :2]
        columns["bbox"] = np.hstack([instances.boxes[:, :2], sides]).tolist()
        columns["area"] = np.prod(sides, axis=1).tolist()
    if instances.masks is not None and by == "masks":
        columns["segmentation"] = [_encode(mask) for mask in instances.masks]
    if instances.masks is not None and (by == "masks" or instances.scores is None):
        columns["area"] = measure_areas(instances.masks).tolist()
    if instances.scores is not None:
        columns["score"] = instances.scores.tolist()
    for name, values in columns.items():
        for row, value in zip(rows, values, strict=True):
            row[name] = value
    return rows


def _encode(mask: Bool[np.ndarray, "y x"]) -> dict[str, Any]:
    """Compress a mask by runs."""
    from pycocotools.mask import encode  # noqa: PLC0415 -- an extra

    return dict(encode(np.asfortranarray(mask, dtype=np.uint8)))

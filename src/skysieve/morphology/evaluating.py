"""How good a map and the classes from it are, on labeled images: scores as JSON, and a page."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int64, Shaped

from skysieve.io.atomic import write_whole
from skysieve.io.catalogs import read_catalog
from skysieve.metrics import bootstrap
from skysieve.morphology.classifier_file import Judge, read_judge
from skysieve.morphology.evaluation_page import Evaluation, write_evaluation_page
from skysieve.morphology.judging import Way, apply_judge, judge_outliers, learn_labels
from skysieve.morphology.mapped_rows import MappedRows, find_groups, match_labels, read_mapped_rows
from skysieve.morphology.scores import (
    list_scores,
    measure_by_distance,
    measure_scores,
    replace_unknown,
)
from skysieve.som.quality import measure_quantization_error, measure_topographic_error
from skysieve.training import split_folds

FOLDS = 5
LEVELS = (0.01, 0.05, 0.2)
WAYS: tuple[Way, ...] = ("vote", "forest", "neighbors", "logistic")


@dataclass(frozen=True, eq=False)
class Judged:
    """Probabilities and p-values of labeled images by a judge that did not learn from them."""

    truth: Int64[np.ndarray, " image"]
    probability: Float[np.ndarray, "image label"]
    p_value: Float[np.ndarray, " image"]
    distance: Float[np.ndarray, " image"]
    groups: Shaped[np.ndarray, " image"]


def evaluate_labels(
    mapping: Path,
    labels: Path,
    *,
    out: Path,
    classifier: Path | None = None,
    som: Path | None = None,
    ways: Sequence[Way] = WAYS,
    group: str | None = None,
    cell: float = 1.0,
    seed: int = 0,
) -> Evaluation:
    """Measure how well classes from a map agree with labels, and write ``scores.json`` and ``report.html``.

    Parameters
    ----------
    mapping
        A folder of ``skysieve som map``, or a mapping file of PINK.
    labels
        A table with the columns id and label.
    out
        Gets both files.
    classifier
        Of an earlier transfer, made from other images; by default each way is learned in five folds by group from the
        labels, and judges the fold left out.
    som
        The trained map, where the mapping is a bare file of PINK's and the lattice periodic.
    ways
        To compare where no classifier is given.
    group, cell
        Column of images that are kept together. Default: cells of the sky of this side [deg].
    seed
        Of folds and forest.

    Raises
    ------
    ValueError
        If files cannot be read or do not belong together, or there are too few labels or groups.

    Notes
    -----
    The map itself was trained without labels; images that it was trained on still lie somewhat closer to it than new
    ones. Map images that it has not seen where that matters.
    """
    mapped = read_mapped_rows(mapping, som=som)
    classes, truth, lost = match_labels(mapped.rows, read_catalog(labels))
    groups = find_groups(mapped.rows, column=group, cell=cell)
    judge = None if classifier is None else read_judge(classifier)
    judged: dict[str, Judged]
    if judge is None:
        judged = {way: cross_judge(mapped, truth, classes, way=way, groups=groups, seed=seed) for way in ways}
    else:
        classes, truth = _translate(classes, truth, judge)
        judged = {"classifier": _judge_known(mapped, truth, judge, groups=groups)}
    cells = "sky cell" if {"ra", "dec"} <= set(mapped.rows.names) else "image"
    facts = {
        "mapping": mapping.name, "labels": labels.name, "lost": lost, "seed": seed, "group": group or cells,
        "classifier": None if classifier is None else classifier.name,
    }  # fmt: skip
    found = _measure(judged, classes, mapped, facts)
    with write_whole(out / "scores.json") as temporary:
        temporary.write_text(json.dumps(list_evaluation(found), indent=1) + "\n", encoding="utf-8")
    write_evaluation_page(out / "report.html", found)
    return found


def cross_judge(
    mapped: MappedRows,
    labels: Int64[np.ndarray, " image"],
    classes: Sequence[str],
    *,
    way: Way,
    groups: Shaped[np.ndarray, " image"],
    seed: int = 0,
) -> Judged:
    """Judge each labeled image by what was learned without its fold.

    Raises
    ------
    ValueError
        If the labeled images are of one group.
    """
    chosen = np.flatnonzero((labels >= 0) & (mapped.bmu >= 0))
    if len(np.unique(groups[chosen])) < 2:
        raise ValueError("labels: all labeled images are of one group; cross-validation wants at least two")
    fold = np.full(len(labels), -1)
    fold[chosen] = split_folds(groups[chosen], min(FOLDS, len(np.unique(groups[chosen]))), seed)
    probability, p_value = np.full((len(labels), len(classes)), np.nan), np.full(len(labels), np.nan)
    for one in range(fold.max() + 1):
        held = fold == one
        rest = replace(mapped, bmu=np.where(held, -1, mapped.bmu))
        judge = learn_labels(rest, np.where(held, -1, labels), classes, way=way, groups=groups, seed=seed).judge
        probability[held] = apply_judge(judge, mapped)[held]
        p_value[held] = judge_outliers(judge, mapped, level=LEVELS[0]).p_value[held]
    return Judged(labels[chosen], probability[chosen], p_value[chosen], mapped.nearest[chosen], groups[chosen])


def list_evaluation(found: Evaluation) -> dict[str, Any]:
    """Return an evaluation as plain values for JSON."""
    return {
        **found.facts,
        "quality": replace_unknown(dict(found.quality)),
        "scores": {way: list_scores(one) for way, one in found.scores.items()},
        "by_distance": {
            way: [{"low": one.low, "high": one.high, "mean_probability": one.mean_probability, "n": one.accuracy.n,
                   "accuracy": one.accuracy.value, "accuracy_low": one.accuracy.low,
                   "accuracy_high": one.accuracy.high} for one in rows]
            for way, rows in found.by_distance.items()
        },
        "outliers": {level: replace_unknown({"value": one.value, "error": one.error, "n": one.n})
                     for level, one in found.outliers.items()},
    }  # fmt: skip


def _judge_known(
    mapped: MappedRows, truth: Int64[np.ndarray, " image"], judge: Judge, *, groups: Shaped[np.ndarray, " image"]
) -> Judged:
    """Judge labeled images by an existing judge; those of neurons without a label are left out."""
    probability = apply_judge(judge, mapped)
    chosen = np.flatnonzero((truth >= 0) & np.isfinite(probability).all(axis=1))
    p_value = judge_outliers(judge, mapped, level=LEVELS[0]).p_value
    return Judged(truth[chosen], probability[chosen], p_value[chosen], mapped.nearest[chosen], groups[chosen])


def _translate(
    classes: Sequence[str], truth: Int64[np.ndarray, " image"], judge: Judge
) -> tuple[tuple[str, ...], Int64[np.ndarray, " image"]]:
    """Give the labels of a table the numbers that a judge gives them."""
    unknown = [name for name in classes if name not in judge.classes]
    if unknown:
        raise ValueError(f"labels: {unknown[0]!r} is no class of the classifier; it knows {', '.join(judge.classes)}")
    number = np.array([*(judge.classes.index(name) for name in classes), -1])
    return judge.classes, number[truth].astype(np.int64)


def _measure(
    judged: Mapping[str, Judged], classes: tuple[str, ...], mapped: MappedRows, facts: Mapping[str, Any]
) -> Evaluation:
    known = mapped.bmu >= 0
    best_two = np.argsort(mapped.distance[known], axis=1, kind="stable")[:, :2]
    quality = {
        "images": float(known.sum()),
        "quantization_error": measure_quantization_error(mapped.nearest[known].astype(np.float64)),
        "topographic_error": measure_topographic_error(best_two, mapped.lattice),
    }
    first = next(iter(judged.values()))
    outliers = {
        str(level): bootstrap(
            lambda values: float(values.mean()), [(first.p_value < level).astype(np.float64)], groups=first.groups
        )
        for level in LEVELS
    }
    return Evaluation(
        classes,
        {way: measure_scores(one.truth, one.probability, classes, groups=one.groups) for way, one in judged.items()},
        {way: measure_by_distance(one.truth, one.probability, one.distance) for way, one in judged.items()},
        outliers, quality, facts,
    )  # fmt: skip

"""Label transfer on files: mapping and labels in, a catalog with probabilities, a table of neurons and a judge out."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from skysieve.io.annotations import read_annotations
from skysieve.io.atomic import write_whole
from skysieve.io.catalogs import read_catalog, write_catalog
from skysieve.io.checksums import checksum_file
from skysieve.io.weights import Metric
from skysieve.morphology.classifier_file import read_judge, write_judge
from skysieve.morphology.closeness import is_known
from skysieve.morphology.judging import Learned, Way, apply_judge, judge_outliers, learn_annotations, learn_labels
from skysieve.morphology.mapped_rows import MappedRows, find_groups, match_labels, read_mapped_rows
from skysieve.morphology.scores import measure_scores, replace_unknown
from skysieve.morphology.verdicts import add_verdicts, make_neuron_table

CATALOG, NEURONS, JUDGE, FACTS = "catalog.parquet", "neurons.parquet", "classifier.safetensors", "transfer.json"
EXAMPLE = 8


@dataclass(frozen=True)
class Source:
    """Where labels come from; exactly one is given.

    Attributes
    ----------
    labels
        A table with the columns id and label.
    annotations
        The folder of labels that a person gave to neurons.
    classifier
        A ``classifier.safetensors`` of an earlier transfer.
    """

    labels: Path | None = None
    annotations: Path | None = None
    classifier: Path | None = None

    def __post_init__(self) -> None:
        given = [one for one in (self.labels, self.annotations, self.classifier) if one is not None]
        if len(given) != 1:
            raise ValueError(f"{len(given)} sources of labels; give one of --labels, --annotations and --classifier")


def transfer_labels(
    mapping: Path,
    source: Source,
    *,
    out: Path,
    som: Path | None = None,
    way: Way = "best",
    group: str | None = None,
    level: float = 0.01,
    seed: int = 0,
) -> dict[str, Any]:
    """Give each image of a mapping the probabilities of the labels.

    Parameters
    ----------
    mapping
        A folder of ``skysieve som map``, or a mapping file of PINK.
    source
        Of labels.
    out
        Gets ``catalog.parquet``, ``neurons.parquet``, ``classifier.safetensors`` with its card, ``transfer.json``; of
        an existing classifier only the first and the last.
    som
        The trained map, where the mapping is a bare file of PINK's and the lattice periodic.
    way
        How to judge; annotations are always voted.
    group
        Column of the images that are kept together in cross-validation. Default: cells of the sky of 1 deg.
    level
        p-value below which an image is ``ood``.
    seed
        Of folds and forest.

    Returns
    -------
    dict
        What ``transfer.json`` holds.

    Raises
    ------
    ValueError
        If files cannot be read or do not belong together, or there are too few labels.
    """
    mapped = read_mapped_rows(mapping, som=som)
    if source.classifier is not None:
        judge = read_judge(source.classifier)
        probability = apply_judge(judge, mapped)
        facts: dict[str, Any] = {"from": source.classifier.name, "classes": list(judge.classes)}
        given = None
    else:
        learned, given, facts = _learn(mapped, source, som=som, way=way, group=group, seed=seed)
        judge, probability = learned.judge, learned.probability
        write_catalog(make_neuron_table(learned, mapped), out / NEURONS)
        example = mapped.distance[np.flatnonzero(is_known(mapped.distance))[:EXAMPLE]]
        write_judge(out / JUDGE, judge, example=np.array(example), about=_describe(mapping, source),
                    metrics={name: Metric(**one) for name, one in facts["left_out"].items()})  # fmt: skip
    outliers = judge_outliers(judge, mapped, level=level)
    catalog = add_verdicts(mapped.rows, probability, judge.classes, outliers, given=given)
    write_catalog(catalog, out / CATALOG)
    labels, numbers = np.unique(catalog["label"].astype(str), return_counts=True)
    facts |= {
        "images": len(catalog), "unknown": int((mapped.bmu < 0).sum()), "ood": int(outliers.outside.sum()),
        "found": dict(zip(labels.tolist(), numbers.tolist(), strict=True)),
    }  # fmt: skip
    with write_whole(out / FACTS) as temporary:
        temporary.write_text(json.dumps(replace_unknown(facts), indent=1) + "\n", encoding="utf-8")
    return facts


def _learn(
    mapped: MappedRows, source: Source, *, som: Path | None, way: Way, group: str | None, seed: int
) -> tuple[Learned, np.ndarray | None, dict[str, Any]]:
    """Learn from labels of images or of neurons; also the labels given, and what there is to tell."""
    if source.labels is None:
        return _learn_from_person(mapped, source.annotations or Path(), som)
    classes, labels, lost = match_labels(mapped.rows, read_catalog(source.labels))
    groups = find_groups(mapped.rows, column=group)
    learned = learn_labels(mapped, labels, classes, way=way, groups=groups, seed=seed)
    given = np.array([*classes, ""], dtype=object)[labels]
    judged = (labels >= 0) & np.isfinite(learned.probability).all(axis=1)
    one, shares = learned.judge.classifier, learned.shares
    facts: dict[str, Any] = {
        "from": source.labels.name, "classes": list(classes), "labeled": int((labels >= 0).sum()), "lost": lost,
        "way": "vote" if one is None else one.method, "losses": {} if one is None else dict(one.losses),
        "prior": None if shares is None else {"width": shares.width, "strength": shares.strength},
    }  # fmt: skip
    scores = measure_scores(labels[judged], learned.probability[judged], classes, groups=groups[judged])
    kept = {name: asdict(getattr(scores, name)) for name in ("accuracy", "calibration_error")}
    facts["left_out"] = {name: {"value": one["value"], "error": replace_unknown(one["error"]), "n": one["n"]}
                         for name, one in kept.items()}  # fmt: skip
    return learned, given, facts


def _learn_from_person(mapped: MappedRows, folder: Path, som: Path | None) -> tuple[Learned, None, dict[str, Any]]:
    annotations = read_annotations(folder)
    if annotations.n_neurons != mapped.lattice.n_neurons:
        raise ValueError(
            f"{folder.name}: annotations of {annotations.n_neurons} neurons; the mapping has {mapped.lattice.n_neurons}"
        )
    if som is not None and annotations.som_sha256 not in {"", checksum_file(som / "som.bin" if som.is_dir() else som)}:
        raise ValueError(f"{folder.name}: annotations of another map than {som.name}; give those of this one")
    learned = learn_annotations(mapped, {one.neuron: one.labels for one in annotations.neurons})
    facts = {"from": folder.name, "classes": list(learned.judge.classes), "way": "annotations", "left_out": {},
             "labeled_neurons": int(np.isfinite(learned.judge.shares[:, 0]).sum())}  # fmt: skip
    return learned, None, facts


def _describe(mapping: Path, source: Source) -> str:
    origin = source.labels or source.annotations
    return f"mapping {mapping.name}, labels {'' if origin is None else origin.name}"

"""Labels of exposures while they are given: the keys, what was done and what was undone."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from pydantic import TypeAdapter, ValidationError

from skysieve.config import dump_recipe
from skysieve.io.exposurelabels import ExposureLabel
from skysieve.quality.labels import CAUSES

UNDECIDED = "undecided"
"""The label of who looked and cannot say."""

KEYS = MappingProxyType({
    "g": "good", "r": "rbt", "b": "bt", "s": "bseeing", "p": "bgp", "f": "focus", "t": "trail", "o": "other",
    "u": UNDECIDED,
})  # fmt: skip
"""The key of each label."""

LABELS = (*CAUSES, UNDECIDED)

MEANINGS = MappingProxyType({
    "good": "good", "rbt": "really bad tracking", "bt": "bad tracking", "bseeing": "bad seeing, clouds",
    "bgp": "background problem", "focus": "out of focus", "trail": "satellite trail", "other": "something else",
    UNDECIDED: "cannot say",
})  # fmt: skip
"""What each label means, in a few words."""

_LABEL = TypeAdapter(ExposureLabel)
_LABELS = TypeAdapter(tuple[ExposureLabel, ...])

Key = tuple[str, str]
"""Exposure and rater."""


@dataclass(frozen=True)
class Notebook:
    """All labels, the latest last, and for each rater what can be undone: the key of a label and what it was before."""

    labels: Mapping[Key, ExposureLabel] = field(default_factory=dict)
    done: Mapping[str, tuple[tuple[Key, ExposureLabel | None], ...]] = field(default_factory=dict)

    def get(self, exposure: str, rater: str) -> ExposureLabel | None:
        """Return what a rater said of an exposure; None for nothing."""
        return self.labels.get((exposure, rater))


@dataclass(frozen=True)
class Undo:
    """Take back the last thing that a rater did."""

    rater: str


@dataclass(frozen=True)
class Given:
    """Labels as they came from elsewhere; they replace all others, and cannot be undone."""

    labels: tuple[ExposureLabel, ...]


Step = ExposureLabel | Undo | Given


def apply_step(notebook: Notebook, step: Step) -> Notebook:
    """Return the notebook after a label, or after one was taken back.

    Raises
    ------
    ValueError
        If there is nothing to undo, or the label is unknown: a sentence for the person who asked.

    Examples
    --------
    >>> notebook = apply_step(Notebook(), ExposureLabel("a.fits", "Ada", "bt"))
    >>> notebook.get("a.fits", "Ada").label, apply_step(notebook, Undo("Ada")).get("a.fits", "Ada")
    ('bt', None)
    """
    match step:
        case Given():
            return Notebook({(one.exposure, one.rater): one for one in step.labels})
        case Undo():
            done = notebook.done.get(step.rater, ())
            if not done:
                raise ValueError("There is nothing to undo.")
            key, before = done[-1]
            return Notebook(_put(notebook.labels, key, before), {**notebook.done, step.rater: done[:-1]})
        case ExposureLabel():
            if step.label not in LABELS:
                raise ValueError(f"There is no label {step.label}; there are {', '.join(LABELS)}.")
            key = (step.exposure, step.rater)
            did = (*notebook.done.get(step.rater, ()), (key, notebook.labels.get(key)))
            return Notebook(_put(notebook.labels, key, step), {**notebook.done, step.rater: did})


def dump_step(step: Step) -> dict[str, Any]:
    """Return a step as plain values, ready for JSON."""
    match step:
        case Given():
            return {"given": [_dump_label(one) for one in step.labels]}
        case Undo():
            return {"undo": step.rater}
        case ExposureLabel():
            return {"label": _dump_label(step)}


def parse_step(plain: Mapping[str, Any]) -> Step:
    """Return the step that `dump_step` made plain values of.

    Raises
    ------
    ValueError
        If it is not one.
    """
    try:
        if "given" in plain:
            return Given(_LABELS.validate_python([_fill(one) for one in plain["given"]]))
        return _LABEL.validate_python(_fill(plain["label"])) if "label" in plain else Undo(str(plain["undo"]))
    except (KeyError, TypeError, ValidationError):
        raise ValueError(f"{str(plain)[:80]}: not a step of a labeling") from None


def count_by_rater(notebook: Notebook, names: Iterable[str]) -> dict[str, int]:
    """Count the exposures, of some, that each rater labeled."""
    wanted, counts = set(names), dict[str, int]()
    for exposure, rater in notebook.labels:
        if exposure in wanted:
            counts[rater] = counts.get(rater, 0) + 1
    return dict(sorted(counts.items()))


def _put(labels: Mapping[Key, ExposureLabel], key: Key, label: ExposureLabel | None) -> Mapping[Key, ExposureLabel]:
    """Return labels with one put last, or taken away."""
    copy = dict(labels)
    copy.pop(key, None)
    return copy if label is None else {**copy, key: label}


def _dump_label(label: ExposureLabel) -> dict[str, Any]:
    """JSON has no NaN: what is not known is null."""
    return dump_recipe(replace(label, seconds=0.0)) | {
        "seconds": label.seconds if math.isfinite(label.seconds) else None
    }


def _fill(plain: Mapping[str, Any]) -> dict[str, Any]:
    return {**plain, "seconds": math.nan if plain.get("seconds") is None else plain["seconds"]}

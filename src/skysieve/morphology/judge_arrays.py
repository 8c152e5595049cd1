"""A judge of images as named arrays, to go into one file with its map."""

import json
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np

from skysieve.morphology.classifier import DistanceClassifier
from skysieve.morphology.classifier_file import CORES, Judge
from skysieve.morphology.closeness import Front
from skysieve.morphology.cores import Core, Neighbors
from skysieve.morphology.outliers import OutlierReference
from skysieve.training import Temperature

FACTS = "judge.facts"


def list_judge_arrays(judge: Judge) -> dict[str, np.ndarray]:
    """Return the arrays of a judge with a classifier; what is no array goes as JSON into the bytes of one.

    Raises
    ------
    ValueError
        If it judges by votes alone.
    """
    one = judge.classifier
    if one is None:
        raise ValueError("judge: it has no classifier of distances; learn one with a method")
    facts: dict[str, Any] = {
        "classes": judge.classes, "method": one.method, "setting": one.setting, "softening": one.front.softening,
        "temperature": one.temperature.temperature, "losses": dict(one.losses),
        "count": one.core.count if isinstance(one.core, Neighbors) else 0,
    }  # fmt: skip
    arrays = {FACTS: np.frombuffer(json.dumps(facts).encode(), np.uint8), "judge.shares": judge.shares}
    for prefix, record in (("front", one.front), ("core", one.core), ("domain", judge.outliers)):
        arrays |= _list_fields(prefix, record)
    return arrays


def make_judge(arrays: Mapping[str, np.ndarray], *, som_sha256: str = "") -> Judge:
    """Return the judge that `list_judge_arrays` took apart.

    Raises
    ------
    KeyError
        If arrays are missing.
    """
    facts = json.loads(arrays[FACTS].tobytes())
    method = facts["method"]
    numbers: dict[str, Any] = {"count": int(facts["count"])} if method == "neighbors" else {}
    classifier = DistanceClassifier(
        tuple(facts["classes"]), method, float(facts["setting"]),
        Front(softening=float(facts["softening"]), **_take("front", arrays)),
        CORES[method](**_take("core", arrays), **numbers),
        Temperature(float(facts["temperature"])), facts["losses"],
    )  # fmt: skip
    outliers = OutlierReference(**_take("domain", arrays))
    return Judge(tuple(facts["classes"]), arrays["judge.shares"].astype(float), classifier, outliers, som_sha256)


def _list_fields(prefix: str, record: Front | Core | OutlierReference) -> dict[str, np.ndarray]:
    values = {one.name: getattr(record, one.name) for one in fields(record)}
    return {f"{prefix}.{name}": value for name, value in values.items() if isinstance(value, np.ndarray)}


def _take(prefix: str, arrays: Mapping[str, np.ndarray]) -> dict[str, Any]:
    found = {name.removeprefix(f"{prefix}."): one for name, one in arrays.items() if name.startswith(f"{prefix}.")}
    if not found:
        raise KeyError(prefix)
    return found

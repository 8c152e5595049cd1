"""How far training has come: what each pass moved and how well the map stands for a fixed sample."""

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from skysieve.som.engine import map_images
from skysieve.som.lattice import Lattice
from skysieve.som.quality import measure_quantization_error, measure_topographic_error
from skysieve.som.transforms import Geometry


@dataclass(frozen=True)
class PassRecord:
    """One pass of training, judged at its end on a sample of images that stays the same.

    Attributes
    ----------
    phase, stage, turn
        ``grow`` or ``train``, and the numbers of the stage and of the pass in it, from 0.
    neurons
        How many there were.
    movement
        Root mean square change of the neurons' pixels in this pass [unit of the images, channels weighted].
    quantization_error, topographic_error
        Of the sample; NaN for no images.
    changed
        Part of the sample with another best-matching unit than after the pass before; NaN after the first.
    """

    phase: str
    stage: int
    turn: int
    neurons: int
    movement: float
    quantization_error: float
    topographic_error: float
    changed: float


@dataclass(frozen=True, eq=False)
class Judgment:
    """How a map stands for the sample."""

    bmus: Int[np.ndarray, " image"]
    quantization_error: float
    topographic_error: float


def judge_sample(
    sample: Float[np.ndarray, "image channel y x"],
    neurons: Float[np.ndarray, "neuron neuron_channel row column"],
    *,
    lattice: Lattice,
    geometry: Geometry,
    device: str = "cpu",
) -> Judgment:
    """Map the sample and measure both errors; images whose distances are not known are left out."""
    distance = map_images(sample, neurons, geometry=geometry, device=device).distance
    ranks = np.where(np.isfinite(distance).all(axis=1, keepdims=True), distance.argsort(axis=1, kind="stable"), -1)
    best_two = ranks[:, :2] if lattice.n_neurons > 1 else np.full((len(sample), 2), -1)
    return Judgment(
        ranks[:, 0], measure_quantization_error(distance.min(axis=1)), measure_topographic_error(best_two, lattice)
    )


def measure_movement(
    before: Float[np.ndarray, "neuron channel row column"], after: Float[np.ndarray, "neuron channel row column"]
) -> float:
    """Return the root mean square change of the neurons' pixels."""
    return math.sqrt(float(np.mean((after - before).astype(np.float64) ** 2)))


def measure_change(before: Int[np.ndarray, " earlier"], after: Int[np.ndarray, " image"]) -> float:
    """Return the part of the sample whose best-matching unit changed; NaN where there is none to compare with."""
    return float(np.mean(before != after)) if len(before) == len(after) > 0 else math.nan


def dump_history(history: Iterable[PassRecord]) -> list[dict[str, Any]]:
    """Return passes as plain values for JSON; what is unknown is None."""
    return [
        {key: None if isinstance(value, float) and math.isnan(value) else value for key, value in asdict(one).items()}
        for one in history
    ]


def parse_history(plain: Iterable[dict[str, Any]]) -> tuple[PassRecord, ...]:
    """Return the passes that `dump_history` made plain values of."""
    known: Iterable[dict[str, Any]] = ({k: math.nan if v is None else v for k, v in one.items()} for one in plain)
    return tuple(PassRecord(**one) for one in known)

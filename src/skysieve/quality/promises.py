"""Sets of causes whose promise holds whatever is known of the camera: a threshold for each state of knowledge."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float, Int

from skysieve.metrics import Conformal, make_prediction_sets
from skysieve.quality.statistics import STATISTICS

KNOWN = ("sky and zeropoint", "sky", "zeropoint", "neither")
"""What usual of the camera is known, in the order of the thresholds."""

SKY, TRANSPARENCY = STATISTICS.index("log_sky"), STATISTICS.index("log_transparency")


def find_knowledge(statistics: Float[np.ndarray, "row statistic"]) -> Int[np.ndarray, " row"]:
    """Return for each detector which of ``KNOWN`` its statistics were measured with."""
    dark, opaque = (np.isnan(statistics[:, column]).astype(int) for column in (SKY, TRANSPARENCY))
    return np.asarray(2 * dark + opaque)


def find_common_knowledge(statistics: Float[np.ndarray, "row statistic"]) -> int:
    """Return what is known of most of the detectors of an exposure, at least one."""
    return int(np.bincount(find_knowledge(statistics), minlength=len(KNOWN)).argmax())


def make_cause_sets(
    promises: Sequence[Conformal],
    probability: Float[np.ndarray, "row label"],
    statistics: Float[np.ndarray, "row statistic"],
) -> Bool[np.ndarray, "row label"]:
    """Make the set of causes of each detector by the threshold for what is known of it."""
    chosen, knowledge = np.zeros(probability.shape, bool), find_knowledge(statistics)
    for number in np.unique(knowledge).tolist():
        rows = knowledge == number
        chosen[rows] = make_prediction_sets(promises[number], probability[rows])
    return chosen

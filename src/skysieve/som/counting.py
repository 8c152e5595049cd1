"""What several people counted on sheets of example images becomes a fraction for each neuron."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int


@dataclass(frozen=True, eq=False)
class CountedFractions:
    """The part of each neuron's images that people counted; NaN where nobody looked.

    Attributes
    ----------
    fraction
        Mean over the counters, 0 to 1.
    error
        Standard error: that of the sample of images, which all share (binomial at (k + 1/2) / (n + 1), so never 0), and
        that of the counters' mean, added in squares.
    counters
        How many people looked at each neuron.
    """

    fraction: Float[np.ndarray, " neuron"]
    error: Float[np.ndarray, " neuron"]
    counters: Int[np.ndarray, " neuron"]


def combine_counts(
    neurons: Int[np.ndarray, " sheet"],
    counted: Int[np.ndarray, " sheet"],
    shown: Int[np.ndarray, " sheet"],
    *,
    n_neurons: int,
) -> CountedFractions:
    """Average what several people counted on the sheet of each neuron.

    Parameters
    ----------
    neurons
        One entry a person and sheet.
    counted, shown
        Images that were counted, of those on the sheet.

    Raises
    ------
    ValueError
        If a count is negative, above what was shown, or nothing was shown.

    Examples
    --------
    >>> combine_counts(np.array([0, 0]), np.array([20, 30]), np.array([100, 100]), n_neurons=2).fraction
    array([0.25,  nan])
    """
    if (counted < 0).any() or (counted > shown).any() or (shown < 1).any():
        raise ValueError("counted: some counts are negative or above the number of images shown; correct the table")
    fraction, error = np.full(n_neurons, np.nan), np.full(n_neurons, np.nan)
    counters = np.bincount(neurons, minlength=n_neurons)
    for neuron in np.flatnonzero(counters):
        one = neurons == neuron
        parts, size = counted[one] / shown[one], float(shown[one].max())
        fraction[neuron] = parts.mean()
        smoothed = (parts.mean() * size + 0.5) / (size + 1)
        between = parts.var(ddof=1) / len(parts) if len(parts) > 1 else 0.0
        error[neuron] = np.sqrt(smoothed * (1 - smoothed) / (size + 1) + between)
    return CountedFractions(fraction, error, counters)

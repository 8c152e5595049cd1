"""Online training of vectors by PINK's rule: every datum moves the neurons around its best-matching unit."""

import numpy as np
from jaxtyping import Float, Float32, Int

from skysieve.som.neighborhood import measure_influence
from skysieve.som.schedule import Stage, measure_pace


def train_online(
    vectors: Float[np.ndarray, "vector feature"],
    neurons: Float[np.ndarray, "neuron feature"],
    stage: Stage,
    *,
    distances: Float32[np.ndarray, "neuron neuron"],
    order: Int[np.ndarray, " step"],
    progress: tuple[float, float] = (0.0, 1.0),
    weights: Float[np.ndarray, " vector"] | None = None,
) -> Float[np.ndarray, "neuron feature"]:
    """Show vectors to the neurons one after the other.

    Parameters
    ----------
    vectors : array
        NaN marks a missing feature: it counts in no distance and moves no neuron.
    neurons : array
        Where they start; left as they are.
    stage : Stage
        Neighborhood, sigma and rate.
    distances : array of float32
        Between neurons on the lattice.
    order : array of int
        Which vector comes at each step.
    progress : (float, float)
        Where in the stage the first step is and where the step behind the last one would be, from 0 to 1.
    weights : array, optional
        Factors of each vector's rate.

    Returns
    -------
    array of float64
        The neurons N <- N - (N - x) w(b, n), with b the first of the nearest neurons.
    """
    neurons = neurons.astype(np.float64)
    steady = stage.sigma_end is None and stage.rate_end is None
    influence = _measure_influence(stage, distances, progress[0])
    steps = np.linspace(*progress, num=len(order), endpoint=False)
    for step, index in zip(steps.tolist(), order.tolist(), strict=True):
        offsets = neurons - vectors[index]
        missing = np.isnan(vectors[index])
        if missing.all():
            continue
        offsets[:, missing] = 0.0
        bmu = int(np.einsum("ij,ij->i", offsets, offsets).argmin())
        pull = influence[bmu] if steady else _measure_influence(stage, distances[bmu], step)
        if weights is not None:
            pull = pull * weights[index]
        neurons -= offsets * pull[:, None]
    return neurons


def _measure_influence(
    stage: Stage, distances: Float32[np.ndarray, "..."], progress: float
) -> Float32[np.ndarray, "..."]:
    sigma, rate = measure_pace(stage, progress)
    return measure_influence(distances, stage.neighborhood, sigma=sigma, rate=rate, max_distance=stage.max_distance)

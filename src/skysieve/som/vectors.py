"""Train a map of vectors through the stages of a schedule."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, Int

from skysieve.som.batch import move_to_means, sum_by_bmu
from skysieve.som.initialization import Compat
from skysieve.som.lattice import Lattice
from skysieve.som.matching import find_bmus
from skysieve.som.mersenne import shuffle_order
from skysieve.som.neighborhood import measure_influence
from skysieve.som.online import train_online
from skysieve.som.schedule import Schedule, Stage, measure_pace


@dataclass(frozen=True, eq=False)
class TrainedVectors:
    """Neurons after training, with the distance they moved in each pass.

    ``movements`` holds the root mean square over neurons and features for each pass of each stage, in the unit of the
    data: training has converged where it stays near 0.
    """

    neurons: Float[np.ndarray, "neuron feature"]
    movements: tuple[float, ...]


def make_vector_schedule(lattice: Lattice) -> Schedule:
    """Return 30 batch passes whose neighborhood narrows from half the lattice to half a cell."""
    sigma = max(float(lattice.measure_distances().max()) / 2, 1.0)
    return Schedule((Stage(30, sigma=sigma, sigma_end=0.5),))


def train_vectors(
    vectors: Float[np.ndarray, "vector feature"],
    neurons: Float[np.ndarray, "neuron feature"],
    schedule: Schedule,
    *,
    lattice: Lattice,
    seed: int = 0,
    compat: Compat = "skysieve",
    weights: Float[np.ndarray, " vector"] | None = None,
) -> TrainedVectors:
    """Train neurons on vectors.

    Parameters
    ----------
    vectors : array
        NaN marks a missing feature, which is left out; infinities are refused.
    neurons : array
        Where they start; left as they are.
    schedule : Schedule
        Stages of one rotation, online or batch.
    lattice : Lattice
        Where the neurons stand.
    seed : int
        Of the order of the vectors in online stages; batch stages have none.
    compat : str
        ``pink`` shuffles as PINK 2 does, each stage anew.
    weights : array, optional
        How much each vector counts.

    Returns
    -------
    TrainedVectors
        The same for any number of threads.

    Raises
    ------
    ValueError
        If the neurons are not those of the lattice, a stage rotates, or a value is infinite.
    """
    if len(neurons) != lattice.n_neurons:
        raise ValueError(f"neurons: {len(neurons)} are given; the lattice has {lattice.n_neurons}")
    if any(stage.rotations != 1 for stage in schedule.stages):
        raise ValueError("rotations: vectors do not turn; give stages with rotations = 1")
    distances = lattice.measure_distances()
    moved: list[float] = []
    for number, stage in enumerate(schedule.stages):
        for turn in range(stage.passes):
            before = neurons
            if stage.method == "batch":
                neurons = _train_pass(vectors, before, stage, distances=distances, turn=turn, weights=weights)
            else:
                neurons = train_online(
                    vectors,
                    before,
                    stage,
                    distances=distances,
                    order=_make_order(len(vectors), seed, number=number, turn=turn, compat=compat),
                    progress=(turn / stage.passes, (turn + 1) / stage.passes),
                    weights=weights,
                )
            moved.append(float(np.sqrt(np.mean((neurons - before) ** 2))))
    return TrainedVectors(neurons, tuple(moved))


def _train_pass(
    vectors: Float[np.ndarray, "vector feature"],
    neurons: Float[np.ndarray, "neuron feature"],
    stage: Stage,
    *,
    distances: Float32[np.ndarray, "neuron neuron"],
    turn: int,
    weights: Float[np.ndarray, " vector"] | None,
) -> Float[np.ndarray, "neuron feature"]:
    sigma, rate = measure_pace(stage, turn / max(stage.passes - 1, 1))
    influence = measure_influence(distances, stage.neighborhood, sigma=sigma, rate=1.0, max_distance=stage.max_distance)
    bmus = find_bmus(vectors, neurons)[:, 0]
    sums, counts = sum_by_bmu(vectors, bmus, n_neurons=len(neurons), weights=weights)
    return move_to_means(neurons, sums, counts, influence=influence, rate=rate)


def _make_order(count: int, seed: int, *, number: int, turn: int, compat: Compat) -> Int[np.ndarray, " step"]:
    if compat == "pink":
        return shuffle_order(count, seed=seed, iteration=turn)
    return np.random.default_rng([seed, number, turn]).permutation(count)

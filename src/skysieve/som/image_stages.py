"""Training of image maps through the stages of a schedule, block by block, so that it can stop and go on anywhere."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from jaxtyping import Float32, Int

from skysieve.som.convergence import PassRecord, judge_sample, measure_change, measure_movement
from skysieve.som.image_data import ImageSource
from skysieve.som.image_training import Workshop, make_workshop, train_batch, train_online
from skysieve.som.initialization import Compat
from skysieve.som.lattice import Lattice
from skysieve.som.mersenne import shuffle_order
from skysieve.som.neighborhood import measure_influence
from skysieve.som.schedule import Schedule, Shuffle, Stage, measure_pace
from skysieve.som.transforms import Geometry

RUNS = 8
"""Runs of consecutive rows that are mixed in one block of a shuffle by blocks."""
DECAY_STEPS = 50
"""Blocks that a stage with a changing pace has at least, where there are images enough."""


@dataclass(frozen=True, eq=False)
class TrainingPlan:
    """What stays the same during training.

    Attributes
    ----------
    images
        What is shown.
    schedule
        Its stages; each has its own number of rotations.
    lattice, geometry
        Of the map.
    scale
        Square root of the weight of each channel.
    seed, compat, shuffle
        In which order images are shown in online stages: ``all`` mixes all rows; ``blocks`` mixes runs of consecutive
        rows, which is fast where rows are compressed together; ``off`` keeps the order of the source.
    block
        Images in memory at a time.
    sample
        Images on which convergence is measured, scaled.
    device, threads
        Where and with how many threads.
    phase
        Name in the history.
    counts
        How often each image counts, as `train_online` and `train_batch` take it; None when all count once.
    """

    images: ImageSource
    schedule: Schedule
    lattice: Lattice
    geometry: Geometry
    scale: Float32[np.ndarray, " channel"]
    sample: Float32[np.ndarray, "image channel y x"]
    seed: int = 0
    compat: Compat = "skysieve"
    shuffle: Shuffle = "all"
    block: int = 4096
    device: str = "cpu"
    threads: int = 1
    phase: str = "train"
    counts: Float32[np.ndarray, " row"] | None = None


@dataclass(frozen=True, eq=False)
class TrainingState:
    """How far training has come: the neurons (channels scaled), and which images they saw.

    Attributes
    ----------
    neurons, before
        Now, and at the beginning of the pass.
    stage, turn, shown
        Stage, pass of the stage, and images of the pass that were shown.
    history
        Passes that ended.
    bmus
        Best-matching units of the sample after the last of them; empty before.
    """

    neurons: Float32[np.ndarray, "neuron channel row column"]
    before: Float32[np.ndarray, "neuron channel row column"]
    stage: int = 0
    turn: int = 0
    shown: int = 0
    history: tuple[PassRecord, ...] = ()
    bmus: Int[np.ndarray, " image"] = field(default_factory=lambda: np.zeros(0, np.int64))


def train_stages(state: TrainingState, plan: TrainingPlan) -> Iterator[TrainingState]:
    """Go on with training, yielding the state after every block of an online pass, and after every batch pass.

    Yields
    ------
    TrainingState
        Training that goes on from any of them ends with the same bytes. Nothing when the schedule is over.

    Raises
    ------
    ValueError
        If sizes or channels do not fit.
    """
    distances = plan.lattice.measure_distances()
    while state.stage < len(plan.schedule.stages):
        stage = plan.schedule.stages[state.stage]
        geometry = replace(plan.geometry, rotations=stage.rotations)
        workshop = make_workshop(geometry, device=plan.device, threads=plan.threads)
        while state.turn < stage.passes:
            turn = state.turn
            train = _train_in_batch if stage.method == "batch" else _train_in_order
            for step in train(state, stage, plan, distances=distances, workshop=workshop):
                state = _judge_pass(step, plan, geometry) if step.turn > turn else step
                yield state
        state = replace(state, stage=state.stage + 1, turn=0)


def count_blocks(plan: TrainingPlan, *, stage: int = 0, turn: int = 0, shown: int = 0) -> int:
    """Return how many states training yields from a stage, pass and number of images shown on; by default from all."""
    left = 0
    for number, one in enumerate(plan.schedule.stages[stage:]):
        blocks = 1 if one.method == "batch" else max(1, -(-plan.images.length // _choose_block(one, plan)))
        left += blocks * (one.passes - (0 if number else turn))
    ahead = 0 if stage >= len(plan.schedule.stages) else shown // _choose_block(plan.schedule.stages[stage], plan)
    return left - ahead


def show_images(plan: TrainingPlan, rows: Int[np.ndarray, " row"]) -> Float32[np.ndarray, "image channel y x"]:
    """Read images with their channels scaled."""
    images: np.ndarray = plan.images.read(rows)
    return images * plan.scale[:, None, None]


def make_order(plan: TrainingPlan, *, stage: int, turn: int) -> Int[np.ndarray, " image"]:
    """Return the order in which a pass shows the images."""
    count = plan.images.length
    if plan.shuffle == "off":
        return np.arange(count)
    if plan.compat == "pink":
        return shuffle_order(count, seed=plan.seed, iteration=turn)
    random = np.random.default_rng([plan.seed, stage, turn])
    if plan.shuffle == "all":
        return random.permutation(count)
    run = max(1, plan.block // RUNS)
    starts = random.permutation(np.arange(0, count, run))
    rows = np.concatenate([np.arange(0), *(np.arange(start, min(start + run, count)) for start in starts)])
    blocks = (rows[start : start + run * RUNS] for start in range(0, count, run * RUNS))
    return np.concatenate([np.arange(0), *(random.permutation(block) for block in blocks)])


def _choose_block(stage: Stage, plan: TrainingPlan) -> int:
    """Choose small blocks for a pace that changes, since it does so from block to block."""
    if stage.sigma_end is None and stage.rate_end is None:
        return plan.block
    return min(plan.block, max(1, stage.passes * plan.images.length // DECAY_STEPS))


def _train_in_order(
    state: TrainingState, stage: Stage, plan: TrainingPlan, *, distances: Float32[np.ndarray, "neuron neuron"],
    workshop: Workshop,
) -> Iterator[TrainingState]:  # fmt: skip
    order, block = make_order(plan, stage=state.stage, turn=state.turn), _choose_block(stage, plan)
    while True:
        progress = (state.turn + state.shown / max(len(order), 1)) / stage.passes
        sigma, rate = measure_pace(stage, progress)
        weights = measure_influence(
            distances, stage.neighborhood, sigma=sigma, rate=rate, max_distance=stage.max_distance
        )
        rows = order[state.shown : state.shown + block]
        images, counts = show_images(plan, rows), None if plan.counts is None else plan.counts[rows]
        with limit_torch(plan.threads):
            neurons, _ = train_online(state.neurons, images, weights=weights, workshop=workshop, counts=counts)
        shown = min(state.shown + block, len(order))
        if shown == len(order):
            yield replace(state, neurons=neurons, turn=state.turn + 1, shown=0)
            return
        state = replace(state, neurons=neurons, shown=shown)
        yield state


def _train_in_batch(
    state: TrainingState, stage: Stage, plan: TrainingPlan, *, distances: Float32[np.ndarray, "neuron neuron"],
    workshop: Workshop,
) -> Iterator[TrainingState]:  # fmt: skip
    sigma, rate = measure_pace(stage, state.turn / max(stage.passes - 1, 1))
    weights = measure_influence(distances, stage.neighborhood, sigma=sigma, rate=1.0, max_distance=stage.max_distance)
    starts = range(0, plan.images.length, plan.block)
    rows = [np.arange(start, min(start + plan.block, plan.images.length)) for start in starts]
    blocks = (show_images(plan, some) for some in rows)
    counts = None if plan.counts is None else [plan.counts[some] for some in rows]
    with limit_torch(1):
        means = train_batch(state.neurons, blocks, weights=weights, workshop=workshop, counts=counts)
    neurons = state.neurons + np.float32(rate) * (means - state.neurons)
    yield replace(state, neurons=neurons, turn=state.turn + 1, shown=0)


def _judge_pass(state: TrainingState, plan: TrainingPlan, geometry: Geometry) -> TrainingState:
    """Add the pass that ended to the history."""
    with limit_torch(plan.threads):
        found = judge_sample(plan.sample, state.neurons, lattice=plan.lattice, geometry=geometry, device=plan.device)
    record = PassRecord(
        plan.phase,
        state.stage,
        state.turn - 1,
        len(state.neurons),
        measure_movement(state.before, state.neurons),
        found.quantization_error,
        found.topographic_error,
        measure_change(state.bmus, found.bmus),
    )
    return replace(state, before=state.neurons, history=(*state.history, record), bmus=found.bmus)


@contextmanager
def limit_torch(threads: int) -> Iterator[None]:
    """Let PyTorch use so many threads for a while."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)

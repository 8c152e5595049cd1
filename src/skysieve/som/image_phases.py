"""Training of a map of images from its recipe: growth of the lattice where it is asked for, then the schedule."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float, Float32, Int

from skysieve.som.engine import map_images
from skysieve.som.first_neurons import check_neurons, make_first_neurons
from skysieve.som.growing import grow_lattice, measure_evenness, sum_errors
from skysieve.som.image_data import ImageSource
from skysieve.som.image_stages import TrainingPlan, TrainingState, limit_torch, show_images, train_stages
from skysieve.som.lattice import Lattice
from skysieve.som.schedule import Schedule
from skysieve.som.training_recipe import TrainSomRecipe

START_SAMPLE = 500
"""Images from which the principal axes are measured, at most."""


@dataclass(frozen=True, eq=False)
class Snapshot:
    """Training at some moment: the lattice as it is, whether it still grows, and the state of its stages."""

    lattice: Lattice
    growing: bool
    state: TrainingState


def plan_training(
    images: ImageSource, recipe: TrainSomRecipe, *, counts: Float32[np.ndarray, " row"] | None = None
) -> TrainingPlan:
    """Resolve a recipe for images.

    Parameters
    ----------
    counts
        How often each image counts in training; by default all once.

    Raises
    ------
    ValueError
        If the sides of the geometry do not fit, or there are not as many weights as channels.
    """
    weights = recipe.channel_weights or (1.0,) * images.channels
    if len(weights) != images.channels:
        raise ValueError(
            f"channel_weights = {weights}: {images.name} has {images.channels} channels; give one for each"
        )
    plan = TrainingPlan(
        images=images,
        schedule=recipe.schedule,
        lattice=recipe.lattice,
        geometry=recipe.geometry.resolve(images.side),
        scale=np.sqrt(np.array(weights, np.float32)),
        sample=np.zeros((0, images.channels, images.side, images.side), np.float32),
        seed=recipe.seed,
        compat=recipe.compat,
        shuffle=recipe.shuffle,
        block=recipe.block,
        device=recipe.device,
        threads=recipe.threads,
        counts=counts,
    )
    sample = show_images(plan, draw_sample(images.length, recipe.sample, seed=recipe.seed))
    return replace(plan, sample=sample[np.isfinite(sample).any(axis=(1, 2, 3))])


def draw_sample(length: int, count: int, *, seed: int) -> Int[np.ndarray, " drawn"]:
    """Return rows drawn without replacement, in their order; all of them where there are no more."""
    random = np.random.default_rng([seed, length])
    return np.sort(random.choice(length, min(count, length), replace=False))


def start_training(
    plan: TrainingPlan, recipe: TrainSomRecipe, *, neurons: Float[np.ndarray, "..."] | None = None
) -> Snapshot:
    """Make the first neurons.

    Parameters
    ----------
    neurons
        To start from instead of those of the recipe, of shape (neuron, channel, row, column).

    Raises
    ------
    ValueError
        If the neurons do not fit.
    """
    side, channels = plan.geometry.neuron_side, plan.images.channels
    if neurons is None:
        sample = plan.sample[:START_SAMPLE] / plan.scale[:, None, None]
        neurons = make_first_neurons(
            recipe.init, sample, lattice=plan.lattice, geometry=plan.geometry, seed=plan.seed, compat=plan.compat
        )
    first = check_neurons(neurons, (plan.lattice.n_neurons, channels, side, side)) * plan.scale[:, None, None]
    return Snapshot(plan.lattice, recipe.growth is not None, TrainingState(first, first))


def train_phases(snapshot: Snapshot, plan: TrainingPlan, recipe: TrainSomRecipe) -> Iterator[Snapshot]:
    """Go on with training from any snapshot to the end, yielding one after each block or pass."""
    here = snapshot
    for here in _grow(snapshot, plan, recipe) if snapshot.growing else ():
        yield here
    for state in train_stages(here.state, replace(plan, lattice=here.lattice)):
        yield replace(here, state=state)


def _grow(snapshot: Snapshot, plan: TrainingPlan, recipe: TrainSomRecipe) -> Iterator[Snapshot]:
    growth = recipe.growth
    assert growth is not None
    rows = draw_sample(plan.images.length, growth.sample, seed=recipe.seed + 1)
    while True:
        here = replace(plan, lattice=snapshot.lattice, schedule=Schedule((growth.stage,)), phase="grow")
        for state in train_stages(snapshot.state, here):
            snapshot = replace(snapshot, state=state)
            yield snapshot
        neurons = snapshot.state.neurons
        errors = _measure_errors(neurons, here, rows)
        grown, lattice = grow_lattice(neurons, snapshot.lattice, errors)
        even = len(neurons) >= growth.least_neurons and measure_evenness(errors) <= growth.evenness
        if even or lattice.n_neurons > growth.most_neurons:
            break
        snapshot = Snapshot(lattice, True, TrainingState(grown, grown, history=snapshot.state.history))
    state = TrainingState(neurons, neurons, history=snapshot.state.history, bmus=snapshot.state.bmus)
    yield Snapshot(snapshot.lattice, False, state)


def _measure_errors(
    neurons: Float32[np.ndarray, "neuron channel row column"], plan: TrainingPlan, rows: Int[np.ndarray, " drawn"]
) -> Float[np.ndarray, " neuron"]:
    geometry = replace(plan.geometry, rotations=plan.schedule.stages[0].rotations)
    errors = np.zeros(len(neurons))
    for start in range(0, len(rows), plan.block):
        images = show_images(plan, rows[start : start + plan.block])
        with limit_torch(plan.threads):
            found = map_images(images, neurons, geometry=geometry, device=plan.device)
        distance = found.distance.min(axis=1)
        errors += sum_errors(np.where(np.isfinite(distance), found.bmu, -1), distance, n_neurons=len(neurons))
    return errors

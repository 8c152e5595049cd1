"""Train a map of images from files into a run folder; a killed run goes on where it stopped, with the same result."""

import hashlib
import importlib.metadata
import json
import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

import skysieve
from skysieve.config import dump_recipe
from skysieve.execution import Ledger, Outcome, make_product, open_ledger
from skysieve.io.atomic import write_whole
from skysieve.som.convergence import dump_history, parse_history
from skysieve.som.image_data import COPY, ImageSource, checksum_images, open_images
from skysieve.som.image_phases import Snapshot, plan_training, start_training, train_phases
from skysieve.som.image_stages import TrainingPlan, TrainingState, count_blocks
from skysieve.som.lattice import Lattice
from skysieve.som.maps import ImageMap, read_image_map, write_image_map
from skysieve.som.memory import check_memory, estimate_memory
from skysieve.som.training_recipe import TrainSomRecipe
from skysieve.som.training_rows import choose_training_rows

KEY, CHECKPOINT, HISTORY = "som", "checkpoint.npz", "history.json"
INDIFFERENT = ("threads", "memory_limit", "checkpoint_every")
"""Settings that do not change the result."""


def _ignore(told: object) -> None:
    """Tell nobody."""


def train_map(
    source: Path,
    recipe: TrainSomRecipe,
    *,
    out: Path,
    overwrite: bool = False,
    on_start: Callable[[int], None] = _ignore,
    on_done: Callable[[Outcome], None] = _ignore,
) -> ImageMap:
    """Train a map of images; a killed training in the same folder goes on, one that is complete is read.

    Parameters
    ----------
    source
        Prepared images: a cutout store, an HDF5 file or a folder of cutouts, or a binary of images of PINK. Bad pixels
        are those marked so and those that are not finite; images without any good one teach nothing. Rows that are
        unusable by their column ``preparation_flags`` are left out, and an image of ``training_weight`` k counts as
        one that is shown k times in a row.
    recipe
        All that decides the result.
    out
        The run folder: ``som.bin``, ``som.json``, ``history.json``; ``checkpoint.npz`` until training is complete.
    overwrite
        Replace another run in the folder, with the children of its neurons.
    on_start, on_done
        Get the number of blocks that are left (anew when a lattice has grown), and an outcome for each.

    Raises
    ------
    ValueError
        If the source cannot be read or does not fit the recipe, it needs more memory than allowed, or the folder holds
        another run.
    """
    checksum = checksum_images(source)
    with open_ledger(out, fingerprint_training(recipe, checksum), overwrite=overwrite) as ledger:
        if overwrite:
            (out / CHECKPOINT).unlink(missing_ok=True)
            shutil.rmtree(out / "children", ignore_errors=True)
        if ledger.find_done(KEY) is None:
            images = open_images(source, scratch=out)
            train_into(images, recipe, ledger=ledger, checksum=checksum, on_start=on_start, on_done=on_done)
        shutil.rmtree(out / COPY, ignore_errors=True)
    return read_image_map(out)


def fingerprint_training(recipe: TrainSomRecipe, checksum: str) -> str:
    """Return a text that tells trainings with other results apart."""
    plain: dict[str, Any] = {"recipe": describe_training(recipe), "images": checksum}
    if Path(recipe.init).exists():
        plain["init"] = checksum_images(Path(recipe.init))
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()


def describe_training(recipe: TrainSomRecipe) -> dict[str, Any]:
    """Return the recipe as plain values, without what does not change the result."""
    return {key: value for key, value in dump_recipe(recipe).items() if key not in INDIFFERENT}


def train_into(
    images: ImageSource,
    recipe: TrainSomRecipe,
    *,
    ledger: Ledger,
    checksum: str,
    on_start: Callable[[int], None],
    on_done: Callable[[Outcome], None],
) -> None:
    """Train on a source, write the map into the folder of a ledger, and record it there.

    Raises
    ------
    ValueError
        If the images do not fit the recipe, or need more memory than allowed.
    """
    if not images.length:
        raise ValueError(f"{images.name}: holds no images; there is nothing to train on")
    given, (images, counts) = images.length, choose_training_rows(images)
    check_memory(estimate_training(images, recipe), recipe.memory_limit)
    plan = plan_training(images, recipe, counts=counts)
    final = _train(plan, recipe, ledger.folder / CHECKPOINT, on_start, on_done)
    facts = {
        "source": images.name, "sha256": checksum, "images": images.length, "left_out": given - images.length,
        "weighted": counts is not None, "recipe": describe_training(recipe),
        "versions": _list_versions(), "convergence": dump_history(final.state.history)[-1],
    }  # fmt: skip
    trained = ImageMap(
        final.state.neurons / plan.scale[:, None, None], final.lattice, plan.geometry, bands=images.bands,
        channel_weights=recipe.channel_weights, preparation=images.preparation, provenance=facts,
    )  # fmt: skip
    files = (*write_image_map(ledger.folder, trained), ledger.folder / HISTORY)
    with write_whole(files[-1]) as temporary:
        temporary.write_text(json.dumps(dump_history(final.state.history), indent=1) + "\n", encoding="ascii")
    product = make_product(ledger.folder, [file.relative_to(ledger.folder) for file in files], facts={})
    ledger.record(Outcome(KEY, "done", product))
    (ledger.folder / CHECKPOINT).unlink(missing_ok=True)


def estimate_training(images: ImageSource, recipe: TrainSomRecipe) -> float:
    """Estimate the memory that training takes [byte]."""
    growth = recipe.growth
    stages = recipe.schedule.stages + ((growth.stage,) if growth else ())
    return estimate_memory(
        recipe.geometry.resolve(images.side),
        replace(recipe.schedule, stages=stages),
        n_neurons=max(recipe.lattice.n_neurons, growth.most_neurons if growth else 0),
        channels=images.channels,
        block=min(recipe.block, images.length),
        sample=min(recipe.sample, images.length),
    )


def _train(
    plan: TrainingPlan, recipe: TrainSomRecipe, checkpoint: Path, on_start: Callable[[int], None],
    on_done: Callable[[Outcome], None],
) -> Snapshot:  # fmt: skip
    start = read_checkpoint(checkpoint) if checkpoint.is_file() else start_training(plan, recipe)
    on_start(_count_left(start, plan))
    began, snapshot = time.monotonic(), start
    for number, snapshot in enumerate(train_phases(start, plan, recipe), start=1):
        if number % recipe.checkpoint_every == 0 or snapshot.state.shown == 0:
            write_checkpoint(checkpoint, snapshot)
        if start.growing and snapshot.state.turn + snapshot.state.shown == 0:
            on_start(number + _count_left(snapshot, plan))
        on_done(Outcome(_name_step(snapshot), "done", None, "", 1, time.monotonic() - began))
        began = time.monotonic()
    return snapshot


def _count_left(snapshot: Snapshot, plan: TrainingPlan) -> int:
    """Count the blocks that are left; of a lattice that grows, those of the schedule."""
    state = snapshot.state
    return (
        count_blocks(plan)
        if snapshot.growing
        else count_blocks(plan, stage=state.stage, turn=state.turn, shown=state.shown)
    )


def _name_step(snapshot: Snapshot) -> str:
    state = snapshot.state
    phase = "grow" if snapshot.growing else "train"
    part = f" image {state.shown}" if state.shown else ""
    return f"{phase} {len(state.neurons)} neurons, stage {state.stage + 1}, pass {state.turn + bool(part)}{part}"


def write_checkpoint(path: Path, snapshot: Snapshot) -> None:
    """Write all that training needs to go on, whole or not at all."""
    state = snapshot.state
    plain = {
        "shape": snapshot.lattice.shape, "hexagonal": snapshot.lattice.hexagonal,
        "periodic": snapshot.lattice.periodic, "growing": snapshot.growing,
        "stage": state.stage, "turn": state.turn, "shown": state.shown, "history": dump_history(state.history),
    }  # fmt: skip
    text = np.frombuffer(json.dumps(plain).encode(), np.uint8)
    with write_whole(path) as temporary:
        np.savez(temporary, neurons=state.neurons, before=state.before, bmus=state.bmus, plain=text)


def read_checkpoint(path: Path) -> Snapshot:
    """Read what `write_checkpoint` wrote.

    Raises
    ------
    ValueError
        If the file is damaged.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            neurons, before, bmus = file["neurons"], file["before"], file["bmus"]
            plain = json.loads(file["plain"].tobytes())
        history = parse_history(plain["history"])
        state = TrainingState(neurons, before, plain["stage"], plain["turn"], plain["shown"], history, bmus)
        lattice = Lattice(tuple(plain["shape"]), hexagonal=plain["hexagonal"], periodic=plain["periodic"])
    except (OSError, ValueError, KeyError, TypeError, EOFError) as problem:
        raise ValueError(f"{path}: not a checkpoint ({problem}); remove it to train from the beginning") from None
    return Snapshot(lattice, plain["growing"], state)


def _list_versions() -> dict[str, str]:
    return {"skysieve": skysieve.__version__, **{name: importlib.metadata.version(name) for name in ("numpy", "torch")}}

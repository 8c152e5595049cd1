"""Train children of a map: for chosen neurons, on the images that match them best."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from jaxtyping import Int

from skysieve.execution import Outcome, open_ledger
from skysieve.som.hierarchy import locate_child
from skysieve.som.image_data import COPY, ImageSource, checksum_images, open_images, select_images
from skysieve.som.image_mapping import map_rows
from skysieve.som.maps import ImageMap, read_image_map
from skysieve.som.training_recipe import TrainSomRecipe
from skysieve.som.training_run import KEY, fingerprint_training, train_into


def _ignore(told: object) -> None:
    """Tell nobody."""


def train_children(
    source: Path,
    parent: Path,
    neurons: Sequence[int],
    recipe: TrainSomRecipe,
    *,
    overwrite: bool = False,
    on_start: Callable[[int], None] = _ignore,
    on_done: Callable[[Outcome], None] = _ignore,
) -> tuple[Path, ...]:
    """Train a child for each of some neurons; what is complete is left as it is, what was killed goes on.

    Parameters
    ----------
    source
        Prepared images, as for `train_map`; those whose best-matching unit on the parent is the neuron are shown.
    parent
        The folder of a trained map, or of a child.
    neurons
        Which ones.
    recipe
        Lattice, schedule and so on of the children; the weights of the channels are the parent's unless it has some.
    overwrite
        Replace other runs in the folders of the children.
    on_start, on_done
        Get the number of blocks that the schedule trains, and an outcome for each, child after child.

    Returns
    -------
    tuple of Path
        The folder of each child.

    Raises
    ------
    ValueError
        If there is no such neuron, no image matches one, or as `train_map` says.
    """
    som = read_image_map(parent)
    absent = [neuron for neuron in neurons if not 0 <= neuron < som.lattice.n_neurons]
    if absent or not neurons:
        raise ValueError(f"neurons = {list(neurons)}: wanted are some of 0 to {som.lattice.n_neurons - 1}")
    checksum = f"{checksum_images(source)} {checksum_images(parent / 'som.bin')}"
    images = open_images(source, scratch=parent)
    bmus = find_image_bmus(images, som, device=recipe.device)
    recipe = recipe if recipe.channel_weights else replace(recipe, channel_weights=som.channel_weights)
    folders = tuple(locate_child(parent, neuron) for neuron in neurons)
    for neuron, folder in zip(neurons, folders, strict=True):
        chosen = select_images(images, np.flatnonzero(bmus == neuron))
        if not chosen.length:
            raise ValueError(f"neuron {neuron}: it is the best-matching unit of no image; choose another")
        mark = f"{checksum} {neuron}"
        with open_ledger(folder, fingerprint_training(recipe, mark), overwrite=overwrite) as ledger:
            if ledger.find_done(KEY) is None:
                train_into(chosen, recipe, ledger=ledger, checksum=mark, on_start=on_start, on_done=on_done)
    shutil.rmtree(parent / COPY, ignore_errors=True)
    return folders


def find_image_bmus(images: ImageSource, som: ImageMap, *, device: str = "cpu") -> Int[np.ndarray, " image"]:
    """Return the best-matching unit of each image, -1 where it is unknown."""
    parts = [np.zeros(0, np.int64)]
    for block in map_rows(images, np.arange(images.length), som, device=device):
        known = np.isfinite(block.distance).all(axis=1)
        parts.append(np.where(known, block.distance.argmin(axis=1), -1))
    return np.concatenate(parts)

"""Cutouts of any form, prepared and judged block by block."""

from pathlib import Path

import numpy as np
from jaxtyping import Float32

from skysieve.morphology.apply_recipe import ApplyRecipe
from skysieve.morphology.model import Model, Verdict, add_verdict, judge_images, read_model
from skysieve.morphology.preparation import prepare_image
from skysieve.records import Catalog
from skysieve.som.image_data import ImageSource, open_images

BLOCK = 512
"""Cutouts in memory at a time."""


def judge_cutouts(source: Path, recipe: ApplyRecipe, *, scratch: Path) -> Catalog:
    """Judge all cutouts of a source; the catalog has a row each, in their order.

    Raises
    ------
    ValueError
        If source or model are unusable, or the cutouts have another side or other channels than the map.
    """
    model, images = read_model(recipe), open_images(source, scratch=scratch)
    side, channels = model.som.geometry.image_side, model.som.neurons.shape[1]
    if (images.side, images.channels) != (side, channels):
        raise ValueError(
            f"{source.name}: cutouts of {images.side} pixels and {images.channels} channels; the map wants {side} and "
            f"{channels}"
        )
    parts = []
    for start in range(0, max(images.length, 1), BLOCK):
        rows = np.arange(start, min(start + BLOCK, images.length))
        parts.append(_judge_block(model, images, rows, level=recipe.level))
    return _join(parts)


def _judge_block(model: Model, images: ImageSource, rows: np.ndarray, *, level: float) -> Catalog:
    """Judge some rows; those of which the preparation leaves nothing are unknown."""
    prepared, usable = _prepare(model, images, images.read(rows))
    verdict: Verdict = judge_images(model, prepared[usable], level=level)
    return add_verdict(images.read_catalog(rows), verdict, rows=np.flatnonzero(usable), model=model)


def _prepare(
    model: Model, images: ImageSource, cutouts: Float32[np.ndarray, "row channel y x"]
) -> tuple[Float32[np.ndarray, "row channel y x"], np.ndarray]:
    """Prepare cutouts as the map's own images were, unless their store says that they are; also which are usable."""
    if images.preparation:
        return cutouts, np.isfinite(cutouts).any(axis=(1, 2, 3))
    done = [prepare_image(cutout, model.preparation, bands=images.bands) for cutout in cutouts]
    shown = np.stack([one.image for one in done]) if done else cutouts
    return shown, np.array([one.usable for one in done], bool)


def _join(parts: list[Catalog]) -> Catalog:
    first = parts[0]
    columns = {name: np.concatenate([part[name] for part in parts]) for name in first.names}
    return Catalog(first.schema, columns, first.meta)

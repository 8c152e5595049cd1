"""All methods on the same blends: ours and SExtractor's hot and cold modes, source by source."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float

from skysieve.deblending.blending import Blend, make_blends
from skysieve.deblending.evaluate_recipe import TrialRecipe
from skysieve.deblending.galaxies import Galaxies
from skysieve.deblending.model import Model, tell_apart
from skysieve.deblending.populations import draw_galaxies
from skysieve.deblending.scores import Judged, join_judged, judge_told
from skysieve.deblending.training import make_windows
from skysieve.extraction.hotcold import Found, find_hot_cold, match_pair

CHUNK = 100
"""Blends in memory at a time."""

MASK = 1.0
"""Light of a pixel, in units of its noise, from which it belongs to a mask."""

FAR = 3.0
"""Detections farther from a source are not its own [pixel]."""


@dataclass(frozen=True)
class Trial:
    """Sources of one kind of blends, and what each method said.

    ``sep`` the flux by sep's hot and cold modes, NaN where it found none; ``two`` where it found as many sources as
    there are; ``iou`` of our mask with the pixels where the light exceeds the noise, ``iou_sep`` with those that
    SExtractor gives to the galaxy alone; ``kind`` the type of each galaxy.
    """

    name: str
    judged: Judged
    sep: Float[np.ndarray, " source"]
    two: Bool[np.ndarray, " source"]
    iou: Float[np.ndarray, " source"]
    iou_sep: Float[np.ndarray, " source"]
    kind: np.ndarray


def run_trial(model: Model, recipe: TrialRecipe, *, seed: int) -> Trial:
    """Measure one kind of blends by all methods."""
    galaxies = draw_galaxies(recipe.galaxies)
    parts, rivals, overlaps, kinds = [], [], [], []
    for blends in _list_chunks(galaxies, recipe, seed):
        parts.append(judge_told(tell_apart(model, make_windows(blends)), blends))
        rivals += [_measure_rival(blend, galaxies) for blend in blends]
        overlaps.append(measure_overlap(model, blends))
        kinds.append(galaxies.kind[np.concatenate([blend.row for blend in blends])])
    flux, two = (np.concatenate([rival[place] for rival in rivals]) for place in range(2))
    iou, iou_sep = np.concatenate(overlaps, axis=1)
    return Trial(recipe.name, join_judged(parts), flux, two.astype(bool), iou, iou_sep, np.concatenate(kinds))


def _list_chunks(galaxies: Galaxies, recipe: TrialRecipe, seed: int) -> Iterator[list[Blend]]:
    for start in range(0, recipe.number, CHUNK):
        rows = range(start, min(start + CHUNK, recipe.number))
        yield list(make_blends(galaxies, recipe.blends, seed=seed, rows=rows))


def _measure_rival(blend: Blend, galaxies: Galaxies) -> tuple[np.ndarray, np.ndarray]:
    """Return sep's flux of each source, NaN for none, and whether it found as many sources as there are."""
    try:
        found = find_hot_cold(blend.image, 1.0)
    except Exception:  # noqa: BLE001 -- sep raises plain Exception where a blend has too many pieces
        return np.full(len(blend), np.nan), np.zeros(len(blend))
    if len(blend) == 2:
        match = match_pair(found, x=blend.true_x, y=blend.true_y, radius=float(galaxies.radius[blend.row[0]]))
    else:
        match = _match_nearest(found, blend)
    flux = np.append(found.flux, np.nan)[match]
    return flux, np.full(len(blend), float(len(found) == len(blend)))


def _match_nearest(found: Found, blend: Blend) -> np.ndarray:
    """Give each source the nearest detection that is its own, -1 for none."""
    if len(found) == 0:
        return np.full(len(blend), -1)
    apart = np.hypot(found.x - blend.true_x[:, None], found.y - blend.true_y[:, None])
    nearest = apart.argmin(axis=1)
    mutual = apart.argmin(axis=0)[nearest] == np.arange(len(blend))
    return np.where(mutual & (apart.min(axis=1) < FAR), nearest, -1)


def measure_overlap(model: Model, blends: list[Blend]) -> Float[np.ndarray, "2 source"]:
    """Return the IoU of our mask of each source with its true pixels, and with those that SExtractor gives it."""
    windows = make_windows(blends)
    light = np.concatenate([blend.light for blend in blends])
    alone = np.concatenate([blend.mask for blend in blends])
    images, psf, places = (torch.from_numpy(one.astype(np.float32)) for one in
                           (windows.images, windows.psf, windows.places))  # fmt: skip
    with torch.inference_mode():
        found = model.network(images, psf, places, torch.from_numpy(windows.blend)).log_light.numpy() > np.log(MASK)
    return np.stack([_measure_iou(found, light > MASK), _measure_iou(found, alone)])


def _measure_iou(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """IoU of masks in pairs; 1 where both are empty."""
    both, either = ((method(one, other)).sum((1, 2)) for method in (np.logical_and, np.logical_or))
    return np.where(either > 0, both / np.maximum(either, 1), 1.0)

"""Make a stamp show its galaxy alone: neighbors give way to the field's own noise."""

from dataclasses import dataclass
from enum import IntFlag

import numpy as np
from jaxtyping import Bool, Float, Float32, Int
from scipy.ndimage import binary_dilation

from skysieve.deblending.fieldnoise import (
    FieldNoise,
    draw_field_noise,
    make_white_noise,
    measure_field_noise,
    measure_smoothed_growth,
)
from skysieve.extraction.isolating import make_detection_kernel, segment_stamp

GROWTH = 5
"""Rings of pixels by which neighbors are grown before they are replaced, as for the published blends."""

LEAST_EMPTY = 400
"""Pixels without sources that it takes to measure the noise."""


class IsolationFlag(IntFlag):
    """Why a galaxy may not be alone on its stamp, or not whole."""

    UNSEEN = 1
    """Nothing is seen where the galaxy should be."""
    AT_EDGE = 2
    """The galaxy's pixels reach the edge of the stamp."""
    TOUCHING = 4
    """A neighbor begins where the galaxy ends: light of each may be in the other's pixels."""
    LITTLE_SKY = 8
    """Too few empty pixels to measure the noise; what was given is used."""
    BAD_PIXELS = 16
    """Pixels within the galaxy are not finite."""


@dataclass(frozen=True)
class Isolated:
    """A galaxy alone.

    ``stamp`` [as given]; ``labels`` the objects of the stamp as it was, 0 for sky; ``mask`` the galaxy's pixels;
    ``replaced`` those that are noise now; ``noise`` what they were replaced by.
    """

    stamp: Float32[np.ndarray, "y x"]
    labels: Int[np.ndarray, "y x"]
    mask: Bool[np.ndarray, "y x"]
    replaced: Bool[np.ndarray, "y x"]
    noise: FieldNoise
    flags: IsolationFlag


def isolate_galaxy(
    stamp: Float[np.ndarray, "y x"],
    *,
    sigma: float,
    seed: int | tuple[int, ...],
    x: float | None = None,
    y: float | None = None,
    noise: FieldNoise | None = None,
    growth: int = GROWTH,
) -> Isolated:
    """Replace all but one galaxy of a stamp by noise.

    Parameters
    ----------
    stamp : ndarray, shape (y, x)
        Without background; pixels that are not finite are replaced as well.
    sigma : float
        Standard deviation of a pixel's noise [stamp unit], for the detection.
    seed : int or tuple of int
        Of the noise; give every galaxy its own.
    x, y : float, optional
        Where the galaxy is [pixel]; by default the middle.
    noise : FieldNoise, optional
        What to replace by, where the field's noise is known; by default it is measured in the stamp's empty pixels.
    growth : int, optional
        Rings of pixels by which neighbors are grown; the galaxy's own pixels are never replaced.

    Returns
    -------
    Isolated
        A galaxy that is not seen is flagged, and the stamp is noise but for the pixels that no object held.

    Raises
    ------
    ValueError
        If the noise is not positive.

    Notes
    -----
    Boucaud et al. 2020, section 2.1: neighbors are replaced by pixels of empty regions. Pixels drawn one by one lose
    the correlation that drizzling and resampling leave; this noise has it. Where the noise is measured, objects are
    detected twice: at first as if pixels were on their own, then with the noise that the empty ones have shown.
    """
    if not sigma > 0:
        raise ValueError(f"isolation: the noise is {sigma}; give the positive standard deviation of a pixel")
    bad = ~np.isfinite(stamp)
    place = {"x": stamp.shape[1] / 2 if x is None else x, "y": stamp.shape[0] / 2 if y is None else y}
    field, flags = noise or make_white_noise(sigma), IsolationFlag(0)
    for _ in range(1 if noise else 2):
        shown = stamp - field.level
        growth_of_noise = measure_smoothed_growth(field, make_detection_kernel())
        found = segment_stamp(shown, noise=field.sigma * growth_of_noise, bad=bad, **place)
        own = (found.labels == found.own) & (found.own > 0)
        others = (found.labels > 0) & ~own
        replaced = (_grow(others, growth) & ~own) | bad
        if not noise:
            field, flags = _measure_noise(stamp, ~replaced & ~_grow(own, growth), sigma)
    fill = draw_field_noise(field, shape=stamp.shape, rng=np.random.default_rng(seed))
    alone = np.where(replaced, fill, stamp).astype(np.float32)
    return Isolated(alone, found.labels, own, replaced, field, flags | _find_flaws(own, others=others, bad=bad))


def _grow(mask: Bool[np.ndarray, "y x"], rings: int) -> Bool[np.ndarray, "y x"]:
    """Return a mask grown by rings of pixels."""
    return np.asarray(binary_dilation(mask, np.ones((3, 3), bool), rings)) if rings else mask


def _measure_noise(stamp: np.ndarray, empty: Bool[np.ndarray, "y x"], sigma: float) -> tuple[FieldNoise, IsolationFlag]:
    """Return the noise of the empty pixels, or white noise with a flag where they are few."""
    if empty.sum() < LEAST_EMPTY:
        return make_white_noise(sigma), IsolationFlag.LITTLE_SKY
    return measure_field_noise([stamp], [empty]), IsolationFlag(0)


def _find_flaws(
    own: Bool[np.ndarray, "y x"], *, others: Bool[np.ndarray, "y x"], bad: Bool[np.ndarray, "y x"]
) -> IsolationFlag:
    """Return the flags of the galaxy's pixels and of what is next to them."""
    if not own.any():
        return IsolationFlag.UNSEEN
    grown = _grow(own, 1)
    flaws = {
        IsolationFlag.AT_EDGE: own[[0, -1]].any() or own[:, [0, -1]].any(),
        IsolationFlag.TOUCHING: (grown & others).any(),
        IsolationFlag.BAD_PIXELS: (grown & bad).any(),
    }
    return IsolationFlag(sum(flag for flag, present in flaws.items() if present))

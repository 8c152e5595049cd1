"""One channel of one cutout on its way: each step is a function from state to state."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import IntFlag
from types import MappingProxyType

import numpy as np
from jaxtyping import Bool, Float, Int

from skysieve.morphology.islands import convex_hull_smoothed, label_islands
from skysieve.morphology.noise import FEWEST_VALUES, Noise, measure_noise
from skysieve.morphology.preparation_recipe import ChannelRecipe
from skysieve.morphology.preprocessing import (
    circular_mask,
    measure_radii,
    minmax,
    radial_weights,
    square_mask,
    transfer,
)


class PreparationFlag(IntFlag):
    """Bits of the column ``preparation_flags``: what happened to a cutout on its way into a map's images."""

    NO_PIXELS = 1
    EMPTY = 2
    EMPTY_CHANNEL = 4
    NO_ISLAND = 8
    CONSTANT = 16
    BAD_PIXELS = 32
    CLIPPED_BEFORE = 64
    OUTSIDE = 128
    SCALE_UNKNOWN = 256
    SCALE_LIMITED = 512


UNUSABLE = PreparationFlag.NO_PIXELS | PreparationFlag.EMPTY
"""An image with one of these is all zero in a channel that matters, and should not be learned from."""

PREPARATION_FLAG_SENTENCES: Mapping[PreparationFlag, str] = MappingProxyType(
    {
        PreparationFlag.NO_PIXELS: "a channel has fewer than ten usable pixels",
        PreparationFlag.EMPTY: "nothing is left in any channel",
        PreparationFlag.EMPTY_CHANNEL: "nothing is left in one of the channels",
        PreparationFlag.NO_ISLAND: "no island is as large as wanted",
        PreparationFlag.CONSTANT: "all pixels that are left in a channel are the same",
        PreparationFlag.BAD_PIXELS: "some pixels were bad",
        PreparationFlag.CLIPPED_BEFORE: "pixels of exactly zero and none below: noise was removed before, so not again",
        PreparationFlag.OUTSIDE: "resampling reached beyond the cutout",
        PreparationFlag.SCALE_UNKNOWN: "no positive size or redshift: not resampled",
        PreparationFlag.SCALE_LIMITED: "resampled by less than wanted, to the limit of the recipe",
    }
)

Finished = Mapping[str, Float[np.ndarray, "y x"]]
"""Channels that are done, by name."""


@dataclass(frozen=True)
class Channel:
    """The state of one channel: ``kept`` pixels are what is left of it, the others are zero in the end.

    ``labels`` numbers its islands, once there are any; ``noise`` is measured before the first step that wants it.
    """

    data: Float[np.ndarray, "y x"]
    kept: Bool[np.ndarray, "y x"]
    labels: Int[np.ndarray, "y x"] | None = None
    noise: Noise | None = None
    flags: PreparationFlag = field(default=PreparationFlag(0))


Step = Callable[[Channel, ChannelRecipe, Finished], Channel]


def run_steps(
    data: Float[np.ndarray, "y x"], recipe: ChannelRecipe, *, finished: Finished = MappingProxyType({})
) -> tuple[Float[np.ndarray, "y x"], PreparationFlag]:
    """Take one channel through its steps.

    Parameters
    ----------
    data : ndarray, shape (y, x)
        Pixels [image unit]; NaN and infinite ones are bad.
    recipe : ChannelRecipe
        The steps.
    finished : mapping of str to ndarray
        The channels that hulls are taken from.

    Returns
    -------
    tuple of ndarray, PreparationFlag
        Pixels, zero where nothing is left and NaN where bad, and what happened. All zero when nothing is left.
    """
    good = np.isfinite(data)
    state = Channel(np.where(good, data, np.nan).astype(np.float64), good)
    if np.count_nonzero(good) < min(FEWEST_VALUES, data.size):
        return np.where(good, 0.0, np.nan), PreparationFlag.NO_PIXELS
    for name in recipe.steps:
        state = STEPS[name](state, recipe, finished)
        if not state.kept.any():
            return np.where(good, 0.0, np.nan), state.flags | PreparationFlag.EMPTY_CHANNEL
    pixels = np.where(state.kept, state.data, 0.0)
    pixels[~good] = np.nan
    flags = state.flags | (PreparationFlag(0) if good.all() else PreparationFlag.BAD_PIXELS)
    if not np.any(pixels[good]):
        flags |= PreparationFlag.EMPTY_CHANNEL
    return pixels, flags


def subtract_background(state: Channel, recipe: ChannelRecipe, _: Finished) -> Channel:
    """Subtract the level of the noise, or the median."""
    state = _know_noise(state, recipe)
    level = float(np.nanmedian(state.data))
    if recipe.background.level == "noise" and state.noise is not None and np.isfinite(state.noise.center):
        level = state.noise.center
    return replace(state, data=state.data - level)


def clip_noise(state: Channel, recipe: ChannelRecipe, _: Finished) -> Channel:
    """Let go what is fainter than the threshold."""
    if recipe.clip.level is not None:
        return replace(state, kept=state.kept & (state.data >= recipe.clip.level))
    state = _know_noise(state, recipe)
    return replace(state, kept=state.kept & (state.data >= recipe.clip.snr * _get_rms(state)) & (state.data > 0))


def mask_outskirts(state: Channel, recipe: ChannelRecipe, _: Finished) -> Channel:
    """Let go what lies outside the central disk or square."""
    rows, columns = state.data.shape
    make_mask = circular_mask if recipe.mask.shape == "circle" else square_mask
    return replace(state, kept=state.kept & make_mask((rows, columns), scale=recipe.mask.scale))


def choose_islands(state: Channel, recipe: ChannelRecipe, _: Finished) -> Channel:
    """Let go what belongs to no island, or to none of those wanted."""
    settings = recipe.islands
    above = state.kept
    if settings.snr > 0:
        state = _know_noise(state, recipe)
        above = above & (state.data >= settings.snr * _get_rms(state))
    labels = label_islands(above.astype(np.int8), 0.5, minimum_island_size=settings.minimum_size)
    if not labels.any():
        return replace(state, kept=labels > 0, flags=state.flags | PreparationFlag.NO_ISLAND)
    if settings.keep == "central":
        rows, columns = labels.shape
        nearest = np.argmin(np.where(labels > 0, measure_radii((rows, columns)), np.inf))
        labels = np.where(labels == labels.flat[nearest], 1, 0)
    elif settings.keep == "largest":
        sums = np.bincount(labels.ravel(), weights=np.where(labels > 0, state.data, 0).ravel())
        labels = np.where(labels == 1 + np.argmax(sums[1:]), 1, 0)
    return replace(state, kept=labels > 0, labels=labels)


def mask_hull(state: Channel, recipe: ChannelRecipe, finished: Finished) -> Channel:
    """Let go what lies outside the convex hull of this channel, or of another."""
    settings = recipe.hull
    around = finished[settings.of] if settings.of else np.where(state.kept, state.data, -np.inf)
    hull = convex_hull_smoothed(around, settings.sigma, threshold=settings.threshold, level=settings.level)
    return replace(state, kept=state.kept & hull)


def apply_transfer(state: Channel, recipe: ChannelRecipe, _: Finished) -> Channel:
    """Apply the transfer function; pixels for which it is not defined are let go."""
    settings = recipe.transfer
    softening = settings.softening
    if settings.function == "asinh" and settings.unit == "noise":
        state = _know_noise(state, recipe)
        softening *= _get_rms(state) or 1.0
    data = transfer(state.data, settings.function, softening=softening, power=settings.power)
    return replace(state, data=data, kept=state.kept & np.isfinite(data))


def scale_to_one(state: Channel, recipe: ChannelRecipe, _: Finished) -> Channel:
    """Scale what is left from 0 to 1."""
    values = state.data[state.kept]
    flags = state.flags | (PreparationFlag.CONSTANT if np.ptp(values) == 0 else PreparationFlag(0))
    data = state.data
    if recipe.minmax.each == "island" and state.labels is not None:
        for number in range(1, int(state.labels.max()) + 1):
            data = minmax(data, state.kept & (state.labels == number))
    else:
        data = minmax(data, state.kept)
    return replace(state, data=data, flags=flags)


def weigh_radially(state: Channel, recipe: ChannelRecipe, _: Finished) -> Channel:
    """Make the outskirts count less."""
    rows, columns = state.data.shape
    sigma = recipe.radial.sigma * min(rows, columns)
    return replace(state, data=state.data * radial_weights((rows, columns), sigma=sigma))


STEPS: Mapping[str, Step] = MappingProxyType(
    {
        "background": subtract_background,
        "clip": clip_noise,
        "mask": mask_outskirts,
        "islands": choose_islands,
        "hull": mask_hull,
        "transfer": apply_transfer,
        "minmax": scale_to_one,
        "radial": weigh_radially,
    }
)


def _know_noise(state: Channel, recipe: ChannelRecipe) -> Channel:
    """Measure the noise, once, on good pixels that are not exactly zero.

    Where there are zeros and nothing below, noise was removed before: what is left of it says nothing.
    """
    if state.noise is not None:
        return state
    values = state.data[np.isfinite(state.data) & (state.data != 0)]
    zeros = values.size < np.count_nonzero(np.isfinite(state.data))
    if zeros and (values > 0).all():
        return replace(state, noise=Noise(0.0, 0.0), flags=state.flags | PreparationFlag.CLIPPED_BEFORE)
    noise = measure_noise(values, mode=recipe.clip.mode, clip_rounds=recipe.clip.rounds)
    return replace(state, noise=noise)


def _get_rms(state: Channel) -> float:
    """Return the standard deviation of the noise, zero where it cannot be measured."""
    return state.noise.rms if state.noise is not None and np.isfinite(state.noise.rms) else 0.0

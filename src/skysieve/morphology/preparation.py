"""From a cutout to an image that a map can compare."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, Real

from skysieve.morphology.preparation_recipe import ChannelRecipe, PreparationRecipe
from skysieve.morphology.rescaling import rescale_image
from skysieve.morphology.steps import UNUSABLE, PreparationFlag, run_steps


@dataclass(frozen=True, eq=False)
class PreparedImage:
    """An image ready for a map, and what happened to it.

    ``image`` is finite unless the recipe keeps bad pixels as NaN.
    """

    image: Float32[np.ndarray, "channel y x"]
    flags: PreparationFlag

    @property
    def usable(self) -> bool:
        """Whether there is something to learn from."""
        return not self.flags & UNUSABLE


def prepare_image(
    cutout: Real[np.ndarray, "channel y x"],
    recipe: PreparationRecipe,
    *,
    bands: Sequence[str] = (),
    factor: float = 1.0,
) -> PreparedImage:
    """Prepare one cutout.

    Parameters
    ----------
    cutout : ndarray, shape (channel, y, x)
        Pixels [image unit]; NaN and infinite ones are bad.
    recipe : PreparationRecipe
        What to do; its ``shares`` need many cutouts and have no effect here.
    bands : sequence of str
        Names of the channels, "0", "1", ... by default.
    factor : float
        By which the cutout is enlarged first, from ``measure_factors``.

    Returns
    -------
    PreparedImage
        A cutout without pixels, or of which nothing is left, is an image of zeros with a flag.

    Raises
    ------
    ValueError
        If the recipe does not fit the channels, or wants a larger image than the cutout.

    Examples
    --------
    >>> noise = np.random.default_rng(1).normal(0, 1, (1, 32, 32))
    >>> noise[0, 14:18, 10:22] += 50
    >>> prepared = prepare_image(noise, PreparationRecipe())
    >>> prepared.usable, float(prepared.image.min()), float(prepared.image.max())
    (True, 0.0, 1.0)
    """
    names = tuple(bands) or tuple(str(number) for number in range(len(cutout)))
    steps = resolve_channels(recipe, names, shape=cutout.shape)
    images: dict[str, Float[np.ndarray, "y x"]] = {}
    flags = PreparationFlag(0)
    for name in sorted(names, key=lambda one: bool(_find_hull(steps[one]))):
        plane = np.asarray(cutout[names.index(name)], np.float64)
        if factor != 1:
            scaled = rescale_image(plane, factor)
            beyond = np.isnan(rescale_image(np.zeros_like(plane), factor)).any()
            flags |= PreparationFlag.OUTSIDE if beyond else PreparationFlag(0)
            plane = scaled
        images[name], found = run_steps(plane, steps[name], finished=images)
        flags |= found
    image = _finish([images[name] for name in names], recipe)
    if not np.any(np.nan_to_num(image)):
        flags = (flags | PreparationFlag.EMPTY) & ~PreparationFlag.EMPTY_CHANNEL
    return PreparedImage(image, flags)


def resolve_channels(
    recipe: PreparationRecipe, bands: Sequence[str], *, shape: tuple[int, ...]
) -> dict[str, ChannelRecipe]:
    """Return the steps of each channel, after a look at whether the recipe fits images of this shape.

    Raises
    ------
    ValueError
        If it names a band that is not there, has too many or too few weights, wants a larger image than the cutout,
        or a hull of a channel that itself waits for a hull.
    """
    if len(set(bands)) != shape[-3]:
        raise ValueError(f"bands = {list(bands)}: {shape[-3]} different names are wanted")
    for count in (len(recipe.weights), len(recipe.shares)):
        if count not in {0, len(bands)}:
            raise ValueError(f"the recipe has {count} channel weights, the cutouts have {len(bands)} channels")
    if recipe.side is not None and recipe.side > min(shape[-2:]):
        raise ValueError(f"side = {recipe.side}: the cutouts have {shape[-1]}x{shape[-2]} pixels; give at most that")
    steps = {band: recipe.bands.get(band, recipe.channel) for band in bands}
    named = {*recipe.bands, *filter(None, map(_find_hull, steps.values()))}
    if unknown := sorted(named - set(bands)):
        raise ValueError(f"the recipe names band {unknown[0]}; the cutouts have {', '.join(bands)}")
    for band, one in steps.items():
        if (source := _find_hull(one)) and _find_hull(steps[source]):
            raise ValueError(f"band {band}: the hull of {source} is wanted, which waits for a hull itself")
    return steps


def _find_hull(steps: ChannelRecipe) -> str:
    """Return the other channel that the steps wait for, if any."""
    return steps.hull.of if "hull" in steps.steps else ""


def _finish(
    planes: Sequence[Float[np.ndarray, "row column"]], recipe: PreparationRecipe
) -> Float32[np.ndarray, "channel y x"]:
    """Put the channels together: weighted, cut to size, bad pixels as the recipe wants them."""
    image = np.stack(planes) * np.asarray(recipe.weights or np.ones(len(planes)))[:, None, None]
    if recipe.side is not None:
        top, left = ((extent - recipe.side) // 2 for extent in image.shape[1:])
        image = image[:, top : top + recipe.side, left : left + recipe.side]
    return np.asarray(np.nan_to_num(image) if recipe.bad_pixels == "zero" else image, np.float32)

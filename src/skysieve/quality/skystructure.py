"""Structure of the sky: what blocks of pixels between the sources show beyond their noise, on several scales."""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from skysieve.extraction.glance import Glance

BLOCK = 8
"""Side of the smallest blocks [pixel]."""

STEP_ROWS = 128
"""Rows of pixels on which steps between columns are looked for."""

SCALES = (1, 2, 4, 8)
"""Sides of the blocks whose scatter is measured, in units of the smallest."""

BRIGHT, FAINT = 10.0, 0.05
"""Sources with a brighter peak than the one are left out to where their wings are fainter than the other [noise]."""

MOST = 300
"""Bright sources whose wings are left out."""

LEAST_SKY = 0.1
"""Share of a detector's blocks that must remain."""

BAND = BLOCK * SCALES[-1]
"""Rows of pixels of a band; of large detectors only every so many bands are looked at [pixel]."""

LOOKED_AT = 2_000_000
"""Pixels of a detector that are looked at, about."""


@dataclass(frozen=True)
class Sky:
    """Blocks of the sky: their means [image unit], NaN under sources; and the noise of a pixel [image unit].

    ``y`` tells where the rows of blocks lie, in blocks: there are gaps between the bands of large detectors.
    """

    blocks: Float[np.ndarray, "block_y block_x"]
    y: Float[np.ndarray, " block_y"]
    noise: float


def measure_sky(image: Float[np.ndarray, "y x"], found: Glance, bad: Bool[np.ndarray, "y x"], *, fwhm: float) -> Sky:
    """Average the sky in blocks.

    Parameters
    ----------
    image : ndarray, shape (y, x)
        Pixels, finite.
    found : Glance
        Sources: their footprints are left out, and of bright ones what their wings reach.
    bad : ndarray of bool, shape (y, x)
        Pixels that are not looked at.
    fwhm : float
        Of the usual seeing [pixel].

    Returns
    -------
    Sky
        Blocks with fewer than three quarters of their pixels on the sky are NaN, so are those in the wings of bright
        sources, unless these leave less than a tenth of the detector; the noise comes from differences of neighbors
        in a row, and is NaN without any.
    """
    if min(image.shape) < BLOCK:
        return Sky(np.full((0, 0), math.nan), np.zeros(0), math.nan)
    bands = [_average(image, found, bad, band) for band in _list_bands(image.shape)]
    blocks = np.concatenate([means for means, _ in bands])
    y = np.concatenate([np.arange(band.start, band.stop, BLOCK) / BLOCK for band in _list_bands(image.shape)])
    near = _reach_wings((image.shape[0] // BLOCK, blocks.shape[1]), found, fwhm=fwhm)[y.astype(int)]
    apart = np.where(near, np.nan, blocks)
    steps = np.concatenate([step for _, step in bands])
    noise = 1.4826 * float(np.median(np.abs(steps))) / math.sqrt(2) if len(steps) else math.nan
    return Sky(apart if apart.size and np.isfinite(apart).mean() > LEAST_SKY else blocks, y, noise)


def _list_bands(shape: tuple[int, ...]) -> list[slice]:
    """Return the rows of pixels that are looked at, in bands of whole blocks."""
    rows, columns = shape
    high = min(BAND, rows // BLOCK * BLOCK)
    apart = max(1, round(rows * columns / LOOKED_AT))
    return [slice(start, start + high) for start in range(0, rows - high + 1, high * apart)]


def _average(
    image: np.ndarray, found: Glance, bad: np.ndarray, band: slice
) -> tuple[Float[np.ndarray, "block_y block_x"], Float[np.ndarray, " step"]]:
    """Return the means of the blocks of a band, and some differences of neighboring pixels."""
    columns = image.shape[1] // BLOCK * BLOCK
    part, clear = image[band, :columns], ((found.labels[band] == 0) & ~bad[band])[:, :columns]
    # Along one axis after the other: along both at once takes several times as long.
    rows, cells = (-1, BLOCK, columns), (len(part) // BLOCK, -1, BLOCK)
    count = clear.reshape(rows).sum(axis=1, dtype=np.uint8).reshape(cells).sum(axis=2)
    total = np.where(clear, part, 0).reshape(rows).sum(axis=1, dtype=np.float64).reshape(cells).sum(axis=2)
    blocks = np.where(count >= 0.75 * BLOCK**2, total / np.maximum(count, 1), np.nan)
    some, usable = part[::2], clear[::2]
    return blocks, (some[:, 1:] - some[:, :-1])[usable[:, 1:] & usable[:, :-1]]


def _reach_wings(shape: tuple[int, ...], found: Glance, *, fwhm: float) -> Bool[np.ndarray, "block_y block_x"]:
    """Tell which blocks lie in the wings of bright sources, of a Moffat profile with beta = 3."""
    near = np.zeros(shape, bool)
    bright = np.flatnonzero(found.peak > BRIGHT * found.noise)
    for row in bright[np.argsort(-found.peak[bright], kind="stable")[:MOST]].tolist():
        drop = (found.peak[row] / (FAINT * found.noise)) ** (1 / 3)
        radius = max(float(fwhm * math.sqrt(drop - 1)), 2 * float(found.a[row])) / BLOCK + 0.7
        x, y = (float(one[row] + 0.5) / BLOCK - 0.5 for one in (found.x, found.y))
        low_y, low_x = max(int(y - radius), 0), max(int(x - radius), 0)
        part = near[low_y : int(y + radius) + 2, low_x : int(x + radius) + 2]
        v, u = np.arange(part.shape[0]) + low_y - y, np.arange(part.shape[1]) + low_x - x
        part |= v[:, None] ** 2 + u**2 < radius**2
    return near


def measure_structure(sky: Sky, *, area: float) -> tuple[float, ...]:
    """Measure how far the sky's structure exceeds what noise alone leaves.

    Parameters
    ----------
    sky : Sky
        From `measure_sky`.
    area : float
        Of the usual PSF [pixel]: structure is told in units of the noise in it.

    Returns
    -------
    tuple of float
        Excess scatter around a bowl (vignetting leaves one, where no flat field was applied) for each of ``SCALES``,
        its slope, and the excess of the tails (of the outer tenth over that of the middle, at the second scale); NaN
        where blocks are too few.
    """
    noise = sky.noise / math.sqrt(area)
    flat, tilt = _take_bowl(sky)
    if flat is None or not noise > 0:
        return (math.nan,) * (len(SCALES) + 2)
    found, tails = [], math.nan
    for scale in SCALES:
        coarse = _merge(flat, scale)
        if len(coarse) < 8:
            found.append(math.nan)
            continue
        low, inner_low, inner_high, high = np.percentile(coarse, [5, 16, 84, 95])
        expected = sky.noise / (BLOCK * scale)
        found.append(math.sqrt(max(((inner_high - inner_low) / 2) ** 2 - expected**2, 0.0)) / noise)
        tails = (high - low) / max(1.65 * (inner_high - inner_low), 1e-30) - 1 if scale == 2 else tails
    return (*found, tilt / noise, tails)


def measure_step(image: Float[np.ndarray, "y x"], bad: Bool[np.ndarray, "y x"], noise: float) -> tuple[float, float]:
    """Measure the largest step of the sky between neighboring columns that runs over the whole detector.

    Parameters
    ----------
    image, bad : ndarray, shape (y, x)
        Pixels, and which are not looked at.
    noise : float
        Of a pixel [image unit].

    Returns
    -------
    tuple of float
        The step [noise of a pixel], and how much larger it is than the largest elsewhere (natural logarithm); NaN where
        columns are too few or wholly bad, or without noise. The largest of any may be by chance 0.3.
    """
    columns = image.shape[1] // BLOCK * BLOCK
    some = slice(None, None, max(1, image.shape[0] // STEP_ROWS))
    if columns < 8 * BLOCK or not noise > 0:
        return math.nan, math.nan
    lines = _take_medians(image[some, :columns], bad[some, :columns])
    if not np.isfinite(lines).all():
        return math.nan, math.nan
    # The edge may lie within a block, which then takes part in two steps.
    steps = np.abs(lines[2:] - lines[:-2] - np.median(lines[2:] - lines[:-2]))
    place = int(steps.argmax())
    elsewhere = np.delete(steps, slice(max(place - 2, 0), place + 3))
    return float(steps[place]) / noise, math.log(max(steps[place], 1e-30) / max(float(elsewhere.max()), 1e-3 * noise))


def _take_medians(image: Float[np.ndarray, "y x"], bad: Bool[np.ndarray, "y x"]) -> Float[np.ndarray, " block_x"]:
    """Return the medians of blocks of columns; NaN for those that are wholly bad."""
    parted = (len(image), image.shape[1] // BLOCK, BLOCK)
    if not bad.any():
        return np.asarray(np.median(image.reshape(parted), axis=(0, 2)))
    known = ~bad.reshape(parted).all(axis=(0, 2))
    blank = np.where(bad, np.nan, image).reshape(parted)
    found = np.full(parted[1], np.nan)
    found[known] = np.nanmedian(blank[:, known], axis=(0, 2))
    return found


def _take_bowl(sky: Sky) -> tuple[np.ndarray | None, float]:
    """Return the blocks without their bowl, and how much it rises from end to end; None with too few blocks."""
    blocks, known = sky.blocks, np.isfinite(sky.blocks)
    if known.sum() < 16:
        return None, math.nan
    y, x = np.meshgrid(sky.y / max(sky.y[-1], 1) - 0.5, np.linspace(-0.5, 0.5, blocks.shape[1]), indexing="ij")
    terms, kept = np.stack([np.ones_like(x), x, y, x**2, x * y, y**2], axis=-1), known
    for _ in range(2):
        bowl, *_ = np.linalg.lstsq(terms[kept], blocks[kept], rcond=None)
        rest = blocks - terms @ bowl
        spread = np.nanpercentile(np.abs(rest), 68)
        kept = known & (np.abs(np.nan_to_num(rest, nan=np.inf)) <= 4 * max(spread, 1e-30))
        if kept.sum() < 16:
            break
    return rest, float(np.hypot(bowl[1], bowl[2]))


def _merge(blocks: Float[np.ndarray, "block_y block_x"], scale: int) -> Float[np.ndarray, " block"]:
    """Return the means of scale x scale blocks of which at least half are known."""
    rows, columns = (side // scale * scale for side in blocks.shape)
    parted = blocks[:rows, :columns].reshape(rows // scale, scale, columns // scale, scale)
    known = np.isfinite(parted).sum(axis=(1, 3))
    total = np.nansum(parted, axis=(1, 3))
    return np.asarray((total / np.maximum(known, 1))[known >= scale**2 / 2])

"""How the noise of a sum grows with its number of pixels: faster than its root where the noise is correlated."""

import numpy as np
from scipy.optimize import isotonic_regression

from skysieve.extraction.bands import CalibratedBand, subtract_background
from skysieve.extraction.bare_sky import mask_sources
from skysieve.extraction.footprints import Footprints
from skysieve.extraction.noise import WHITE, NoiseGrowth
from skysieve.extraction.tiles import Tile

REACH = 3.0
"""Blocks keep away from sources by so many radii of their isophotes."""

LEVELS = 5
"""Blocks of 1, 2, 4 ... 2^LEVELS pixels a side are summed."""

EDGE = 1 / 6
"""Pixels on a circumference count in part: for coverages w between 0 and 1 the mean of w - w^2 is 1/6."""

LEAST_BARE = 0.6
"""Share of a block that must be bare sky."""

LEAST_BLOCKS = 30
"""Fewer blocks of a size say nothing."""

MOST_PIXELS = 2_000_000
"""About so many pixels are looked at, in rows spread over the image."""


def measure_noise_growth(band: CalibratedBand, footprints: Footprints) -> NoiseGrowth:
    """Measure the scatter of sums over blocks of bare sky.

    Parameters
    ----------
    band : CalibratedBand
        Pixels with their background and noise.
    footprints : Footprints
        Sources to keep away from.

    Returns
    -------
    NoiseGrowth
        White where the image holds too little bare sky, or no noise.

    Notes
    -----
    The scatter is half the distance of the 16th from the 84th percentile, so that one error bar holds 68 % whatever
    undetected sources do to the tails. Correlated noise of any origin counts: resampling, undetected sources, what is
    left of the background. The method of empty apertures (Labbé et al. 2003) with squares for circles.
    """
    if not band.mesh.median_rms > 0:
        return WHITE
    sums: list[list[np.ndarray]] = [[] for _ in range(LEVELS + 1)]
    for rows in _choose_rows(band.band.data.shape):
        values, bare = _read_bare(band, footprints, rows)
        for level in range(LEVELS + 1):
            enough = bare >= LEAST_BARE * 4.0**level
            sums[level].append(values[enough] / np.sqrt(bare[enough]))
            values, bare = _join(values), _join(bare)
    return _describe([np.concatenate(one) for one in sums])


def _choose_rows(shape: tuple[int, int]) -> list[slice]:
    """Choose strips of whole blocks, evenly spread; one strip of all rows where there are fewer."""
    height, width = shape
    side = 2**LEVELS
    strips = height // side
    if strips == 0:
        return [slice(0, height)]
    wanted = int(np.clip(MOST_PIXELS // (side * width), 1, strips))
    first = np.unique(np.linspace(0, strips - 1, wanted).astype(int)) * side
    return [slice(int(start), int(start) + side) for start in first]


def _read_bare(band: CalibratedBand, footprints: Footprints, rows: slice) -> tuple[np.ndarray, np.ndarray]:
    """Bare pixels of some rows in units of their noise, zero elsewhere; and which they are, as 1 and 0."""
    shape = band.band.data.shape
    place = (rows, slice(0, shape[1]))
    window = subtract_background(band, Tile(place, place, (shape[0], shape[1])))
    noise = window.noise.rows(0, len(window.data))
    bare = ~(mask_sources(footprints, (shape[0], shape[1]), rows=rows, reach=REACH) | window.bad) & (noise > 0)
    values = np.divide(window.data, noise, out=np.zeros(noise.shape), where=bare)
    return values, bare.astype(float)


def _join(values: np.ndarray) -> np.ndarray:
    """Sum blocks of 2x2."""
    height, width = (length // 2 for length in values.shape)
    return values[: 2 * height, : 2 * width].reshape(height, 2, width, 2).sum(axis=(1, 3))


def _describe(sums: list[np.ndarray]) -> NoiseGrowth:
    """Turn the normalized sums of every block size into a curve that never falls."""
    known = [level for level, values in enumerate(sums) if len(values) >= LEAST_BLOCKS]
    if not known:
        return WHITE
    low, high = np.array([np.percentile(sums[level], [15.87, 84.13]) for level in known]).T
    count = np.array([len(sums[level]) for level in known], float)
    variance = np.square((high - low) / 2)
    if not (variance > 0).all():  # photon counts so sparse that most blocks are equal
        return WHITE
    rising = isotonic_regression(variance, weights=count).x
    return NoiseGrowth(4.0 ** np.array(known), rising, EDGE)

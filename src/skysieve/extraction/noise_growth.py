"""How the noise of a sum grows with its number of pixels: faster than its root where the noise is correlated."""

import numpy as np
from jaxtyping import Float
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

WINDOW = 256
"""Side of the windows that are looked at [pixel], whole blocks of every size."""

SPARSE = 7
"""Of single pixels, every seventh says enough."""

MOST_WINDOWS = 16
"""No more than about so many windows are looked at, spread over the image."""


def measure_noise_growth(band: CalibratedBand, footprints: Footprints, *, most: int = MOST_WINDOWS) -> NoiseGrowth:
    """Measure the scatter of sums over blocks of bare sky.

    Parameters
    ----------
    band : CalibratedBand
        Pixels with their background and noise.
    footprints : Footprints
        Sources to keep away from.
    most : int
        Windows to look at, at most about.

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
    for window in choose_windows(band.band.data.shape, most, side=WINDOW):
        values, bare = _read_bare(band, footprints, window)
        for level in range(LEVELS + 1):
            enough = bare >= LEAST_BARE * 4.0**level
            some = slice(None, None, SPARSE if level == 0 else 1)
            sums[level].append((values[enough] / np.sqrt(bare[enough]))[some])
            values, bare = _join(values), _join(bare)
    return _describe([np.concatenate(one) for one in sums])


def choose_windows(shape: tuple[int, ...], most: int, *, side: int) -> list[tuple[slice, slice]]:
    """Choose windows evenly spread over the image; all of it where it is small."""
    counts = [max(1, length // side) for length in shape]
    share = min(1.0, np.sqrt(most / np.prod(counts)))
    axes = []
    for length, count in zip(shape, counts, strict=True):
        places = np.unique(np.linspace(0, count - 1, max(1, round(share * count))).astype(int))
        axes.append([slice(int(k) * side, length if count == 1 else (int(k) + 1) * side) for k in places])
    return [(rows, columns) for rows in axes[0] for columns in axes[1]]


def _read_bare(
    band: CalibratedBand, footprints: Footprints, window: tuple[slice, slice]
) -> tuple[Float[np.ndarray, "y x"], Float[np.ndarray, "y x"]]:
    """Bare pixels of a window in units of their noise, zero elsewhere; and which they are, as 1 and 0."""
    height, width = band.band.data.shape
    seen = subtract_background(band, Tile(window, window, (height, width)))
    noise = seen.noise.rows(0, len(seen.data))
    covered = mask_sources(footprints, window, reach=REACH)
    bare = ~(covered | seen.bad) & (noise > 0)
    values = np.divide(seen.data, noise, out=np.zeros_like(seen.data), where=bare)
    return values, bare.astype(np.float32)


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

"""What a real frame's sky is: its level, its noise and how that is correlated, its brightness in electrons."""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from scipy.ndimage import binary_dilation, convolve1d, distance_transform_edt, uniform_filter

from skysieve.extraction.background import BackgroundMesh, evaluate_mesh, measure_background
from skysieve.extraction.recipe import BackgroundRecipe
from skysieve.records import Band

LAGS = 2
"""Pixels to each side over which noise may be correlated; farther off, likeness is light."""

AROUND = 9
"""Side of the square whose mean is taken off where likeness of neighbors is measured [pixel]."""

LEAST_BARE = 0.6
"""Share of bare sky without which the noise counts as white: likeness of neighbors is then that of crowded stars."""

LEAST_CORRELATION = 0.1
"""Correlation of neighbors below which the noise counts as white."""

Lags = Float[np.ndarray, "lag_y lag_x"]


@dataclass(frozen=True)
class FrameSky:
    """What is known of the sky of one image.

    ``level`` [image unit] is its smooth background, ``noise`` [image unit] the standard deviation of a pixel without
    sources, ``correlation`` that of pixels up to two apart (one in the middle), ``brightness`` [image unit] the light
    of the sky, also where it was subtracted, ``gain`` [electron per image unit]; the last two are NaN where neither
    header nor pixels tell.
    """

    level: Float[np.ndarray, "y x"]
    noise: float
    correlation: Lags
    brightness: float
    gain: float


def measure_sky(band: Band, *, brightness: float | None = None) -> FrameSky:
    """Measure the sky of an image.

    Parameters
    ----------
    band : Band
        With or without its sky.
    brightness : float, optional
        Of its sky [image unit]; it wins over what the pixels tell.

    Returns
    -------
    FrameSky
        With a noise of zero where no pixel is good or all hold one number.

    Notes
    -----
    With a gain, the noise tells the brightness, noise^2 gain, as if none came from reading out; the level is believed
    where it lies within a factor of two of that. Without one, the level is taken as the light of the sky and tells an
    effective gain, level / noise^2, provided that it lies above five times the noise.
    """
    mesh = measure_background(lambda rows: (band.data[rows], band.bad[rows]), band.data.shape, BackgroundRecipe())
    rows, columns = (slice(0, side) for side in band.data.shape)
    level = evaluate_mesh(mesh.level, mesh, rows=rows, columns=columns)
    noise, correlation = _measure_noise(band, level, mesh)
    found, gain = _find_brightness(float(np.median(mesh.level)), noise, gain=band.calibration.gain, told=brightness)
    return FrameSky(level, noise, correlation, found, gain)


def fill_bad(data: Float[np.ndarray, "y x"], bad: Bool[np.ndarray, "y x"]) -> Float[np.ndarray, "y x"]:
    """Return pixels with the bad ones replaced by the nearest good one; unchanged where all or none are bad."""
    if not bad.any() or bad.all():
        return data
    nearest = distance_transform_edt(bad, return_distances=False, return_indices=True)
    return np.asarray(data[tuple(nearest)])


def make_white() -> Lags:
    """Return the correlation of noise that is not correlated."""
    white = np.zeros((2 * LAGS + 1, 2 * LAGS + 1))
    white[LAGS, LAGS] = 1
    return white


def _find_brightness(level: float, noise: float, *, gain: float, told: float | None) -> tuple[float, float]:
    """Return brightness of the sky [image unit] and gain [electron per image unit], NaN where nothing tells."""
    if not noise > 0:
        return math.nan, gain
    if told is not None:
        return told, gain if gain > 0 else told / noise**2
    if gain > 0:
        by_noise = noise**2 * gain
        return (level if 0.5 < level / by_noise < 2 else by_noise), gain
    return (level, level / noise**2) if level > 5 * noise else (math.nan, math.nan)


def _measure_noise(band: Band, level: Float[np.ndarray, "y x"], mesh: BackgroundMesh) -> tuple[float, Lags]:
    """Return noise and correlation, by bare sky where there is enough, else by differences between near neighbors."""
    rest = fill_bad(band.data, band.bad).astype(float) - level
    bare = ~(binary_dilation(np.abs(rest) > 4 * mesh.median_rms, iterations=LAGS + 1) | band.bad)
    if bare.mean() >= LEAST_BARE:
        variance, correlation = _correlate(rest, bare)
        if correlation[LAGS, LAGS + 1] + correlation[LAGS + 1, LAGS] > 2 * LEAST_CORRELATION:
            return math.sqrt(variance), correlation
    # Second differences along both axes: smooth light drops out (Immerkaer 1996, CVIU 64, 300).
    twice = np.array([1.0, -2.0, 1.0])
    detail = convolve1d(convolve1d(rest, twice, axis=0), twice, axis=1)[~band.bad]
    return (1.4826 * float(np.median(np.abs(detail))) / 6 if detail.size else 0.0), make_white()


def _correlate(rest: Float[np.ndarray, "y x"], bare: Bool[np.ndarray, "y x"]) -> tuple[float, Lags]:
    """Return the variance of bare pixels about the mean around each, and their correlation at lags."""
    around = uniform_filter(np.where(bare, rest, 0.0), AROUND) / np.maximum(uniform_filter(1.0 * bare, AROUND), 1e-9)
    sky = np.where(bare, rest - around, 0.0)

    def measure(dy: int, dx: int) -> float:
        both = _shift(bare, dy, dx) & bare
        return float((_shift(sky, dy, dx) * sky)[both].mean())

    lags = range(-LAGS, LAGS + 1)
    found = np.array([[measure(dy, dx) for dx in lags] for dy in lags])
    return found[LAGS, LAGS], np.asarray(found / found[LAGS, LAGS])


def _shift(plane: np.ndarray, dy: int, dx: int) -> np.ndarray:
    return np.roll(plane, (dy, dx), (0, 1))

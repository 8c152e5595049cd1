"""Sizes and shapes of bright sources by moments under a weight that fits them, and the mean of the stars among them."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float32, Int

from skysieve.extraction.glance import Glance
from skysieve.quality.camera import Usual
from skysieve.quality.stamps import resample_stamps

SIDE = 25
"""Of a stamp [pixel]."""

WIDTH = 4.0
"""Pixels of a stamp in the FWHM of the usual seeing."""

USUAL_SIGMA = WIDTH / 2.3548

ROUNDS = 12
"""Of fitting the weights; sizes change by less than a percent after them."""

MOST = 96
"""Bright sources that are measured."""

LEAST_RATIO = 5.0
"""Signal over noise in the footprint from which on a source is measured."""

SHARPEST = 0.65
"""Sources whose narrower axis is so much narrower than the usual seeing are no light: cosmic rays, bad pixels."""

STAR_WIDTH = 0.18
"""Sources whose logarithm of size exceeds that of the narrower half by this much are no stars."""

HIGHEST = 10.0
"""Pixels of the mean star are held inside plus and minus this; they exceed it where nearly no light was found."""

MOST_WEIGHT = 50.0
"""Sources of larger signal over noise count as this large: PSFs are not known better than that."""


@dataclass(frozen=True)
class Shapes:
    """Of bright sources: rows of the glance, sizes, shapes, signal over noise; and the mean of the stars.

    ``rows`` of the glance, ``rays`` those that are sharper than light can be; ``x``, ``y`` [pixel]; ``log_size`` the
    natural logarithm of the width over the usual one; ``e1``, ``e2`` components of (a^2 - b^2) / (a^2 + b^2); ``ratio``
    signal over noise; ``star`` which are among the narrow ones; ``stack`` the mean of those, of sum one, all zero
    without one; ``stack_noise`` of its pixels.
    """

    rows: Int[np.ndarray, " source"]
    rays: Int[np.ndarray, " ray"]
    x: Float[np.ndarray, " source"]
    y: Float[np.ndarray, " source"]
    log_size: Float[np.ndarray, " source"]
    e1: Float[np.ndarray, " source"]
    e2: Float[np.ndarray, " source"]
    ratio: Float[np.ndarray, " source"]
    star: Bool[np.ndarray, " source"]
    stack: Float32[np.ndarray, "v u"]
    stack_noise: float

    @property
    def weight(self) -> Float[np.ndarray, " source"]:
        """How much each source counts: its signal over noise squared, limited."""
        return np.minimum(self.ratio, MOST_WEIGHT) ** 2


def measure_shapes(image: Float[np.ndarray, "y x"], found: Glance, *, usual: Usual, saturation: float) -> Shapes:
    """Measure the brightest sources of a detector.

    Parameters
    ----------
    image : ndarray, shape (y, x)
        Pixels, finite.
    found : Glance
        Its sources.
    usual : Usual
        Of the camera; sizes are in units of its seeing.
    saturation : float
        [image unit]; NaN where it is not known.

    Returns
    -------
    Shapes
        Without rows where no source is bright enough.

    Notes
    -----
    Moments under an elliptical Gaussian that is fitted to the source itself (Bernstein & Jarvis 2002, AJ 123, 583),
    not corrected for anything: noise and pixels are the same for usual and unusual stars.
    """
    rows = _select_bright(found, usual=usual, shape=image.shape, saturation=saturation)
    step = usual.fwhm / WIDTH
    places = np.column_stack([found.x[rows], found.y[rows]])
    level = found.background[rows, None, None].astype(np.float32)
    noise = max(found.noise, 1e-30)
    _, shift, _ = _fit_moments((resample_stamps(image, places, step=step, side=SIDE) - level) / noise)
    places = places + shift * step
    stamps = (resample_stamps(image, places, step=step, side=SIDE) - level) / noise
    moments, _, ratio = _fit_moments(stamps)
    light = _measure_minor(moments) > (SHARPEST * USUAL_SIGMA) ** 2
    rays, rows, places, stamps, moments, ratio = (
        rows[~light], *(one[light] for one in (rows, places, stamps, moments, ratio))
    )  # fmt: skip
    xx, yy, xy = moments.T
    size = 0.25 * np.log(np.maximum(xx * yy - xy**2, 1e-12)) - np.log(USUAL_SIGMA)
    star = _select_narrow(size, ratio)
    stack, stack_noise = _stack(stamps[star], np.minimum(ratio[star], MOST_WEIGHT))
    return Shapes(
        rows, rays, places[:, 0], places[:, 1], size, (xx - yy) / (xx + yy), 2 * xy / (xx + yy), ratio, star, stack,
        stack_noise,
    )  # fmt: skip


def _select_bright(
    found: Glance, *, usual: Usual, shape: tuple[int, ...], saturation: float
) -> Int[np.ndarray, " source"]:
    """Return the rows of the brightest sources that are whole."""
    ratio = found.flux / (max(found.noise, 1e-30) * np.sqrt(np.maximum(found.area, 1)))
    margin = 2 * usual.fwhm
    inside = (found.x >= margin) & (found.y >= margin)
    inside &= (found.x <= shape[1] - 1 - margin) & (found.y <= shape[0] - 1 - margin)
    whole = inside & ~found.cut & (ratio >= LEAST_RATIO)
    if np.isfinite(saturation):
        whole &= found.peak + found.background < 0.9 * saturation
    rows = np.flatnonzero(whole)
    return rows[np.argsort(-ratio[rows], kind="stable")[:MOST]]


def _fit_moments(
    stamps: Float[np.ndarray, "source v u"],
) -> tuple[Float[np.ndarray, "source 3"], Float[np.ndarray, "source 2"], Float[np.ndarray, " source"]]:
    """Return second moments (xx, yy, xy), centers off the middle, and signal over noise, of stamps with noise one."""
    v, u = np.indices((SIDE, SIDE), dtype=np.float32) - SIDE // 2
    u, v = u.ravel(), v.ravel()
    light = stamps.reshape(len(stamps), SIDE**2)
    moments = np.tile(np.array([USUAL_SIGMA**2, USUAL_SIGMA**2, 0.0]), (len(stamps), 1))
    center = np.zeros((len(stamps), 2))
    ratio = np.zeros(len(stamps))
    for _ in range(ROUNDS):
        dx, dy = (one - center[:, axis, None].astype(np.float32) for axis, one in enumerate((u, v)))
        squares = dx**2, dy**2, dx * dy
        xx, yy, xy = moments.T
        terms = (-0.5 * np.stack([yy, xx, -2 * xy]) / (xx * yy - xy**2)).astype(np.float32)
        weight = np.exp(sum(term[:, None] * square for term, square in zip(terms, squares, strict=True)))
        weighed = weight * light
        total = weighed.sum(axis=1)
        ratio = total / np.sqrt(np.einsum("sp,sp->s", weight, weight))
        safe = np.maximum(total, 1e-6)
        step = np.stack([np.einsum("sp,sp->s", weighed, one) for one in (dx, dy)], axis=1) / safe[:, None]
        center = np.clip(center + np.clip(2 * step, -1, 1), -WIDTH, WIDTH)
        second = [np.einsum("sp,sp->s", weighed, one) / safe for one in squares]
        moments = _limit(2 * np.stack(second, axis=1))
    return moments, center, ratio.astype(float)


def _limit(moments: Float[np.ndarray, "source 3"]) -> Float[np.ndarray, "source 3"]:
    """Hold moments to ellipses that stamps can show."""
    xx, yy, xy = moments.T
    mean, half = (xx + yy) / 2, np.hypot((xx - yy) / 2, xy)
    largest = np.clip(mean + half, 0.25, (1.5 * WIDTH) ** 2)
    smallest = np.clip(mean - half, 0.25, largest)
    scale = np.where(half > 1e-9, (largest - smallest) / 2 / np.maximum(half, 1e-9), 0)
    middle = (largest + smallest) / 2
    return np.stack([middle + scale * (xx - yy) / 2, middle - scale * (xx - yy) / 2, scale * xy], axis=1)


def _measure_minor(moments: Float[np.ndarray, "source 3"]) -> Float[np.ndarray, " source"]:
    """Return the second moment along the minor axis."""
    xx, yy, xy = moments.T
    return np.asarray((xx + yy) / 2 - np.hypot((xx - yy) / 2, xy))


def _select_narrow(
    size: Float[np.ndarray, " source"], ratio: Float[np.ndarray, " source"]
) -> Bool[np.ndarray, " source"]:
    """Select the sources about as narrow as the narrower half of them."""
    if not len(size):
        return np.zeros(0, bool)
    weight = np.minimum(ratio, MOST_WEIGHT) ** 2
    return np.asarray(size <= find_quantile(size, weight, 0.35) + STAR_WIDTH)


def find_quantile(values: Float[np.ndarray, " row"], weight: Float[np.ndarray, " row"], share: float) -> float:
    """Return the value below which a share of the weight lies; NaN without weight.

    Examples
    --------
    >>> find_quantile(np.array([3.0, 1.0, 2.0]), np.ones(3), 0.5)
    2.0
    """
    if not weight.sum() > 0:
        return float("nan")
    order = np.argsort(values, kind="stable")
    cumulated = np.cumsum(weight[order])
    return float(values[order][np.searchsorted(cumulated, share * cumulated[-1])])


def _stack(stamps: Float[np.ndarray, "star v u"], ratio: Float[np.ndarray, " star"]) -> tuple[np.ndarray, float]:
    """Return the mean of stars of equal brightness, weighed by what is known of each, and its noise in a pixel."""
    if not len(stamps):
        return np.zeros((SIDE, SIDE), np.float32), float("nan")
    v, u = np.indices((SIDE, SIDE)) - SIDE // 2
    radius = np.hypot(u, v)
    inner = stamps[:, radius < 1.5 * WIDTH].sum(axis=1)
    bright = np.maximum(inner, 1e-3)
    weight = ratio**2 / (ratio**2).sum()
    mean = np.einsum("s,svu->vu", weight / bright, stamps) if len(stamps) < 5 else _clip_mean(stamps, bright, weight)
    outer = mean[radius > 2.2 * WIDTH]
    mean = mean - np.median(outer)
    total = max(float(mean[radius < 2.2 * WIDTH].sum()), 1e-6)
    noise = 1.4826 * float(np.median(np.abs(outer - np.median(outer)))) / total
    shown = np.where(radius < 2.8 * WIDTH, mean / total, 0)
    return np.asarray(np.clip(shown, -HIGHEST, HIGHEST), np.float32), noise


def _clip_mean(stamps: np.ndarray, bright: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Return the weighed mean with the light of neighbors clipped at what the median shows."""
    scaled = stamps / bright[:, None, None]
    middle = np.median(scaled, axis=0)
    spread = 1.4826 * np.median(np.abs(scaled - middle), axis=0) + 1e-9
    return np.einsum("s,svu->vu", weight, np.clip(scaled, middle - 4 * spread, middle + 4 * spread))

"""Photometry of small stamps by sep as SExtractor's users do it: one galaxy alone, or a pair in cold and hot mode."""

from dataclasses import dataclass

import numpy as np
import sep
from jaxtyping import Bool, Float, Int

from skysieve.extraction.smoothing import make_kernel

KRON_FACTOR, KRON_MINIMUM = 2.5, 3.5
"""SExtractor's default PHOT_AUTOPARAMS: factor of the Kron radius, and the least factor of the ellipse's axes."""

ALONE_THRESHOLD, ALONE_AREA = 1.5, 5
"""SExtractor's default DETECT_THRESH and DETECT_MINAREA, for galaxies alone."""

SMOOTHING = 2.0
"""FWHM of the filter before detection [pixel]."""


@dataclass(frozen=True)
class Mode:
    """How sharply sep looks: detection threshold [noise], least pixels, contrast and levels of deblending."""

    threshold: float
    area: int
    contrast: float
    levels: int = 64


COLD, HOT = Mode(5.0, 10, 0.01), Mode(4.0, 6, 0.0001)
"""Boucaud et al. 2020, MNRAS 491, 2481, Table 3."""


@dataclass(frozen=True)
class Found:
    """Detections on a stamp: positions [pixel], FLUX_AUTO and its error [stamp unit], and their pixels.

    ``labels`` holds the number of the detection (from 1) that a pixel belongs to, 0 for none.
    """

    x: Float[np.ndarray, " source"]
    y: Float[np.ndarray, " source"]
    flux: Float[np.ndarray, " source"]
    error: Float[np.ndarray, " source"]
    labels: Int[np.ndarray, "y x"]

    def __len__(self) -> int:
        return len(self.x)


@dataclass(frozen=True)
class Alone:
    """One galaxy alone: its FLUX_AUTO [stamp unit] and its pixels; NaN and none where sep does not see it."""

    flux: float
    mask: Bool[np.ndarray, "y x"]


def measure_alone(stamp: Float[np.ndarray, "y x"], noise: float, *, x: float, y: float) -> Alone:
    """Measure a galaxy on a stamp that shows nothing else.

    Parameters
    ----------
    stamp : ndarray, shape (y, x)
        Finite, without background.
    noise : float
        Standard deviation of a pixel [stamp unit].
    x, y : float
        Where the galaxy is [pixel].

    Returns
    -------
    Alone
        Of the detection whose pixels hold the position, else of the nearest one within 5 pixels.
    """
    mode = Mode(ALONE_THRESHOLD, ALONE_AREA, 1.0, 1)
    found = _find(stamp, noise, mode)
    if not len(found):
        return Alone(float("nan"), np.zeros(stamp.shape, bool))
    label = int(found.labels[np.clip(round(y), 0, stamp.shape[0] - 1), np.clip(round(x), 0, stamp.shape[1] - 1)])
    if label == 0:
        distance = np.hypot(found.x - x, found.y - y)
        label = int(np.argmin(distance)) + 1 if distance.min() < 5 else 0
    if label == 0:
        return Alone(float("nan"), np.zeros(stamp.shape, bool))
    return Alone(float(found.flux[label - 1]), found.labels == label)


def find_hot_cold(stamp: Float[np.ndarray, "y x"], noise: float) -> Found:
    """Detect and measure in cold mode, and in hot mode where that sees fewer than two sources.

    Parameters
    ----------
    stamp : ndarray, shape (y, x)
        Finite, without background.
    noise : float
        Standard deviation of a pixel [stamp unit].

    Notes
    -----
    Boucaud et al. 2020, section 3.3: the hot run is for images in which the cold one found a single object; here also
    for those in which it found none.
    """
    cold = _find(stamp, noise, COLD)
    return cold if len(cold) > 1 else _find(stamp, noise, HOT)


def match_pair(
    found: Found, *, x: Float[np.ndarray, "2"], y: Float[np.ndarray, "2"], radius: float
) -> Int[np.ndarray, "2"]:
    """Return which detection belongs to the central galaxy and which to its companion, -1 for none.

    Parameters
    ----------
    found : Found
        Of the blend.
    x, y : ndarray, shape (2,)
        True positions of the central galaxy and of the companion [pixel].
    radius : float
        Half-light radius of the central galaxy [pixel].

    Notes
    -----
    The rules (i) to (iii) of section 3.3 of the paper: of several detections the two brightest, each given to the
    nearest galaxy (so that both get one); a single one to the central galaxy if it lies within half its radius.
    """
    if len(found) == 0:
        return np.array([-1, -1])
    if len(found) == 1:
        central = np.hypot(found.x[0] - x[0], found.y[0] - y[0]) <= 0.5 * radius
        return np.array([0, -1]) if central else np.array([-1, 0])
    two = np.argsort(-found.flux, kind="stable")[:2]
    distance = np.hypot(found.x[two][:, None] - x, found.y[two][:, None] - y)
    straight = distance[0, 0] + distance[1, 1] <= distance[0, 1] + distance[1, 0]
    return two if straight else two[::-1]


def _find(stamp: Float[np.ndarray, "y x"], noise: float, mode: Mode) -> Found:
    pixels = np.ascontiguousarray(stamp, np.float32)
    kernel = make_kernel(SMOOTHING)
    objects, labels = sep.extract(
        pixels, mode.threshold, err=noise, minarea=mode.area, deblend_nthresh=mode.levels,
        deblend_cont=mode.contrast, filter_kernel=np.outer(kernel, kernel).astype(np.float32), filter_type="conv",
        segmentation_map=True,
    )  # fmt: skip
    if len(objects) == 0:
        none = np.zeros(0)
        return Found(none, none, none, none, labels.astype(np.int64))
    x, y, a, b = (objects[name].astype(float) for name in ("x", "y", "a", "b"))
    b, theta = np.maximum(b, 1e-3), np.clip(objects["theta"].astype(float), -np.pi / 2, np.pi / 2)
    own = {"segmap": labels, "seg_id": np.arange(1, len(x) + 1, dtype=np.int32)}
    radius, _ = sep.kron_radius(pixels, x, y, a, b, theta, 6.0, **own)
    factor = np.maximum(KRON_FACTOR * np.nan_to_num(radius), KRON_MINIMUM)
    flux, error, _ = sep.sum_ellipse(pixels, x, y, a, b, theta, factor, err=noise, subpix=1, **own)
    return Found(x, y, flux, error, labels.astype(np.int64))

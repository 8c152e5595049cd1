"""What the pixels of each source's footprint say: moments, areas, core width, isophotal flux, defects."""

import dataclasses
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from skysieve.records import SourceFlag

SINGULAR = 0.00694
"""Determinant of the second moments below which a shape is a single row of pixels: (1/12)^2."""

CORE = 0.4
"""Pixels above this share of the peak make the core: few enough that wings do not widen it (Moffat by 2 %)."""

GAUSSIAN_FWHM = 2 * np.sqrt(2 * np.log(2))


@dataclass(frozen=True)
class Footprints:
    """One row a source, in image coordinates; arrays of equal length.

    ``label`` in the segmentation map, ``group`` of the shared isophote, ``x, y`` [pixel], second moments ``x2, y2,
    xy`` and their noise variances ``errx2, erry2, errxy`` [pixel^2], ``a, b`` [pixel], ``theta`` [rad], ``npix`` and
    ``iso0`` [pixel], ``fwhm`` [pixel], ``flux``, ``peak`` (raw) and ``filtered_peak`` [image unit],
    ``peak_x, peak_y`` of the filtered peak, ``threshold`` [image unit], ``margin`` by which the source would still be
    detected [image unit], ``flags``.
    """

    label: Int[np.ndarray, " source"]
    group: Int[np.ndarray, " source"]
    x: Float[np.ndarray, " source"]
    y: Float[np.ndarray, " source"]
    x2: Float[np.ndarray, " source"]
    y2: Float[np.ndarray, " source"]
    xy: Float[np.ndarray, " source"]
    errx2: Float[np.ndarray, " source"]
    erry2: Float[np.ndarray, " source"]
    errxy: Float[np.ndarray, " source"]
    a: Float[np.ndarray, " source"]
    b: Float[np.ndarray, " source"]
    theta: Float[np.ndarray, " source"]
    npix: Int[np.ndarray, " source"]
    iso0: Int[np.ndarray, " source"]
    fwhm: Float[np.ndarray, " source"]
    flux: Float[np.ndarray, " source"]
    peak: Float[np.ndarray, " source"]
    filtered_peak: Float[np.ndarray, " source"]
    peak_x: Int[np.ndarray, " source"]
    peak_y: Int[np.ndarray, " source"]
    threshold: Float[np.ndarray, " source"]
    margin: Float[np.ndarray, " source"]
    flags: Int[np.ndarray, " source"]

    def __len__(self) -> int:
        return len(self.label)

    def take(self, rows: np.ndarray) -> "Footprints":
        """Return the rows of a mask or of an index array."""
        return Footprints(**{f.name: getattr(self, f.name)[rows] for f in dataclasses.fields(self)})


@dataclass(frozen=True)
class FootprintPixels:
    """The pixels of all footprints of a window, sorted by source; ``source`` runs from 0.

    ``x, y`` are window coordinates [pixel], ``value`` background-subtracted, ``filtered`` smoothed, ``sigma`` the
    noise of each [image unit].
    """

    source: Int[np.ndarray, " pixel"]
    x: Int[np.ndarray, " pixel"]
    y: Int[np.ndarray, " pixel"]
    value: Float[np.ndarray, " pixel"]
    filtered: Float[np.ndarray, " pixel"]
    sigma: Float[np.ndarray, " pixel"]


def concatenate_footprints(parts: list[Footprints]) -> Footprints:
    """Stack the footprints of several windows."""
    names = [f.name for f in dataclasses.fields(Footprints)]
    return Footprints(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})


def measure_footprints(
    pixels: FootprintPixels,
    count: int,
    *,
    group: Int[np.ndarray, " source"],
    threshold: float,
    min_area: int,
    gain: float,
    origin: tuple[int, int],
) -> Footprints:
    """Measure every footprint of a window.

    Parameters
    ----------
    pixels : FootprintPixels
        All pixels, sorted by source.
    count : int
        Number of sources.
    group : ndarray, shape (source,)
        Connected group each source came from.
    threshold : float
        Detection threshold [sigma].
    min_area : int
        Smallest footprint [pixel], for the margin by which a source is detected.
    gain : float
        Electrons per image unit for Poisson noise; NaN adds none.
    origin : tuple of int
        First row and column of the window in the image.

    Returns
    -------
    Footprints
        Positions in image coordinates, labels 1..count in the given order.

    Notes
    -----
    Positions and second moments weight by the filtered pixels, fluxes and errors by the raw ones, as SExtractor does
    (its manual, "Position and shape parameters derived from the isophotal profile").
    """
    start = np.searchsorted(pixels.source, np.arange(count))
    peak_at = _find_peaks(pixels.filtered, pixels.source, start)
    moments = _measure_moments(pixels, peak_at, gain=gain)
    singular = moments.x2 * moments.y2 - moments.xy**2 < SINGULAR
    x2, y2 = moments.x2 + singular / 12, moments.y2 + singular / 12
    a, b, theta = convert_moments(x2, y2, moments.xy)
    cut = threshold * pixels.sigma
    level = cut[peak_at].astype(float)
    peak = np.maximum.reduceat(pixels.value, start) if count else np.zeros(0)
    fallback = GAUSSIAN_FWHM * np.sqrt((x2 + y2) / 2)
    return Footprints(
        label=np.arange(1, count + 1),
        group=group,
        x=pixels.x[peak_at] + origin[1] + moments.x,
        y=pixels.y[peak_at] + origin[0] + moments.y,
        x2=x2,
        y2=y2,
        xy=moments.xy,
        errx2=moments.errx2,
        erry2=moments.erry2,
        errxy=moments.errxy,
        a=a,
        b=b,
        theta=theta,
        npix=np.bincount(pixels.source, minlength=count),
        iso0=_sum_up(pixels, pixels.value > cut, count).astype(int),
        fwhm=_measure_core(pixels, moments.radius2, peak=peak, fallback=fallback),
        flux=_sum_up(pixels, pixels.value, count),
        peak=peak.astype(float),
        filtered_peak=pixels.filtered[peak_at].astype(float),
        peak_x=pixels.x[peak_at] + origin[1],
        peak_y=pixels.y[peak_at] + origin[0],
        threshold=level,
        margin=_measure_margin(pixels, start, min_area=min_area) - level,
        flags=np.where(singular, int(SourceFlag.ISOPHOTE_INCOMPLETE), 0),
    )


@dataclass(frozen=True)
class _Moments:
    """First moments from the peak, second moments with their noise, and r^2 of every pixel."""

    x: Float[np.ndarray, " source"]
    y: Float[np.ndarray, " source"]
    x2: Float[np.ndarray, " source"]
    y2: Float[np.ndarray, " source"]
    xy: Float[np.ndarray, " source"]
    errx2: Float[np.ndarray, " source"]
    erry2: Float[np.ndarray, " source"]
    errxy: Float[np.ndarray, " source"]
    radius2: Float[np.ndarray, " pixel"]


def _measure_moments(pixels: FootprintPixels, peak_at: np.ndarray, *, gain: float) -> _Moments:
    """Measure barycenters and second moments, about the peak first so that no digits are lost."""

    def total(values: np.ndarray) -> np.ndarray:
        """Sum over the pixels of each source."""
        return _sum_up(pixels, values, len(peak_at))

    px, py = pixels.x[peak_at], pixels.y[peak_at]
    dx, dy = (pixels.x - px[pixels.source]).astype(float), (pixels.y - py[pixels.source]).astype(float)
    weight = np.maximum(total(pixels.filtered), np.finfo(np.float32).tiny)
    mx, my = total(pixels.filtered * dx) / weight, total(pixels.filtered * dy) / weight
    dx -= mx[pixels.source]
    dy -= my[pixels.source]
    variance = np.square(pixels.sigma, dtype=float)
    if np.isfinite(gain):
        variance = variance + np.maximum(pixels.value, 0) / gain
    products = (dx * dx, dy * dy, dx * dy)
    x2, y2, xy = (total(pixels.filtered * p) / weight for p in products)
    errx2, erry2, errxy = (total(variance * p) / weight**2 for p in products)
    return _Moments(mx, my, x2, y2, xy, errx2, erry2, errxy, products[0] + products[1])


def _sum_up(pixels: FootprintPixels, values: np.ndarray, count: int) -> Float[np.ndarray, " source"]:
    """Sum values over the pixels of each source; numpy's sum over no source at all would be one of integers."""
    return np.bincount(pixels.source, values, minlength=count).astype(float)


def convert_moments(
    x2: Float[np.ndarray, " source"], y2: Float[np.ndarray, " source"], xy: Float[np.ndarray, " source"]
) -> tuple[Float[np.ndarray, " source"], Float[np.ndarray, " source"], Float[np.ndarray, " source"]]:
    """Turn second moments [pixel^2] into semi-axes [pixel] and the angle of the major one [rad, from +x to +y].

    A round source has angle 0; the angle lies in (-pi/2, pi/2].
    """
    mean, half = (x2 + y2) / 2, (x2 - y2) / 2
    spread = np.hypot(half, xy)
    a, b = np.sqrt(mean + spread), np.sqrt(np.maximum(mean - spread, 0))
    return a, b, 0.5 * np.arctan2(xy, half)


def flag_touching(
    labels: Int[np.ndarray, "y x"], bad: Bool[np.ndarray, "y x"], count: int
) -> Bool[np.ndarray, " source"]:
    """Tell which sources 1..count have a bad pixel in their footprint or next to it."""
    near = bad.copy()
    near[1:] |= bad[:-1]
    near[:-1] |= bad[1:]
    rows = near.copy()
    near[:, 1:] |= rows[:, :-1]
    near[:, :-1] |= rows[:, 1:]
    touched = np.zeros(count + 1, bool)
    touched[labels[near]] = True
    return touched[1:]


def _find_peaks(values: np.ndarray, source: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Index of the highest value of each source, the first in reading order among equals."""
    if not len(start):
        return np.zeros(0, int)
    highest = np.maximum.reduceat(values, start)
    at_peak = np.flatnonzero(values == np.repeat(highest, np.diff(start, append=len(values))))
    owner = source[at_peak]
    return at_peak[np.append(True, owner[1:] != owner[:-1])]


def _measure_margin(pixels: FootprintPixels, start: np.ndarray, *, min_area: int) -> np.ndarray:
    """Value of the ``min_area``-th brightest filtered pixel of each source."""
    values = pixels.filtered.copy()
    for _ in range(min_area - 1):
        values[_find_peaks(values, pixels.source, start)] = -np.inf
    return np.maximum.reduceat(values, start).astype(float) if len(start) else np.zeros(0)


def _measure_core(
    pixels: FootprintPixels, radius2: np.ndarray, *, peak: np.ndarray, fallback: np.ndarray
) -> np.ndarray:
    """Full width at half maximum [pixel] of a Gaussian fitted to the pixels above two fifths of the peak.

    Least squares of ln(value) against r^2, weighted by value^2 since the error of ln(value) goes as 1/value. Falls
    back on the moments where fewer than three pixels qualify or the profile does not fall outward.
    """
    core = pixels.value > CORE * np.maximum(peak, 0)[pixels.source]
    core &= pixels.value > 0
    source, r2 = pixels.source[core], radius2[core]
    value = pixels.value[core].astype(float)
    w, z = value**2, np.log(value)
    count = len(fallback)
    s, sr, sz, srr, srz = (np.bincount(source, w * q, count) for q in (np.ones_like(w), r2, z, r2 * r2, r2 * z))
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = (s * srz - sr * sz) / (s * srr - sr**2)
        width = GAUSSIAN_FWHM * np.sqrt(-0.5 / slope)
    usable = (np.bincount(source, minlength=count) >= 3) & np.isfinite(width) & (slope < 0)
    return np.where(usable, np.minimum(width, 4 * fallback), fallback)

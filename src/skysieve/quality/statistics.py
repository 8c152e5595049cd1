"""Numbers about a detector that nothing was trained for: widths, elongation and its order, sky, noise, dead pixels."""

import math

import numpy as np
from jaxtyping import Bool, Float

from skysieve.quality.camera import Usual, measure_area_ratio, measure_sky_ratio, measure_transparency
from skysieve.records import Calibration, Catalog, PsfModel, SourceFlag

STATISTICS = (
    "log_sources", "log_fwhm", "fwhm_scatter", "ellipticity", "alignment", "noise_excess", "mesh_structure",
    "mesh_gradient", "half_step", "dead", "saturated", "pair_alignment", "longest", "log_exptime", "log_peak",
    "concentration", "log_reach", "log_area", "psf_ellipticity", "log_sky", "log_transparency",
)  # fmt: skip
"""Names of what `measure_statistics` returns, in its order."""

CELLS = 8
"""Cells of the sky along each axis."""

LEAST_STARS = 5


def measure_statistics(
    image: Float[np.ndarray, "y x"], bad: Bool[np.ndarray, "y x"], catalog: Catalog, *, psf: PsfModel | None,
    usual: Usual, calibration: Calibration,
) -> Float[np.ndarray, " statistic"]:  # fmt: skip
    """Measure one detector.

    Parameters
    ----------
    image, bad : ndarray, shape (y, x)
        Pixels, and which of them are bad.
    catalog : Catalog
        Of its sources, from our own extraction.
    psf : PsfModel, optional
        Of its stars.
    usual : Usual
        What the camera usually delivers.
    calibration : Calibration
        Gain, exposure time and zeropoint, NaN where unknown.

    Returns
    -------
    ndarray, shape (statistic,)
        In the order of ``STATISTICS``; NaN where something cannot be measured (no sources, no stars for a PSF, no
        gain), or nothing usual to compare it with is known.

    Notes
    -----
    ``alignment`` is the length of the mean of exp(2 i theta) over bright sources: near 1 when all are stretched the
    same way, about 1/sqrt(n) when by chance. ``pair_alignment`` is the same for the directions to each bright source's
    nearest neighbor, which a telescope that jumped gives one direction. ``noise_excess`` is the noise of the sky over
    what its brightness explains. ``concentration`` is the radius of a fifth of the light over that of nine tenths,
    which a ring raises; ``log_reach`` the length of the longest thin source in units of the usual seeing.
    """
    fwhm, gain = usual.fwhm, calibration.gain
    cells, noise = _measure_cells(image, bad)
    level = float(np.nanmedian(cells)) if np.isfinite(cells).any() else math.nan
    expected = math.sqrt(level / gain) if level > 0 and gain > 0 else math.nan
    rows = _select_bright(catalog)
    x, y, theta = (catalog[name][rows] for name in ("x", "y", "theta"))
    widths = 2 * catalog["flux_radius"][rows] / fwhm
    flags = catalog["flags"]
    return np.array([
        math.log10(1 + len(catalog)),
        _median(np.log(np.clip(widths, 1e-2, None))),
        _scatter(np.log(np.clip(widths, 1e-2, None))),
        _median(catalog["ellipticity"][rows]),
        _align(np.radians(theta), weight=catalog["ellipticity"][rows]),
        noise / expected if expected > 0 else math.nan,
        *_measure_structure(cells, noise),
        _measure_step(image, bad, noise),
        float(np.mean(bad | (image == 0))),
        float(np.mean((flags & int(SourceFlag.SATURATED)) > 0)) if len(catalog) else math.nan,
        _align_pairs(x, y),
        float(np.log(np.max(catalog["a"] / np.maximum(catalog["b"], 1e-3)))) if len(catalog) else math.nan,
        _log10(calibration.exptime),
        _median(np.log10(np.clip(catalog["peak"][rows] / max(noise, 1e-30), 1e-2, None))),
        _median(catalog["flux_radius_20"][rows] / catalog["flux_radius_90"][rows]),
        _measure_reach(catalog, fwhm=fwhm),
        *_measure_psf(psf, usual),
        _log10(measure_sky_ratio(level, usual, exptime=calibration.exptime)),
        _log10(measure_transparency(calibration, usual)),
    ])  # fmt: skip


def _select_bright(catalog: Catalog) -> Bool[np.ndarray, " source"]:
    """Select bright sources that are neither saturated nor cut."""
    ratio = catalog["flux_kron"] / np.maximum(catalog["flux_kron_err"], 1e-30)
    spoiled = int(SourceFlag.SATURATED | SourceFlag.EDGE | SourceFlag.BAD_PIXELS)
    chosen: np.ndarray = (ratio > 20) & ((catalog["flags"] & spoiled) == 0) & np.isfinite(catalog["flux_radius"])
    return chosen


def _measure_reach(catalog: Catalog, *, fwhm: float) -> float:
    """Return the decimal logarithm of the length of the longest source that is at least three times as long as wide."""
    thin = catalog["a"] > 3 * np.maximum(catalog["b"], 1e-3)
    return _log10(float(catalog["a"][thin].max()) / fwhm) if thin.any() else -1.0


def _measure_psf(psf: PsfModel | None, usual: Usual) -> tuple[float, float]:
    """Return the natural logarithm of the noise area over the usual one, and 1 - b/a, of the PSF at the center."""
    if psf is None:
        return math.nan, math.nan
    stamp = psf.coefficients[0].astype(float)
    return math.log(measure_area_ratio(stamp, usual)), 1 - _measure_axis_ratio(stamp)


def _measure_axis_ratio(stamp: Float[np.ndarray, "y x"]) -> float:
    """Return minor over major axis of a PSF: of its second moments where it is brighter than a tenth of its peak."""
    y, x = np.indices(stamp.shape)
    light = np.where(stamp > 0.1 * stamp.max(), stamp, 0).ravel()
    minor, major = np.linalg.eigvalsh(np.cov(np.stack([x.ravel(), y.ravel()]), aweights=light, ddof=0))
    return float(np.sqrt(minor / major)) if minor > 0 else 0.0


def _measure_cells(image: np.ndarray, bad: np.ndarray) -> tuple[Float[np.ndarray, "cell_y cell_x"], float]:
    """Return medians of the cells of a mesh, and the noise of a pixel by differences of neighbors."""
    cells = np.full((CELLS, CELLS), math.nan)
    rows, columns = (np.linspace(0, side, CELLS + 1).astype(int) for side in image.shape)
    for j in range(CELLS):
        for i in range(CELLS):
            part = (slice(rows[j], rows[j + 1]), slice(columns[i], columns[i + 1]))
            good = image[part][~bad[part]]
            if len(good):
                cells[j, i] = np.median(good)
    step = image[:, 1:] - image[:, :-1]
    known = step[~(bad[:, 1:] | bad[:, :-1])]
    noise = 1.4826 * float(np.median(np.abs(known))) / math.sqrt(2) if len(known) else math.nan
    return cells, noise


def _measure_structure(cells: Float[np.ndarray, "cell_y cell_x"], noise: float) -> tuple[float, float]:
    """Return scatter of the cells around a plane, and the plane's range, in units of the noise of a pixel."""
    known = np.isfinite(cells)
    if known.sum() < 6 or not noise > 0:
        return math.nan, math.nan
    y, x = np.indices(cells.shape) / (CELLS - 1) - 0.5
    terms = np.column_stack([np.ones(known.sum()), x[known], y[known]])
    plane, *_ = np.linalg.lstsq(terms, cells[known], rcond=None)
    rest = cells[known] - terms @ plane
    return _scatter(rest) / noise, float(np.hypot(plane[1], plane[2])) / noise


def _measure_step(image: np.ndarray, bad: np.ndarray, noise: float) -> float:
    """Return the largest step between neighboring columns that runs over the whole detector, in units of the noise."""
    blank = np.where(bad, np.nan, image)
    stripes = blank[:: max(1, len(blank) // 128)]
    side = max(4, image.shape[1] // 64)
    used = stripes[:, : stripes.shape[1] // side * side].reshape(len(stripes), -1, side)
    if not np.isfinite(used).any(axis=(0, 2)).all() or used.shape[1] < 4 or not noise > 0:
        return math.nan
    lines = np.nanmedian(used, axis=(0, 2))
    steps = np.diff(lines)
    return float(np.abs(steps - np.median(steps)).max()) / noise


def _align(angle: np.ndarray, *, weight: np.ndarray) -> float:
    """Return how far directions agree, between 0 and 1; opposite ones are the same."""
    if len(angle) < LEAST_STARS or not weight.sum() > 0:
        return math.nan
    return float(np.abs((weight * np.exp(2j * angle)).sum()) / weight.sum())


def _align_pairs(x: np.ndarray, y: np.ndarray) -> float:
    """Return how far the directions to nearest neighbors agree."""
    if len(x) < 2 * LEAST_STARS:
        return math.nan
    dx, dy = x[:, None] - x, y[:, None] - y
    distance = np.hypot(dx, dy)
    np.fill_diagonal(distance, np.inf)
    near, every = distance.argmin(axis=1), np.arange(len(x))
    angle = np.arctan2(dy[every, near], dx[every, near])
    return _align(angle, weight=1 / np.maximum(distance[every, near], 1.0))


def _log10(value: float) -> float:
    return math.log10(value) if value > 0 else math.nan


def _median(values: np.ndarray) -> float:
    return float(np.median(values)) if len(values) >= LEAST_STARS else math.nan


def _scatter(values: np.ndarray) -> float:
    """Return half the range that holds the middle 68 %."""
    if len(values) < LEAST_STARS:
        return math.nan
    low, high = np.percentile(values, [16, 84])
    return float(high - low) / 2

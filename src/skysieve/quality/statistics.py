"""Numbers about a detector that nothing was trained for: widths, elongation and its order, sky, noise, dead pixels."""

import math

import numpy as np
from jaxtyping import Bool, Float

from skysieve.extraction.glance import Glance
from skysieve.quality.camera import Usual, measure_area_ratio, measure_sky_ratio, measure_transparency
from skysieve.quality.lines import measure_line
from skysieve.quality.shapes import SIDE, WIDTH, Shapes, find_quantile
from skysieve.quality.skystructure import LOOKED_AT, Sky, measure_sky, measure_step, measure_structure
from skysieve.quality.twins import measure_twins
from skysieve.records import Calibration

STATISTICS = (
    "log_extent", "log_sources", "log_bright", "log_knowledge", "log_peak", "log_fwhm", "log_narrow", "fwhm_scatter",
    "ellipticity", "alignment", "psf_ellipticity", "log_area", "log_area_error", "concentration", "dip", "twins",
    "twin_length", "pair_alignment", "footprint_ratio", "footprint_alignment", "longest", "log_reach",
    "noise_excess", "structure_8", "structure_16", "structure_32", "structure_64", "gradient", "tails", "half_step",
    "step_order", "line", "dead", "saturated", "log_exptime", "log_sky", "log_transparency",
)  # fmt: skip
"""Names of what `measure_statistics` returns, in its order."""

UNSEEN = ("log_extent",)
"""Statistics that networks are not shown: how large a detector is says nothing of an exposure."""

REFERENCE = 128.0
"""Side of the area to which numbers of sources are scaled [width of the usual seeing]."""


def measure_statistics(
    image: Float[np.ndarray, "y x"], bad: Bool[np.ndarray, "y x"], found: Glance, shapes: Shapes, *, usual: Usual,
    calibration: Calibration,
) -> Float[np.ndarray, " statistic"]:  # fmt: skip
    """Measure one detector.

    Parameters
    ----------
    image, bad : ndarray, shape (y, x)
        Pixels, finite, and which of them are bad.
    found, shapes
        Its sources, and the bright ones among them.
    usual : Usual
        What the camera usually delivers.
    calibration : Calibration
        Gain, exposure time, saturation and zeropoint, NaN where unknown.

    Returns
    -------
    ndarray, shape (statistic,)
        In the order of ``STATISTICS``; NaN where something cannot be measured (no sources, no gain), or nothing usual
        to compare it with is known.

    Notes
    -----
    Ellipticities are 1 - b/a. Sizes are natural logarithms in units of the usual seeing, numbers of sources decimal
    ones, scaled to an area of 128 x 128 widths of it. ``log_knowledge`` is the signal over noise of all bright sources
    together; ``alignment`` how far their directions agree; ``twins`` see `measure_twins`; ``structure_8`` to ``tails``
    see `measure_structure`; ``half_step`` and ``step_order`` see `measure_step`, ``line`` see `measure_line`;
    ``noise_excess`` is the noise of the sky over what its brightness explains, ``log_area`` the noise area of the mean
    star over the usual one, ``dip`` its middle below its brightest ring (natural logarithm).
    """
    sky = measure_sky(image, found, bad, fwhm=usual.fwhm)
    rays = np.zeros(len(found), bool)
    rays[shapes.rays] = True
    found = found.take(~rays)
    some = slice(None, None, max(1, image.size // LOOKED_AT))
    extent = image.size / (REFERENCE * usual.fwhm) ** 2
    structure = measure_structure(sky, area=math.pi * usual.fwhm**2 * 5 / (16 * (2 ** (1 / 3) - 1)))
    return np.array([
        math.log10(extent),
        math.log10(1 + len(found) / extent),
        math.log10(1 + len(shapes.rows) / extent),
        math.log10(1 + math.sqrt(shapes.weight.sum())),
        *_measure_sizes(shapes),
        *_measure_star(shapes, usual),
        *_measure_places(found, usual, pixels=image.size),
        *_measure_footprints(found, usual),
        _measure_noise_excess(found.level, sky, gain=calibration.gain),
        *structure,
        *measure_step(image, bad, sky.noise),
        measure_line(found.labels, bad),
        float(np.mean(bad[some] | (image[some] == 0))),
        _measure_saturated(image[some], bad[some], limit=calibration.saturation),
        _log10(calibration.exptime),
        _log10(measure_sky_ratio(found.level, usual, exptime=calibration.exptime)),
        _log10(measure_transparency(calibration, usual)),
    ])  # fmt: skip


def _measure_sizes(shapes: Shapes) -> tuple[float, ...]:
    """Return brightness, widths, elongation and its order."""
    if not len(shapes.rows):
        return (math.nan,) * 7
    weight, size = shapes.weight, shapes.log_size
    low, narrow, middle, high = (find_quantile(size, weight, share) for share in (0.16, 0.25, 0.5, 0.84))
    elongation = np.hypot(shapes.e1, shapes.e2)
    mean = np.hypot((weight * shapes.e1).sum(), (weight * shapes.e2).sum()) / weight.sum()
    star = weight * shapes.star
    order = np.hypot((star * shapes.e1).sum(), (star * shapes.e2).sum()) / star.sum()
    alignment = mean * weight.sum() / max((weight * elongation).sum(), 1e-12)
    return (
        math.log10(max(float(np.median(shapes.ratio)), 1e-2)), middle, narrow, (high - low) / 2,
        _flatten(find_quantile(elongation, weight, 0.5)), float(alignment), _flatten(order),
    )  # fmt: skip


def _flatten(elongation: float) -> float:
    """Return 1 - b/a of an ellipse by (a^2 - b^2) / (a^2 + b^2)."""
    return 1 - math.sqrt((1 - min(elongation, 1.0)) / (1 + elongation))


def _measure_star(shapes: Shapes, usual: Usual) -> tuple[float, float, float, float]:
    """Return noise area over the usual one (logarithm), its error, concentration and dip of the mean star."""
    stack = shapes.stack.astype(float)
    if not stack.any() or not usual.fwhm > 0:
        return (math.nan,) * 4
    radius = np.hypot(*(np.indices(stack.shape) - SIDE // 2))
    inside = radius < 2.2 * WIDTH
    power = float((stack[inside] ** 2).sum() - inside.sum() * shapes.stack_noise**2)
    area = math.log(measure_area_ratio(stack, replace_width(usual)) * float((stack**2).sum()) / max(power, 1e-4))
    error = math.log10(max(inside.sum() * shapes.stack_noise**2 / max(power, 1e-4), 1e-6))
    light = np.cumsum(stack[inside][np.argsort(radius[inside], kind="stable")])
    places = np.minimum(np.searchsorted(light, [0.2, 0.9]), len(light) - 1)
    inner, outer = np.sort(radius[inside])[places].tolist()
    rings = [stack[(radius >= low) & (radius < low + 1)].mean() for low in range(int(2 * WIDTH))]
    dip = math.log(max(*rings, 1e-6) / max(rings[0], 1e-2 * max(*rings, 1e-6)))
    return area, error, (inner + 0.5) / max(outer, 1.0), dip


def replace_width(usual: Usual) -> Usual:
    """Return the usual seeing in the pixels of stamps."""
    return Usual(WIDTH, usual.sky, usual.zeropoint)


def _measure_places(found: Glance, usual: Usual, *, pixels: int) -> tuple[float, float, float]:
    """Return twins, their separation, and how far the directions to nearest neighbors agree."""
    places = np.column_stack([found.x, found.y])
    brightest = np.argsort(-found.flux, kind="stable")[:300]
    return (
        *measure_twins(places, found.flux, fwhm=usual.fwhm, pixels=pixels),
        _align_pairs(found.x[brightest], found.y[brightest]),
    )


def _measure_footprints(found: Glance, usual: Usual) -> tuple[float, float, float, float]:
    """Return axis ratio and order of the footprints, the largest axis ratio, and the reach of the longest thin one."""
    if not len(found):
        return math.nan, math.nan, math.nan, math.nan
    ratio = np.log(np.maximum(found.a, 1e-3) / np.maximum(found.b, 1e-3))
    weight = np.minimum(found.flux / (max(found.noise, 1e-30) * np.sqrt(found.area)), 50.0) ** 2
    turn = np.exp(2j * found.theta) * weight * ratio
    thin = found.a > 3 * np.maximum(found.b, 1e-3)
    reach = _log10(float(found.a[thin].max()) / usual.fwhm) if thin.any() else -1.0
    order = float(np.abs(turn.sum()) / max((weight * ratio).sum(), 1e-12))
    return find_quantile(ratio, weight, 0.5), order, float(ratio.max()), reach


def _measure_noise_excess(level: float, sky: Sky, *, gain: float) -> float:
    expected = math.sqrt(level / gain) if level > 0 and gain > 0 else math.nan
    return sky.noise / expected if expected > 0 else math.nan


def _measure_saturated(image: np.ndarray, bad: np.ndarray, *, limit: float) -> float:
    """Return the decimal logarithm of the share of saturated pixels, at least -6; NaN without a known limit."""
    if not np.isfinite(limit):
        return math.nan
    return math.log10(max(float(np.mean((image >= 0.98 * limit) & ~bad)), 1e-6))


def _align_pairs(x: np.ndarray, y: np.ndarray) -> float:
    """Return how far the directions to nearest neighbors agree; NaN for fewer than ten sources."""
    if len(x) < 10:
        return math.nan
    dx, dy = x[:, None] - x, y[:, None] - y
    distance = np.hypot(dx, dy)
    np.fill_diagonal(distance, np.inf)
    near, every = distance.argmin(axis=1), np.arange(len(x))
    turn = np.exp(2j * np.arctan2(dy[every, near], dx[every, near])) / np.maximum(distance[every, near], 1.0)
    return float(np.abs(turn.sum()) / np.abs(turn).sum())


def _log10(value: float) -> float:
    return math.log10(value) if value > 0 else math.nan

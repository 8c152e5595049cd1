"""Draw the preview of one detector, in the process that measured it."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from astropy.wcs import WCS
from astropy.wcs.utils import pixel_to_skycoord
from jaxtyping import Bool, Float, Int

from skysieve.records import Catalog, Detector, PsfModel
from skysieve.report.fieldmaps import draw_background, draw_psf_field, draw_psf_stamps
from skysieve.report.filters import choose_red_green_blue
from skysieve.report.pictures import draw_outlines, encode_jpeg, paint_bad
from skysieve.report.preview import Compass, Preview
from skysieve.report.quantities import IMAGE_WIDE, get_flags, get_numbers, measure_brightness
from skysieve.report.stretch import average_blocks, measure_limits, stretch_asinh, stretch_lupton
from skysieve.report.thumbnails import draw_thumbnails

_DECIMALS = {"x": 2, "y": 2, "ra": 6, "dec": 6, "theta": 1, "mag": 3, "mag_err": 4, "stellarity": 3}
_SHOWN = (
    "x", "y", "ra", "dec", "mag", "mag_err", "flux_kron", "flux_kron_err", "fwhm", "flux_radius", "a", "b", "theta",
    "stellarity",
)  # fmt: skip
"""Columns that a click on a source shows; NaN where a catalog lacks one."""


def draw_preview(
    detector: Detector,
    labels: Int[np.ndarray, "y x"] | None,
    catalog: Catalog,
    *,
    size: int = 1024,
    psf: PsfModel | None = None,
    background: Float[np.ndarray, "v u"] | None = None,
) -> Preview:
    """Draw what the report shows of one detector.

    Parameters
    ----------
    detector : Detector
        One band is shown in gray, three or more in color (the reddest, middle and bluest), of two the reference band.
    labels : ndarray, shape (y, x), or None
        Segmentation map; its labels are the column ``number`` of the catalog.
    catalog : Catalog
        Sources of this detector. Absent and NaN values are allowed everywhere.
    size : int
        Longest side of the picture [screen pixel].
    psf : PsfModel, optional
        Shown as stamps over the field.
    background : ndarray, optional
        Background map on any grid that covers the detector [image unit].

    Returns
    -------
    Preview
        Of an image without one good pixel, a picture in the color of bad pixels.

    Raises
    ------
    ValueError
        If the segmentation map has another shape than the detector.
    """
    if labels is not None and labels.shape != detector.shape:
        raise ValueError(f"{detector.label}: segmentation map of shape {labels.shape}; give one of {detector.shape}")
    factor = -(-max(detector.shape) // size)
    brightness, bad_fraction, caption = _draw_sky(detector, factor)
    outlines, step = (None, 1.0) if labels is None else draw_outlines(labels, _list_flagged(catalog), size)
    compass = None if detector.wcs is None else measure_compass(detector.wcs, detector.shape)
    bad = _find_bad(detector)
    return Preview(
        label=detector.label,
        shape=detector.shape,
        factor=factor,
        caption=caption,
        image=encode_jpeg(paint_bad(brightness, bad_fraction)),
        icon=_draw_icon(brightness, bad_fraction),
        outlines=outlines,
        outline_step=step,
        sources=list_brightest(catalog),
        n_sources=len(catalog),
        thumbnails=draw_thumbnails(detector.bands[detector.reference], labels, catalog),
        psf=None if psf is None else draw_psf_stamps(psf),
        background=None if background is None else draw_background(background, detector.shape),
        psf_field=draw_psf_field(catalog, detector.shape),
        compass=compass,
        bad_fraction=float(bad.mean()),
        area=_measure_area(int((~bad).sum()), compass),
    )


def measure_compass(wcs: WCS, shape: tuple[int, int]) -> Compass | None:
    """Return the directions of north and east at the middle of a detector, None where they are not finite.

    Parameters
    ----------
    wcs : WCS
        Celestial, two-dimensional.
    shape : tuple of int
        Rows and columns [pixel].
    """
    x, y = (shape[1] - 1) / 2, (shape[0] - 1) / 2
    sky = pixel_to_skycoord(np.array([x, x + 1, x]), np.array([y, y, y + 1]), wcs, origin=0).icrs
    jacobian = np.stack([np.asarray(offset.deg) for offset in sky[0].spherical_offsets_to(sky[1:])])
    area = abs(float(jacobian[0, 0] * jacobian[1, 1] - jacobian[0, 1] * jacobian[1, 0]))
    if not np.isfinite(jacobian).all() or area == 0:
        return None
    inverse = np.linalg.inv(jacobian)
    to_east, to_north = (inverse[:, k] / np.hypot(*inverse[:, k]) for k in (0, 1))
    return Compass(
        north=(float(to_north[0]), float(to_north[1])),
        east=(float(to_east[0]), float(to_east[1])),
        pixel_scale=3600 * math.sqrt(area),
    )


def list_brightest(catalog: Catalog, *, limit: int = 3000) -> dict[str, list[Any]]:
    """Return the brightest sources as columns of plain values, brightest first; ids are texts, NaN is None."""
    rows = np.argsort(-measure_brightness(catalog), kind="stable")[:limit]
    columns: Mapping[str, np.ndarray] = {name: get_numbers(catalog, name)[rows] for name in _SHOWN}
    ids = catalog["id"][rows] if "id" in catalog.names else rows
    plain: dict[str, list[Any]] = {"id": [str(value) for value in ids]}
    for name, values in columns.items():
        plain[name] = [_round(value, _DECIMALS.get(name)) for value in values.tolist()]
    plain["flags"] = get_flags(catalog)[rows].tolist()
    return plain


def _measure_area(n_good: int, compass: Compass | None) -> float:
    """Return the area of the good pixels [deg2]; 0 of no pixel, NaN where their scale is unknown."""
    if n_good == 0:
        return 0.0
    return math.nan if compass is None else n_good * (compass.pixel_scale / 3600) ** 2


def _round(value: float, decimals: int | None) -> float | None:
    """Round to decimals, or to five significant digits where None; NaN becomes None."""
    if math.isnan(value):
        return None
    return float(f"{value:.5g}") if decimals is None else round(value, decimals)


def _list_flagged(catalog: Catalog) -> Int[np.ndarray, " source"]:
    """Labels of the sources that carry a flag of their own."""
    if "number" not in catalog.names:
        return np.zeros(0, dtype=np.int64)
    flagged: np.ndarray = catalog["number"][get_flags(catalog, ignore=IMAGE_WIDE) != 0].astype(np.int64)
    return flagged


def _find_bad(detector: Detector) -> Bool[np.ndarray, "y x"]:
    """Pixels that are bad in the reference band."""
    return detector.bands[detector.reference].bad


def _draw_sky(detector: Detector, factor: int) -> tuple[np.ndarray, np.ndarray, str]:
    """Return brightness (y, x, 3), the share of bad pixels, and a caption."""
    if len(detector.bands) >= 3:
        return _draw_color(detector, factor)
    band = detector.bands[detector.reference]
    mean, bad_fraction = average_blocks(band.data, band.bad, factor)
    gray = stretch_asinh(mean, measure_limits(mean[bad_fraction < 1]))
    name = f"band {band.name}, " if band.name else ""
    return np.repeat(gray[..., None], 3, axis=2), bad_fraction, f"{name}asinh stretch"


def _draw_color(detector: Detector, factor: int) -> tuple[np.ndarray, np.ndarray, str]:
    chosen = [detector.bands[k] for k in choose_red_green_blue([band.name for band in detector.bands])]
    means, fractions = zip(*(average_blocks(band.data, band.bad, factor) for band in chosen), strict=True)
    bad_fraction = np.max(fractions, axis=0)
    color = stretch_lupton(np.stack(means), bad_fraction >= 1)
    red, green, blue = (band.name for band in chosen)
    return color, bad_fraction, f"red {red}, green {green}, blue {blue}; Lupton asinh stretch, bands balanced to gray"


def _draw_icon(brightness: np.ndarray, bad_fraction: np.ndarray) -> bytes:
    """Shrink the picture to at most 128 pixels a side."""
    factor = -(-max(bad_fraction.shape) // 128)
    good = np.zeros(bad_fraction.shape, dtype=bool)
    small = np.stack([average_blocks(brightness[..., k], good, factor)[0] for k in range(3)], axis=-1)
    return encode_jpeg(paint_bad(small, average_blocks(bad_fraction, good, factor)[0]), quality=80)

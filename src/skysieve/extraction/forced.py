"""Measurement at the places of a given catalog, without a search: forced photometry."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float, Int

from skysieve.extraction.background import BackgroundMesh
from skysieve.extraction.bands import BandWindows, Window, combine_windows
from skysieve.extraction.detection import Found
from skysieve.extraction.ellipses import Ellipses
from skysieve.extraction.footprints import FootprintPixels, Footprints, measure_footprints
from skysieve.extraction.mirror import list_elliptical_pixels
from skysieve.extraction.noise import gather_noise
from skysieve.extraction.recipe import ExtractionRecipe
from skysieve.extraction.tiles import Tile
from skysieve.io.exposures import sky_to_pixel
from skysieve.records import Catalog, Column, Detector

REACH = 3.0
"""Footprints of given sources are ellipses of so many semi-axes; pixels go to the nearest source."""

DEFAULT_AXIS = 1.5
"""Semi-axis [pixel] of a given source without a shape, where no PSF tells a better one."""


@dataclass(frozen=True)
class Places:
    """Sources to measure, in image coordinates: positions and semi-axes [pixel], angles [rad], ids of the catalog."""

    x: Float[np.ndarray, " source"]
    y: Float[np.ndarray, " source"]
    a: Float[np.ndarray, " source"]
    b: Float[np.ndarray, " source"]
    theta: Float[np.ndarray, " source"]
    input_id: Int[np.ndarray, " source"]


def find_places(catalog: Catalog, detector: Detector, *, axis: float = DEFAULT_AXIS) -> Places:
    """Find the sources of a catalog on a detector.

    Parameters
    ----------
    catalog : Catalog
        Its column names may have capitals. With ``ra, dec`` [deg] (used where the image has world coordinates) or
        ``x, y`` [pixel, 0-based]; optionally ``a, b`` [pixel], ``theta`` [deg from +x toward +y] and ``id``.
    detector : Detector
        The image.
    axis : float
        Semi-axes of sources without ``a, b`` [pixel].

    Returns
    -------
    Places
        Sources inside the image, in catalog order; rows with unknown positions are left out. ``input_id`` is the row
        number, from 1, where the catalog has no ``id``.

    Raises
    ------
    ValueError
        If the catalog has no position that this image can use.
    """
    catalog = _lower_names(catalog)
    if {"ra", "dec"} <= set(catalog.names) and detector.wcs is not None:
        x, y = sky_to_pixel(detector.wcs, catalog["ra"].astype(float), catalog["dec"].astype(float))
    elif {"x", "y"} <= set(catalog.names):
        x, y = catalog["x"].astype(float), catalog["y"].astype(float)
    else:
        raise ValueError(
            f"{detector.label}: the given catalog has no x, y, nor ra, dec with a WCS in the image; add them"
        )
    rows, columns = detector.shape
    with np.errstate(invalid="ignore"):
        inside = (x > -0.5) & (y > -0.5) & (x < columns - 0.5) & (y < rows - 0.5)
    a, b, theta = (_read(catalog, name, fallback) for name, fallback in (("a", axis), ("b", axis), ("theta", 0.0)))
    numbers = catalog["id"] if "id" in catalog.names else np.arange(1, len(catalog) + 1)
    keep = np.flatnonzero(inside)
    a = np.maximum(a, 0.5)
    return Places(x[keep], y[keep], a[keep], np.clip(b, 0.5, a)[keep], np.radians(theta)[keep],
                  np.asarray(numbers, np.int64)[keep])  # fmt: skip


def place_sources(
    bands: BandWindows, combined: BackgroundMesh | None, recipe: ExtractionRecipe, *, places: Places, gain: float
) -> Found:
    """Make footprints at given places: the counterpart of ``search_image``.

    Returns
    -------
    Found
        Sources numbered in the order of ``places``, with the given positions and shapes and everything else measured;
        position errors are NaN, since nothing was measured there.
    """
    height, width = bands.bands[0].band.data.shape
    tile = Tile(*((slice(0, height), slice(0, width)),) * 2, (height, width))
    windows = [bands.window(index, tile) for index in range(len(bands.bands))]
    window = windows[0] if combined is None else combine_windows(windows, combined)
    labels = _paint(places, (height, width))
    footprints = _measure(window, labels, places=places, recipe=recipe, gain=gain)
    return Found(footprints, labels)


def _lower_names(catalog: Catalog) -> Catalog:
    """Return a catalog with names in small letters; of names that are then the same the first stays."""
    first = {name.lower(): name for name in reversed(catalog.names)}
    schema = tuple(Column(name, "") for name in first)
    return Catalog(schema, {name: catalog[old] for name, old in first.items()})


def _read(catalog: Catalog, name: str, fallback: float) -> np.ndarray:
    """Column of numbers with unknown values replaced."""
    if name not in catalog.names:
        return np.full(len(catalog), fallback)
    values = catalog[name].astype(float)
    return np.where(np.isfinite(values), values, fallback)


def _paint(places: Places, shape: tuple[int, int]) -> Int[np.ndarray, "y x"]:
    """Label map in which each pixel belongs to the source whose ellipse it lies deepest in."""
    label = np.arange(1, len(places.x) + 1, dtype=np.int32)
    ellipses = Ellipses(places.x, places.y, REACH * places.a, REACH * places.b, places.theta, label)
    labels = np.zeros(shape, np.int32)
    source, x, y, depth = list_elliptical_pixels(ellipses, shape)
    order = np.argsort(-depth, kind="stable")
    labels[y[order], x[order]] = label[source[order]]
    labels[np.rint(places.y).astype(int), np.rint(places.x).astype(int)] = label
    return labels


def _measure(
    window: Window, labels: np.ndarray, *, places: Places, recipe: ExtractionRecipe, gain: float
) -> Footprints:
    """Measure the painted footprints; sources whose every pixel another one took share that one's central pixel."""
    rows, columns = np.nonzero(labels)
    source = labels[rows, columns] - 1
    lost = np.setdiff1d(np.arange(len(places.x)), source)
    rows = np.append(rows, np.rint(places.y[lost]).astype(int))
    columns = np.append(columns, np.rint(places.x[lost]).astype(int))
    order = np.argsort(np.append(source, lost), kind="stable")
    source, rows, columns = np.append(source, lost)[order].astype(int), rows[order], columns[order]
    start = np.searchsorted(source, np.arange(len(places.x)))
    value = window.data[rows, columns]
    pixels = FootprintPixels(
        source=source, x=columns, y=rows, value=value, filtered=np.maximum(value, 0),
        sigma=gather_noise(window.noise, columns, rows, start=start),
    )  # fmt: skip
    measured = measure_footprints(
        pixels, len(places.x), group=np.arange(1, len(places.x) + 1), threshold=recipe.detection.threshold,
        min_area=recipe.detection.min_area, gain=gain, origin=(0, 0),
    )  # fmt: skip
    cosine, sine = np.cos(places.theta), np.sin(places.theta)
    unknown = np.full(len(places.x), np.nan)
    return replace(
        measured, x=places.x, y=places.y, a=places.a, b=places.b, theta=places.theta,
        x2=(places.a * cosine) ** 2 + (places.b * sine) ** 2, y2=(places.a * sine) ** 2 + (places.b * cosine) ** 2,
        xy=(places.a**2 - places.b**2) * sine * cosine, errx2=unknown, erry2=unknown, errxy=unknown,
        peak_x=np.rint(places.x).astype(int), peak_y=np.rint(places.y).astype(int),
        flags=np.zeros(len(places.x), int),
    )  # fmt: skip

"""Which image each row of a catalog lies on, and where; from headers alone."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from astropy.wcs import WCS
from jaxtyping import Bool, Float, Int64

from skysieve.io.exposures import measure_local_scale, pixel_to_sky, sky_to_pixel
from skysieve.io.exposures.hdus import open_hdu
from skysieve.io.exposures.streams import DAMAGE, recognize_file
from skysieve.io.exposures.worldcoords import read_wcs
from skysieve.records import Catalog, DetectorAddress

EDGE_POINTS = 9
"""Points along each side of an image that tell how far it reaches on the sky."""


@dataclass(frozen=True, eq=False)
class Assignment:
    """The image of each row by its number, -1 for none, and the position there [pixel], NaN for none.

    ``known`` tells which rows have a position at all; ``scales`` is the scale of each image [arcsec], or NaN.
    """

    image: Int64[np.ndarray, " row"]
    x: Float[np.ndarray, " row"]
    y: Float[np.ndarray, " row"]
    known: Bool[np.ndarray, " row"]
    scales: Float[np.ndarray, " image"]


def assign_rows(
    catalog: Catalog, detectors: Sequence[DetectorAddress], *, sky: tuple[str, str] = ("ra", "dec")
) -> Assignment:
    """Find for each row the image on which it lies deepest, that is farthest from the border.

    Parameters
    ----------
    catalog : Catalog
        With ``image, x, y`` (label of the image, 0-based position on it [pixel]) as of a run of this package, which
        win for the rows whose label is that of a detector; with ``ra, dec`` [deg, ICRS] for images with world
        coordinates; or with ``x, y`` for one image. Names may have capitals.
    detectors : sequence of DetectorAddress
        The images; those that cannot be used have no rows.
    sky : tuple of str
        Names of the columns for ra and dec, if others.

    Returns
    -------
    Assignment
        Rows without a position, or on no image, have no image and NaN positions.

    Raises
    ------
    ValueError
        If the catalog says no positions that could be on these images.
    """
    systems = [_read_system(address) for address in detectors]
    names = {name.lower(): name for name in reversed(catalog.names)}
    columns = {name: catalog[names[name]].astype(np.float64) for name in ("x", "y") if name in names}
    on_sky = all(name.lower() in names for name in sky) and any(wcs is not None for wcs in systems)
    search = _Search(*(np.full(len(catalog), value) for value in (-1, np.nan, np.nan, -np.inf)))
    labels = catalog[names["image"]].astype(str) if {"image", "x", "y"} <= set(names) else np.full(len(catalog), "")
    labeled = np.isin(labels, [address.label for address in detectors])
    for number, address in enumerate(detectors):
        own = labeled & (labels == address.label)
        if own.any() and address.bands:
            search.take(number, np.where(own, columns["x"], np.nan), columns["y"], address.shape)
    known = np.isfinite(columns["x"] + columns["y"]) if len(columns) == 2 else np.zeros(len(catalog), bool)
    if on_sky:
        ra, dec = (catalog[names[name.lower()]].astype(np.float64) for name in sky)
        known = known & labeled | np.isfinite(ra + dec)
        _search_sky(np.where(labeled, np.nan, ra), dec, detectors, systems=systems, search=search)
    elif len(columns) == 2 and len(detectors) == 1:
        search.take(0, np.where(labeled, np.nan, columns["x"]), columns["y"], detectors[0].shape)
    elif not labeled.any():
        raise ValueError(
            f"the catalog has the columns {', '.join(catalog.names[:12])}; wanted are {sky[0]}, {sky[1]} [deg] and "
            "images with world coordinates, or x, y [pixel] and one image, or image, x, y with the images' labels"
        )
    scales = [_measure_scale(wcs, address.shape) for wcs, address in zip(systems, detectors, strict=True)]
    return Assignment(search.image, search.x, search.y, known, np.array(scales))


@dataclass(frozen=True, eq=False)
class _Search:
    """What is known so far of each row: its image, position there, and distance from that image's border [pixel]."""

    image: Int64[np.ndarray, " row"]
    x: Float[np.ndarray, " row"]
    y: Float[np.ndarray, " row"]
    depth: Float[np.ndarray, " row"]

    def take(
        self, number: int, x: Float[np.ndarray, " row"], y: Float[np.ndarray, " row"], shape: tuple[int, int]
    ) -> None:
        """Give rows to an image on which they lie, and deeper than on those before it."""
        rows, columns = shape
        depth = np.minimum(np.minimum(x, columns - 1 - x), np.minimum(y, rows - 1 - y))
        better = (depth >= -0.5) & (depth > self.depth)
        for known, new in ((self.image, np.full(len(x), number)), (self.x, x), (self.y, y), (self.depth, depth)):
            known[better] = new[better]


def _search_sky(
    ra: Float[np.ndarray, " row"],
    dec: Float[np.ndarray, " row"],
    detectors: Sequence[DetectorAddress],
    *,
    systems: Sequence[WCS | None],
    search: _Search,
) -> None:
    """Place rows by their sky positions; only those near an image are projected onto it."""
    vectors = _point(ra, dec)
    for number, (address, wcs) in enumerate(zip(detectors, systems, strict=True)):
        if wcs is None:
            continue
        middle, nearest = _find_cap(wcs, address.shape)
        near = np.flatnonzero(vectors @ middle >= nearest)
        x, y = np.full(len(ra), np.nan), np.full(len(ra), np.nan)
        x[near], y[near] = sky_to_pixel(wcs, ra[near], dec[near])
        search.take(number, x, y, address.shape)


def _find_cap(wcs: WCS, shape: tuple[int, int]) -> tuple[Float[np.ndarray, " axis"], float]:
    """Return the direction of an image's center, and the cosine of the angle within which all of it lies.

    The cosine is -1, the whole sky, where a part of the border has no position.
    """
    along = [np.linspace(-0.5, extent - 0.5, EDGE_POINTS) for extent in shape]
    y, x = (grid.ravel() for grid in np.meshgrid(*along, indexing="ij"))
    vectors = _point(*pixel_to_sky(wcs, x, y))
    middle = vectors[len(vectors) // 2]
    if not np.isfinite(vectors).all():
        return np.nan_to_num(middle), -1.0
    angle = float(np.arccos(np.clip(vectors @ middle, -1, 1)).max())
    return middle, float(np.cos(min(np.pi, 1.1 * angle + 1e-6)))


def _point(ra: Float[np.ndarray, " row"], dec: Float[np.ndarray, " row"]) -> Float[np.ndarray, "row axis"]:
    """Return unit vectors of sky positions; NaN where one is not known or no latitude."""
    longitude, latitude = np.radians(ra), np.radians(np.where(np.abs(dec) <= 90, dec, np.nan))
    across = np.cos(latitude)
    return np.stack([across * np.cos(longitude), across * np.sin(longitude), np.sin(latitude)], axis=-1)


def _read_system(address: DetectorAddress) -> WCS | None:
    """Read an image's world coordinates, those of the first band that has any, from headers alone."""
    for band in address.bands:
        image = band.image
        try:
            if recognize_file(image.path) == "picture":
                continue
            with open_hdu(image.path, image.hdu) as (_, hdu, primary):
                headers = (hdu.header,) if image.hdu == 0 else (hdu.header, primary)
                wcs, _, _ = read_wcs(image.path, headers, address.shape)
        except (*DAMAGE, ValueError):
            continue
        if wcs is not None:
            return wcs
    return None


def _measure_scale(wcs: WCS | None, shape: tuple[int, int]) -> float:
    """Return the scale at an image's center [arcsec], NaN where it is unknown."""
    if wcs is None:
        return float("nan")
    return float(measure_local_scale(wcs, np.array([(shape[1] - 1) / 2]), np.array([(shape[0] - 1) / 2]))[0])

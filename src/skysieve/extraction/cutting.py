"""What will be cut from where: the images of a catalog's rows, and the form of the store."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from skysieve.extraction.assignment import Assignment, assign_rows
from skysieve.extraction.stamps import CUTOUT_FLAG_SENTENCES
from skysieve.io.cutouts import CutoutHeader
from skysieve.records import Catalog, Column, DetectorAddress

MOST_UNEQUAL = 0.01
"""Pixel scales that differ by more are different scales."""

CUTOUT_COLUMNS = (
    Column("cutout_image", "str", "", "image that the stamp was cut from; empty for none", "meta.id;meta.file"),
    Column("cutout_x", "f8", "pixel", "position of the source on that image, 0-based", "pos.cartesian.x;instr.det"),
    Column("cutout_y", "f8", "pixel", "position of the source on that image, 0-based", "pos.cartesian.y;instr.det"),
    Column("cutout_dx", "f4", "pixel", "position of the source minus the middle of the stamp", ""),
    Column("cutout_dy", "f4", "pixel", "position of the source minus the middle of the stamp", ""),
    Column("cutout_flags", "i4", "", "what is amiss with the stamp; the dictionary is in the metadata", "meta.code"),
)


@dataclass(frozen=True, eq=False)
class CuttingPlan:
    """What will be cut: the rows, the image of each, and the form of the store."""

    catalog: Catalog
    detectors: tuple[DetectorAddress, ...]
    assignment: Assignment
    header: CutoutHeader

    @property
    def n_images(self) -> int:
        """Number of images that have rows."""
        return len(np.unique(self.assignment.image[self.assignment.image >= 0]))


def plan_cutting(
    catalog: Catalog,
    detectors: Sequence[DetectorAddress],
    *,
    side: int | None = None,
    size: float | None = None,
    sky: tuple[str, str] = ("ra", "dec"),
) -> CuttingPlan:
    """Decide what will be cut from where, from the catalog and headers alone.

    Parameters
    ----------
    catalog : Catalog
        Sources; positions as ``assign_rows`` wants them.
    detectors : sequence of DetectorAddress
        The images, from ``list_detectors``.
    side : int, optional
        Side of a stamp [pixel].
    size : float, optional
        Side of a stamp [arcsec], rounded to pixels; one of the two is wanted.
    sky : tuple of str
        Names of the columns with ra and dec.

    Raises
    ------
    ValueError
        If no image can be used, images differ in their bands, or in scale where a size in arcsec is asked for.
    """
    usable = [address for address in detectors if address.bands]
    if not usable:
        raise ValueError("; ".join(m for address in detectors for m in address.messages) or "there is no image")
    bands = _agree_on_bands(usable)
    assignment = assign_rows(catalog, detectors, sky=sky)
    scales = assignment.scales[np.isfinite(assignment.scales)]
    alike = scales.size > 0 and float(np.ptp(scales)) <= MOST_UNEQUAL * float(scales.min())
    if (side is None) == (size is None):
        raise ValueError("give the side of the cutouts either in pixels or in arcsec, and not both")
    if size is not None and (not alike or len(scales) < len(usable)):
        raise ValueError("the images differ in pixel scale, or have none; give the side in pixels instead of arcsec")
    pixels = side if side is not None else round((size or 0.0) / float(np.median(scales)))
    if pixels < 1:
        raise ValueError(f"cutouts of {pixels} pixels a side: at least one pixel is wanted")
    variance = all(band.weight is not None for address in usable for band in address.bands)
    numbered = _number_rows(catalog)
    flags = {str(f.name).lower(): (int(f), text) for f, text in CUTOUT_FLAG_SENTENCES.items()}
    header = CutoutHeader(
        bands, (pixels, pixels), float(np.median(scales)) if alike else math.nan, variance,
        (*(c for c in numbered.schema if c.name not in {n.name for n in CUTOUT_COLUMNS}), *CUTOUT_COLUMNS),
        {**numbered.meta, "cutout_flags": json.dumps(flags)},
    )  # fmt: skip
    return CuttingPlan(numbered, tuple(detectors), assignment, header)


def _agree_on_bands(detectors: Sequence[DetectorAddress]) -> tuple[str, ...]:
    """Return the bands that all images have; a band without a name is any."""
    agreed: list[str] = [""] * len(detectors[0].bands)
    for address in detectors:
        names = [band.name for band in address.bands]
        if len(names) != len(agreed) or any(old and new and old != new for old, new in zip(agreed, names, strict=True)):
            raise ValueError(
                f"{address.label}: its bands are {', '.join(names)}, those before have {', '.join(agreed)}; name the "
                "bands of one field as NAME=FILE, and cut fields in different bands into stores of their own"
            )
        agreed = [old or new for old, new in zip(agreed, names, strict=True)]
    if len(agreed) == 1:
        return (agreed[0] or "image",)
    return tuple(name or str(number) for number, name in enumerate(agreed))


def _number_rows(catalog: Catalog) -> Catalog:
    """Return the catalog with whole numbers in ``id``: its own, or the rows' numbers."""
    count, ids = np.arange(len(catalog), dtype=np.int64), catalog.columns.get("id")
    if ids is None:
        return catalog.with_column(Column("id", "i8", "", "number of the row", "meta.id;meta.main"), count)
    if ids.dtype.kind in "iu" or (ids.dtype.kind == "f" and (np.nan_to_num(ids, nan=0.5) % 1 == 0).all()):
        column = next(column for column in catalog.schema if column.name == "id")
        return catalog.with_column(replace(column, dtype="i8"), ids.astype(np.int64))
    schema = tuple(replace(c, name="catalog_id") if c.name == "id" else c for c in catalog.schema)
    columns = {"catalog_id" if name == "id" else name: values for name, values in catalog.columns.items()}
    return _number_rows(Catalog(schema, columns, catalog.meta))

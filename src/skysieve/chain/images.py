"""The table of inputs: a row a detector, what was found on it, what was wrong with it."""

import json
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from skysieve.chain.plan import find_exposure_stem
from skysieve.execution import Outcome
from skysieve.records import Catalog, Column, DetectorAddress, ImageFlag, describe_flags

IMAGE_COLUMNS = (
    Column("image", "str", "", "image: file name and [extension number]", "meta.id;meta.file"),
    Column("index", "i8", "", "position in the run; ids are 100000000 * index + number", "meta.number"),
    Column("stem", "str", "", "name of its exposure, from which its products are named", "meta.file"),
    Column("path", "str", "", "file of the reference band", "meta.file"),
    Column("n_sources", "i8", "", "sources found", "meta.number"),
    Column("flags", "i8", "", "bit flags of the image; the dictionary is in the metadata", "meta.code.qual"),
    Column("message", "str", "", "what was wrong, in words", "meta.note"),
    Column("bands", "str", "", "names of its bands", "meta.id;instr.bandpass"),
    Column("columns", "i8", "pixel", "width", "instr.det"),
    Column("rows", "i8", "pixel", "height", "instr.det"),
    Column("bad_fraction", "f8", "", "share of bad pixels", "instr.det"),
    Column("background", "f8", "image", "median background level", "instr.background"),
    Column("background_rms", "f8", "image", "median noise of one pixel", "instr.det.noise"),
    Column("fwhm", "f8", "pixel", "median FWHM of the PSF stars", "instr.obsty.seeing"),
    Column("fwhm_sky", "f8", "arcsec", "the same on the sky", "instr.obsty.seeing"),
    Column("ellipticity", "f8", "", "1 - b/a of the PSF at the center", "src.ellipticity"),
    Column("psf_theta", "f8", "deg", "angle of the PSF's major axis from +x toward +y", "pos.posAng"),
    Column("n_stars", "f8", "", "stars behind the PSF model", "meta.number"),
    Column("limiting_flux", "f8", "image", "five times the noise in the smallest circular aperture", "phot.flux"),
    Column("limiting_mag", "f8", "mag", "its magnitude", "phot.mag"),
    Column("pixel_scale", "f8", "arcsec", "side of a pixel at the center", "instr.pixel"),
    Column("zeropoint", "f8", "mag", "AB magnitude of one unit of flux", "phot.mag"),
    Column("gain", "f8", "", "electrons per image unit", "instr.det"),
    Column("exptime", "f8", "s", "exposure time", "time.duration;obs.exposure"),
    Column("saturation", "f8", "image", "level from which pixels are saturated", "instr.saturation"),
    Column("unit", "str", "", "flux unit (BUNIT)", "meta.unit"),
)


def make_image_table(detectors: Sequence[DetectorAddress], outcomes: Sequence[Outcome]) -> Catalog:
    """Put the facts of all items into one table, in run order.

    A failed item has the flag FAILED and the error as its message; numbers that nobody measured are NaN, counts 0.
    """
    rows = [
        _describe_row(index, address, outcome)
        for index, (address, outcome) in enumerate(zip(detectors, outcomes, strict=True))
    ]
    columns = {column.name: _make_column(column, [row.get(column.name) for row in rows]) for column in IMAGE_COLUMNS}
    return Catalog(IMAGE_COLUMNS, columns, {"image_flags": json.dumps(describe_flags(ImageFlag))})


def _describe_row(index: int, address: DetectorAddress, outcome: Outcome) -> dict[str, Any]:
    path = str(address.bands[0].image.path) if address.bands else ""
    row: dict[str, Any] = {"image": address.label, "index": index, "stem": find_exposure_stem(address), "path": path}
    if outcome.product is not None:
        return {**row, **outcome.product.facts}
    return {**row, "flags": int(address.flags | ImageFlag.FAILED), "message": outcome.error}


def _make_column(column: Column, values: list[Any]) -> np.ndarray:
    if column.dtype == "str":
        return np.array([value or "" for value in values], dtype=object)
    if column.dtype.startswith("f"):
        return np.array([math.nan if value is None else float(value) for value in values])
    return np.array([value or 0 for value in values], dtype=column.dtype)

"""One cutout a file: a FITS cube with its bad pixels and variance, or an 8-bit PNG picture."""

import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits
from astropy.utils.exceptions import AstropyWarning
from jaxtyping import Bool, Float32
from PIL import Image, UnidentifiedImageError

from skysieve.io.weights import refuse_pickle

_MODES = {1: "L", 3: "RGB"}


@dataclass(frozen=True)
class Cutout:
    """One cutout: pixels, bad pixels, perhaps variance, and the band names that its file gives ("" where none)."""

    image: Float32[np.ndarray, "band y x"]
    bad: Bool[np.ndarray, "y x"]
    variance: Float32[np.ndarray, "band y x"] | None = None
    bands: tuple[str, ...] = ()


def write_fits_cutout(path: Path, cutout: Cutout, row: Mapping[str, Any]) -> None:
    """Write a cube (band, y, x) with the extensions BAD and VARIANCE, and id, ra, dec of the row in its header."""
    header = fits.Header()
    for key in ("id", "ra", "dec"):
        if key in row and math.isfinite(row[key]):
            header[key.upper()] = row[key]
    for number, band in enumerate(cutout.bands, start=1):
        header[f"BAND{number}"] = band
    units = fits.HDUList([fits.PrimaryHDU(cutout.image, header), fits.ImageHDU(cutout.bad.astype("u1"), name="BAD")])
    if cutout.variance is not None:
        units.append(fits.ImageHDU(cutout.variance, name="VARIANCE"))
    units.writeto(path)


def read_fits_cutout(path: Path) -> Cutout:
    """Read a cutout from the first image of a FITS file: (y, x) or (band, y, x).

    Without an extension BAD the pixels that are not finite are bad.

    Raises
    ------
    ValueError
        If the file is not whole FITS or holds no image of two or three axes.
    """
    refuse_pickle(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", AstropyWarning)
            warnings.filterwarnings("error", "File may have been truncated")
            with path.open("rb") as file, fits.open(file, memmap=False) as units:
                planes = {unit.name: np.asarray(unit.data) for unit in units if unit.is_image and unit.data is not None}
                bands = _read_bands(units)
    except (OSError, TypeError, ValueError, KeyError, IndexError, AstropyWarning) as error:
        raise ValueError(f"{path.name}: not a whole FITS file ({error})") from None
    extra = {"BAD", "VARIANCE"}
    image = next((plane for name, plane in planes.items() if name not in extra), None)
    if image is None or image.ndim not in {2, 3}:
        found = "none" if image is None else f"of shape {image.shape}"
        raise ValueError(f"{path.name}: the image is {found}; wanted is one of (y, x) or (band, y, x)")
    cube = _make_cube(image)
    bad = planes["BAD"] != 0 if "BAD" in planes else ~np.isfinite(cube).all(axis=0)
    variance = _make_cube(planes["VARIANCE"]) if "VARIANCE" in planes else None
    if bad.shape != cube.shape[1:] or (variance is not None and variance.shape != cube.shape):
        raise ValueError(f"{path.name}: BAD or VARIANCE differ in shape from the image {cube.shape}")
    return Cutout(cube, bad, variance, bands if len(bands) == len(cube) else ())


def write_png_cutout(path: Path, cutout: Cutout, limits: tuple[float, float]) -> None:
    """Write one or three bands as an 8-bit picture; where any pixel is bad, an alpha channel makes it transparent."""
    mode = _MODES.get(len(cutout.image))
    if mode is None:
        raise ValueError(f"{path.name}: a PNG picture has 1 or 3 bands, the cutout has {len(cutout.image)}; write FITS")
    low, high = limits
    scaled = np.nan_to_num((cutout.image - low) / (high - low) * 255, nan=0.0, posinf=255, neginf=0)
    planes = np.clip(np.rint(scaled), 0, 255).astype(np.uint8)
    if cutout.bad.any():
        alpha = np.where(cutout.bad, 0, 255).astype(np.uint8)
        planes, mode = np.concatenate([planes, alpha[None]]), f"{mode}A"
    pixels = np.ascontiguousarray(np.moveaxis(planes, 0, -1)[::-1])
    Image.fromarray(pixels[..., 0] if mode == "L" else pixels).save(path, format="PNG")


def read_png_cutout(path: Path) -> Cutout:
    """Read a picture; gray ones have one band, others three. Transparent pixels are bad.

    The picture's bottom row becomes y = 0, as pictures of FITS images are drawn.

    Raises
    ------
    ValueError
        If it is not a whole picture.
    """
    refuse_pickle(path)
    try:
        with Image.open(path) as picture:
            gray = picture.mode in {"1", "L", "LA", "I", "I;16", "F"}
            deep = picture.mode in {"I", "I;16", "F"}
            pixels = np.asarray(picture if deep else picture.convert("LA" if gray else "RGBA"))
    except (OSError, ValueError, SyntaxError, UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise ValueError(f"{path.name}: not a whole picture ({error})") from None
    planes = np.moveaxis(np.atleast_3d(pixels), -1, 0)[:, ::-1]
    bad = np.zeros(planes.shape[1:], dtype=bool) if deep else planes[-1] == 0
    return Cutout(np.ascontiguousarray(planes if deep else planes[:-1], dtype=np.float32), bad)


def _make_cube(plane: np.ndarray) -> Float32[np.ndarray, "band y x"]:
    with np.errstate(over="ignore"):
        cube = np.ascontiguousarray(plane, dtype=np.float32)
    return cube[None] if cube.ndim == 2 else cube


def _read_bands(units: Sequence[Any]) -> tuple[str, ...]:
    header = units[0].header
    return tuple(str(header[key]) for key in (f"BAND{number}" for number in range(1, 100)) if key in header)

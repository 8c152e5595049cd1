"""What the report derives from a catalog: magnitudes, signal to noise, clean sources, stars."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from skysieve.records import Catalog, SourceFlag

IMAGE_WIDE = SourceFlag.NO_WCS | SourceFlag.NO_ZEROPOINT | SourceFlag.OVERRULED
"""Flags that say nothing against a source: they repeat what is missing in the whole image, or who changed a row."""


@dataclass(frozen=True)
class Magnitudes:
    """Magnitudes to plot, their errors [mag], and what to call them on an axis."""

    values: Float[np.ndarray, " source"]
    errors: Float[np.ndarray, " source"]
    label: str
    calibrated: bool


def get_numbers(catalog: Catalog, name: str) -> Float[np.ndarray, " source"]:
    """Return a column as float64; all NaN where the catalog lacks it, NaN for infinities."""
    if name not in catalog.names:
        return np.full(len(catalog), np.nan)
    values = catalog[name].astype(np.float64)
    return np.where(np.isfinite(values), values, np.nan)


def get_flags(catalog: Catalog, *, ignore: int = 0) -> np.ndarray:
    """Return the column ``flags`` without the bits of ``ignore``; zeros where the catalog lacks it."""
    if "flags" not in catalog.names:
        return np.zeros(len(catalog), dtype=np.int64)
    flags: np.ndarray = catalog["flags"].astype(np.int64) & ~np.int64(ignore)
    return flags


def measure_magnitudes(catalog: Catalog) -> Magnitudes:
    """Return the column ``mag`` where any row has it, else instrumental magnitudes -2.5 log10 flux_kron."""
    values = get_numbers(catalog, "mag")
    flux, error = get_numbers(catalog, "flux_kron"), get_numbers(catalog, "flux_kron_err")
    positive = np.where(flux > 0, flux, np.nan)
    if np.isfinite(values).any():
        return Magnitudes(values, get_numbers(catalog, "mag_err"), "magnitude [AB mag]", calibrated=True)
    label = "instrumental magnitude -2.5 log flux_kron [mag]"
    return Magnitudes(-2.5 * np.log10(positive), 1.0857 * error / positive, label, calibrated=False)


def measure_brightness(catalog: Catalog) -> Float[np.ndarray, " source"]:
    """Return a number to sort by, brighter is larger: flux_kron, else peak, else the area; never NaN."""
    brightness = np.full(len(catalog), np.nan)
    for name in ("flux_kron", "flux_iso", "peak", "npix"):
        brightness = np.where(np.isnan(brightness), get_numbers(catalog, name), brightness)
    brightness[np.isnan(brightness)] = -np.inf
    return brightness


def select_stars(catalog: Catalog, *, stellarity: float = 0.8, snr: float = 20.0) -> Bool[np.ndarray, " source"]:
    """Return True for unflagged point sources bright enough to judge the PSF; NaN in any of these means False."""
    ratio = get_numbers(catalog, "flux_kron") / _positive(get_numbers(catalog, "flux_kron_err"))
    clean = get_flags(catalog, ignore=IMAGE_WIDE) == 0
    stars: np.ndarray = clean & (get_numbers(catalog, "stellarity") > stellarity) & (ratio > snr)
    return stars


def _positive(values: Float[np.ndarray, " source"]) -> Float[np.ndarray, " source"]:
    return np.where(values > 0, values, np.nan)

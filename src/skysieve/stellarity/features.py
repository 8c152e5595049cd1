"""What the classifier looks at: dimensionless numbers of each source, from the columns of its catalog."""

import numpy as np
from jaxtyping import Float

from skysieve.records import Catalog, SourceFlag

FEATURES = (
    "spread", "spread_significance", "spread_error", "snr", "size", "concentration", "width", "major", "minor",
    "kron", "peak_share", "isophote_share", "area", "psf_fwhm", "blended", "crowded", "incomplete",
)  # fmt: skip
"""Names of the features, in order; an exported model holds them, so that a change is noticed."""

COLUMNS = (
    "spread_model", "spread_model_err", "psf_fwhm", "flux_kron", "flux_kron_err", "flux_iso", "peak", "flux_radius",
    "flux_radius_20", "flux_radius_90", "fwhm", "a", "b", "kron_radius", "npix", "flags",
)  # fmt: skip
"""Columns of the catalog that the features are made from."""

SPREAD_UNIT = 0.002
"""Spread that is neither small nor large: models of the PSF are about that good."""

INCOMPLETE = SourceFlag.EDGE | SourceFlag.APERTURE_INCOMPLETE | SourceFlag.BAD_PIXELS | SourceFlag.LARGER_THAN_HALO


def measure_features(catalog: Catalog) -> Float[np.ndarray, "source feature"]:
    """Turn the columns of a catalog into the features of ``FEATURES``.

    Parameters
    ----------
    catalog : Catalog
        From our own extraction.

    Returns
    -------
    ndarray, shape (source, feature)
        Lengths are in units of the local PSF's width, fluxes in units of one another, all of them as logarithms;
        spreads as inverse hyperbolic sines. A whole row is NaN where a source cannot be judged: no PSF, no positive
        flux, a degenerate size, or saturated.

    Raises
    ------
    ValueError
        If a column is missing.
    """
    missing = [name for name in COLUMNS if name not in catalog.names]
    if missing:
        raise ValueError(f"catalog: columns {', '.join(missing)} are missing; give a catalog of skysieve run")
    c = {name: catalog[name].astype(float) for name in COLUMNS}
    flags = catalog["flags"].astype(np.int64)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        values = [
            np.arcsinh(c["spread_model"] / SPREAD_UNIT),
            np.arcsinh(c["spread_model"] / c["spread_model_err"]),
            np.log(c["spread_model_err"]),
            measure_log_snr(catalog),
            np.log(c["flux_radius"] / c["psf_fwhm"]),
            np.log(c["flux_radius_90"] / c["flux_radius_20"]),
            np.log(c["fwhm"] / c["psf_fwhm"]),
            np.log(c["a"] / c["psf_fwhm"]),
            np.log(np.maximum(c["b"], 0.1) / c["psf_fwhm"]),
            np.log(c["kron_radius"] * c["a"] / c["psf_fwhm"]),
            np.log(c["peak"] * c["psf_fwhm"] ** 2 / c["flux_kron"]),
            np.log(np.maximum(c["flux_iso"] / c["flux_kron"], 0.1)),
            np.log(c["npix"] / c["psf_fwhm"] ** 2),
            np.log(c["psf_fwhm"]),
            (flags & int(SourceFlag.BLENDED)) > 0,
            (flags & int(SourceFlag.CROWDED)) > 0,
            (flags & int(INCOMPLETE)) > 0,
        ]
    features = np.column_stack([np.asarray(value, float) for value in values]).reshape(len(catalog), len(FEATURES))
    features[~np.isfinite(features).all(axis=1) | ((flags & int(SourceFlag.SATURATED)) > 0)] = np.nan
    return features


def measure_log_snr(catalog: Catalog) -> Float[np.ndarray, " source"]:
    """Natural logarithm of the Kron flux over its error; NaN where either is not positive."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = catalog["flux_kron"].astype(float) / catalog["flux_kron_err"]
        return np.where(ratio > 0, np.log(np.where(ratio > 0, ratio, 1)), np.nan)

"""From measurements to the catalog: columns filled in the order of the schema."""

import json
from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float

from skysieve.extraction.background import evaluate_mesh_at
from skysieve.extraction.bands import CalibratedBand
from skysieve.extraction.footprints import Footprints
from skysieve.extraction.photometry import Photometry
from skysieve.extraction.schema import SCHEMA_VERSION, list_catalog_columns
from skysieve.extraction.sky import measure_sky_shapes
from skysieve.extraction.spread import Spread
from skysieve.records import Calibration, Catalog, Detector, SourceFlag, describe_flags, make_empty_column

IDS_PER_IMAGE = 100_000_000
"""Identifiers of image k run from k times this number, plus the source's number in the image."""


def make_catalog(
    values: Mapping[str, np.ndarray], *, bands: Sequence[str], diameters: Sequence[float], unit: str, method: str
) -> Catalog:
    """Order columns as the schema has them, fill what is missing with unknowns, cast, and attach the metadata.

    Parameters
    ----------
    values : mapping of str to ndarray
        Columns by name; at least ``id``.
    bands, diameters
        As ``list_catalog_columns`` takes them.
    unit : str
        Flux unit of the image (BUNIT), "" when unknown.
    method : str
        Name of the engine.

    Raises
    ------
    ValueError
        If a column is not in the schema.
    """
    schema = list_catalog_columns(bands, diameters)
    odd = set(values) - {column.name for column in schema}
    if odd:
        raise ValueError(f"columns {sorted(odd)} are not in the schema")
    length = len(values["id"])
    columns = {}
    for column in schema:
        given = values.get(column.name, make_empty_column(column.dtype, length))
        columns[column.name] = given if column.dtype == "str" else np.asarray(given).astype(column.dtype)
    meta = {
        "schema_version": SCHEMA_VERSION,
        "flux_unit": unit,
        "method": method,
        "bands": json.dumps(list(bands)),
        "flags": json.dumps(describe_flags(SourceFlag)),
    }
    return Catalog(schema, columns, meta)


def fill_identity(label: str, number: np.ndarray, parent: np.ndarray, *, image_index: int) -> dict[str, np.ndarray]:
    """Columns that say which source this is; ``parent`` is a number like ``number``."""
    offset = image_index * IDS_PER_IMAGE
    image = np.full(len(number), label, dtype=object)
    return {"image": image, "id": number + offset, "number": number, "parent": parent + offset}


def fill_shapes(detector: Detector, footprints: Footprints) -> dict[str, np.ndarray]:
    """Positions and shapes on the detector and on the sky."""
    f = footprints
    sky = measure_sky_shapes(
        detector.wcs, x=f.x, y=f.y, moments=(f.x2, f.y2, f.xy), errors=(f.errx2, f.erry2, f.errxy), fwhm=f.fwhm
    )
    return {
        "x": f.x, "y": f.y, "x_err": np.sqrt(f.errx2), "y_err": np.sqrt(f.erry2),
        "ra": sky.ra, "dec": sky.dec, "ra_err": sky.ra_err, "dec_err": sky.dec_err,
        "a": f.a, "b": f.b, "theta": np.degrees(f.theta), "ellipticity": 1 - f.b / f.a,
        "a_sky": sky.a, "b_sky": sky.b, "theta_sky": sky.theta, "fwhm": f.fwhm, "fwhm_sky": sky.fwhm,
        "iso0": f.iso0, "npix": f.npix,
    }  # fmt: skip


def fill_light(
    bands: Sequence[CalibratedBand], photometry: Photometry, footprints: Footprints, *, reference: int
) -> dict[str, np.ndarray]:
    """Fluxes and magnitudes: the reference band without suffix, every band with one when there are several."""
    main, band = photometry.bands[reference], bands[reference]
    at = {"x": footprints.x, "y": footprints.y}
    mag, mag_err = measure_magnitudes(main.kron, main.kron_error, band.band.calibration)
    columns = {
        "flux_radius_20": main.radii[:, 0], "flux_radius": main.radii[:, 1], "flux_radius_90": main.radii[:, 2],
        "kron_radius": photometry.kron_factor, "flux_kron": main.kron, "flux_kron_err": main.kron_error,
        "mag": mag, "mag_err": mag_err, "flux_iso": main.iso, "flux_iso_err": main.iso_error, "peak": main.peak,
        "background": evaluate_mesh_at(band.mesh.level, band.mesh, **at),
        "background_rms": evaluate_mesh_at(band.mesh.rms, band.mesh, **at),
        **_fill_circles(main.circles, main.circle_errors, ""),
    }  # fmt: skip
    if len(bands) > 1:
        for one, measured in zip(bands, photometry.bands, strict=True):
            name = one.band.name
            mag, mag_err = measure_magnitudes(measured.kron, measured.kron_error, one.band.calibration)
            columns |= {
                f"flux_kron_{name}": measured.kron, f"flux_kron_err_{name}": measured.kron_error,
                f"mag_{name}": mag, f"mag_err_{name}": mag_err, f"flags_{name}": measured.flags,
                **_fill_circles(measured.circles, measured.circle_errors, f"_{name}"),
            }  # fmt: skip
    return columns


def fill_spread(spread: Spread | None) -> dict[str, np.ndarray]:
    """How far each source spreads beyond the PSF; nothing where the method measures none."""
    if spread is None:
        return {}
    return {"spread_model": spread.value, "spread_model_err": spread.error, "psf_fwhm": spread.psf_fwhm}


def measure_magnitudes(
    flux: Float[np.ndarray, " source"], error: Float[np.ndarray, " source"], calibration: Calibration
) -> tuple[Float[np.ndarray, " source"], Float[np.ndarray, " source"]]:
    """AB magnitudes and their errors [mag]; NaN where the flux is not positive or the zeropoint unknown."""
    with np.errstate(divide="ignore", invalid="ignore"):
        positive = np.where(flux > 0, flux, np.nan)
        mag = calibration.zeropoint - 2.5 * np.log10(positive)
        mag_err = np.where(np.isfinite(mag), 2.5 / np.log(10) * error / positive, np.nan)
    return mag, mag_err


def _fill_circles(flux: np.ndarray, error: np.ndarray, suffix: str) -> dict[str, np.ndarray]:
    columns = {}
    for k in range(flux.shape[1]):
        columns[f"flux_aper{k + 1}{suffix}"] = flux[:, k]
        columns[f"flux_aper{k + 1}_err{suffix}"] = error[:, k]
    return columns

"""The SExtractor program (Bertin & Arnouts 1996) behind the same call as our own extraction."""

import math
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
from jaxtyping import Int
from scipy.ndimage import maximum_filter

from skysieve.extraction.background import evaluate_mesh
from skysieve.extraction.bands import (
    CalibratedBand,
    calibrate_band,
    combine_windows,
    measure_combined,
    share_flux_unit,
    subtract_background,
)
from skysieve.extraction.engine import extract_sources
from skysieve.extraction.finishing import Extraction, Measured
from skysieve.extraction.footprints import Footprints
from skysieve.extraction.foreign import Subtracted, flag_pixels, make_footprints, sample_mesh
from skysieve.extraction.photometry import BandPhotometry, Photometry
from skysieve.extraction.recipe import DetectionRecipe, ExtractionRecipe
from skysieve.extraction.smoothing import make_kernel
from skysieve.extraction.source_extractor_files import (
    Plane,
    ProgramOutput,
    find_program,
    find_star_network,
    list_columns,
    make_settings,
    run_program,
)
from skysieve.extraction.tiles import Tile
from skysieve.records import Band, Detector, PsfModel

USUAL_SEEING = 3.0
"""FWHM [pixel] assumed where no source tells more."""


def measure_with_source_extractor(
    detector: Detector, recipe: ExtractionRecipe, detection: DetectionRecipe, *, psf: PsfModel | None = None
) -> Measured:
    """Measure a detector image with the SExtractor program.

    Parameters
    ----------
    detector : Detector
        The image. Several bands are detected on their noise-weighted mean (the program's dual-image mode). Weight
        planes become MAP_WEIGHT; without one the noise is the program's own from place to place (BACKGROUND), or
        ours where bad pixels need a weight map anyway.
    recipe, detection
        Settings; ``detection`` is the one to use.
    psf : PsfModel, optional
        Gives the seeing on which CLASS_STAR depends; None takes it from our own extraction.

    Returns
    -------
    Measured
        The program's values in our units; ``stellarity`` is CLASS_STAR, NaN where the program came without its
        network; the PSF is ours.

    Raises
    ------
    FileNotFoundError
        If the program is not installed.
    RuntimeError
        If the program fails.
    """
    program = find_program()
    network = find_star_network(program)
    psf, seeing = _estimate_seeing(detector, recipe, psf)
    bands = tuple(share_flux_unit([calibrate_band(band, recipe.background) for band in detector.bands]))
    planes = [_make_plane(band, detector.shape) for band in bands]
    first = () if len(bands) == 1 else (_combine(bands, recipe, detector.shape),)
    columns = list_columns(recipe.photometry.diameters, network=network)
    outputs = []
    for band, plane in zip(bands, planes, strict=True):
        with tempfile.TemporaryDirectory(prefix="skysieve-") as name:
            settings = make_settings(
                Path(name), recipe, detection=detection, calibration=band.band.calibration, shape=detector.shape,
                seeing=seeing, network=network,
            )  # fmt: skip
            try:
                outputs.append(run_program(program, Path(name), (*first, plane), settings=settings, columns=columns))
            except RuntimeError as error:
                raise RuntimeError(f"{detector.label}: {error}") from None
    return _convert(detector, bands, outputs, recipe=recipe, psf=psf)


def _estimate_seeing(
    detector: Detector, recipe: ExtractionRecipe, psf: PsfModel | None
) -> tuple[PsfModel | None, float]:
    """Return the PSF and the FWHM of stars [pixel], from our own extraction where no PSF is given."""
    if psf is not None:
        return psf, psf.fwhm
    ours: Extraction = extract_sources(detector, recipe)
    if ours.psf is not None:
        return ours.psf, ours.psf.fwhm
    return None, float(np.median(ours.catalog["fwhm"])) if len(ours.catalog) else USUAL_SEEING


def _make_plane(band: CalibratedBand, shape: tuple[int, int]) -> Plane:
    """Pixels of a band, with weights where the noise varies or pixels are bad."""
    if band.band.variance is None and not band.bad.any():
        return Plane(band.band.data, None)
    whole = _cover(shape)
    if band.band.variance is None:
        rows, columns = whole.window
        variance = np.square(evaluate_mesh(band.mesh.rms, band.mesh, rows=rows, columns=columns))
    else:
        variance = band.band.variance
    good = ~band.bad & (variance > 0)
    return Plane(band.band.data, np.where(good, 1 / np.where(good, variance, 1), 0).astype(np.float32))


def _combine(bands: tuple[CalibratedBand, ...], recipe: ExtractionRecipe, shape: tuple[int, int]) -> Plane:
    """Noise-weighted mean of the bands, as our own detection sees it."""
    whole = _cover(shape)
    usable = [band for band in bands if band.mesh.median_rms > 0]
    mesh = measure_combined(usable, recipe.background)
    window = combine_windows([subtract_background(band, whole) for band in usable], mesh)
    sigma = window.noise.rows(0, shape[0])
    good = ~window.bad & (sigma > 0)
    return Plane(window.data, np.where(good, 1 / np.square(np.where(good, sigma, 1)), 0).astype(np.float32))


def _cover(shape: tuple[int, int]) -> Tile:
    both = (slice(0, shape[0]), slice(0, shape[1]))
    return Tile(both, both, shape)


def _convert(
    detector: Detector,
    bands: tuple[CalibratedBand, ...],
    outputs: list[ProgramOutput],
    *,
    recipe: ExtractionRecipe,
    psf: PsfModel | None,
) -> Measured:
    """Turn the program's tables, one a band, into our records."""
    main = outputs[detector.reference]
    several = len(bands) > 1
    seen = [_see(band, output, recipe, several=several) for band, output in zip(bands, outputs, strict=True)]
    footprints = _describe(main.table, main.labels)
    light = tuple(
        _convert_light(one, footprints, output, diameters=len(recipe.photometry.diameters))
        for one, output in zip(seen, outputs, strict=True)
    )
    flags = np.bitwise_or.reduce([footprints.flags, *(one.flags for one in light)], axis=0)
    count = len(footprints)
    known = "CLASS_STAR" in (main.table.dtype.names or ())
    stellarity = _column(main.table, "CLASS_STAR") if known else np.full(count, np.nan)
    photometry = Photometry(_column(main.table, "KRON_RADIUS"), light)
    return Measured(tuple(one.describe() for one in seen), footprints, photometry, stellarity, flags, main.labels, psf)


def _see(band: CalibratedBand, output: ProgramOutput, recipe: ExtractionRecipe, *, several: bool) -> Subtracted:
    """Return a band with the program's background; bad is also what its filter leaves out around our bad pixels."""
    bad = maximum_filter(band.bad, size=len(make_kernel(recipe.detection.smoothing))) if band.bad.any() else band.bad
    known = Band(band.band.name, band.band.data, bad, band.band.variance, band.band.calibration)
    mesh = sample_mesh(output.level, output.rms, recipe)
    if several:  # the noise it wrote is that of the detection image
        mesh = replace(mesh, rms=band.mesh.rms)
    return Subtracted(known, band.band.data, output.rms, mesh)


def _describe(table: np.ndarray, labels: Int[np.ndarray, "y x"]) -> Footprints:
    """Carry positions and shapes over; pixels are counted from 0 here and from 1 there."""
    values = {
        "x": _column(table, "X_IMAGE_DBL") - 1, "y": _column(table, "Y_IMAGE_DBL") - 1,
        "x2": _column(table, "X2_IMAGE"), "y2": _column(table, "Y2_IMAGE"), "xy": _column(table, "XY_IMAGE"),
        "errx2": _column(table, "ERRX2_IMAGE"), "erry2": _column(table, "ERRY2_IMAGE"),
        "errxy": _column(table, "ERRXY_IMAGE"), "a": _column(table, "A_IMAGE"), "b": _column(table, "B_IMAGE"),
        "theta": np.radians(_column(table, "THETA_IMAGE")), "fwhm": _column(table, "FWHM_IMAGE"),
        "flux": _column(table, "FLUX_ISO"), "peak": _column(table, "FLUX_MAX"),
        "threshold": _column(table, "THRESHOLD"), "iso0": table["ISO0"].astype(int),
        "peak_x": table["XPEAK_IMAGE"].astype(int) - 1, "peak_y": table["YPEAK_IMAGE"].astype(int) - 1,
        "flags": table["FLAGS"].astype(int),
    }  # fmt: skip
    return make_footprints(values, labels)


def _convert_light(
    band: Subtracted, footprints: Footprints, output: ProgramOutput, *, diameters: int
) -> BandPhotometry:
    """Carry the fluxes of one band over."""
    table = output.table
    kron, shape = _column(table, "FLUX_AUTO"), (len(table), diameters)
    circles, errors = (
        _column(table, name).reshape(shape) if diameters else np.zeros(shape) for name in ("FLUX_APER", "FLUXERR_APER")
    )
    radii = np.where(kron[:, None] > 0, _column(table, "FLUX_RADIUS"), math.nan)
    flags = flag_pixels(band, footprints, output.labels, flux=kron) | table["FLAGS"].astype(int)
    return BandPhotometry(
        kron, _column(table, "FLUXERR_AUTO"), circles, errors, _column(table, "FLUX_ISO"),
        _column(table, "FLUXERR_ISO"), _column(table, "FLUX_MAX"), radii, flags,
    )  # fmt: skip


def _column(table: np.ndarray, name: str) -> np.ndarray:
    """Return a column in native float64."""
    column: np.ndarray = table[name].astype(float)
    return column

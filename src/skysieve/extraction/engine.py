"""Our extraction of one detector image, from pixels to catalog."""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from skysieve.extraction.assemble import fill_identity, fill_light, fill_shapes, make_catalog
from skysieve.extraction.background import BackgroundMesh
from skysieve.extraction.bands import BandWindows, CalibratedBand, calibrate_band, measure_combined
from skysieve.extraction.detection import Found
from skysieve.extraction.photometry import BandPhotometry, measure_photometry
from skysieve.extraction.psf import cut_centered, evaluate_psf, fit_psf, measure_stamp_shape
from skysieve.extraction.recipe import ExtractionRecipe
from skysieve.extraction.search import search_image
from skysieve.extraction.stars import StarLocus, select_stars
from skysieve.extraction.stellarity import measure_stellarity
from skysieve.extraction.tiles import make_tiles
from skysieve.records import Catalog, Detector, ImageFlag, PsfModel, SourceFlag

SMALLEST_SIDE = 5
"""Images with a shorter side [pixel] hold no background and no source."""

SHARP = 0.6
"""Sources above 10 sigma whose half-light radius is below this many stars' are not made of light from the sky."""


@dataclass(frozen=True)
class Extraction:
    """What extraction gives for one detector image.

    ``labels`` is the segmentation map (0 = sky, else the column ``number``); ``mesh`` the background of the reference
    band, None when there was nothing to measure; ``facts`` are numbers for the row of ``images.parquet``.
    """

    catalog: Catalog
    labels: Int[np.ndarray, "y x"]
    mesh: BackgroundMesh | None
    psf: PsfModel | None
    flags: ImageFlag
    messages: tuple[str, ...]
    facts: dict[str, float]


def extract_sources(detector: Detector, recipe: ExtractionRecipe, *, image_index: int = 0) -> Extraction:
    """Find and measure all sources of a detector image.

    Parameters
    ----------
    detector : Detector
        Pixels, calibration and world coordinates; bad pixels are marked, never NaN.
    recipe : ExtractionRecipe
        Everything that decides the catalog, but for ``method``.
    image_index : int, optional
        Position of the image in the run, from which the ids are made.

    Returns
    -------
    Extraction
        With an empty catalog, a flag and a message when the image is too small, all bad or constant.
    """
    refused = _refuse(detector)
    if refused is not None:
        return _make_empty(detector, recipe, *refused)
    bands = [calibrate_band(band, recipe.background) for band in detector.bands]
    usable = [band for band in bands if band.mesh.median_rms > 0]
    reference = bands[detector.reference]
    if not usable:
        bad = all(band.bad.all() for band in bands)
        flag, words = (
            (ImageFlag.ALL_BAD, "no usable pixel")
            if bad
            else (ImageFlag.CONSTANT, "all usable pixels have the same value")
        )
        return _make_empty(detector, recipe, flag, words)
    combined = measure_combined(usable, recipe.background) if len(usable) > 1 else None
    gain = reference.band.calibration.gain if len(bands) == 1 else math.nan
    windows = BandWindows(bands)
    found = search_image(windows if len(usable) == len(bands) else BandWindows(usable), combined, recipe, gain=gain)
    return _measure(detector, windows, found, recipe=recipe, image_index=image_index)


def _refuse(detector: Detector) -> tuple[ImageFlag, str] | None:
    """Say why an image cannot be searched at all, if so."""
    if min(detector.shape) < SMALLEST_SIDE:
        rows, columns = detector.shape
        return ImageFlag.TOO_SMALL, f"{columns}x{rows} pixels are too few to search"
    if all(band.bad.all() for band in detector.bands):
        return ImageFlag.ALL_BAD, "no usable pixel (all NaN, infinite or masked)"
    return None


def _make_empty(detector: Detector, recipe: ExtractionRecipe, flag: ImageFlag, words: str) -> Extraction:
    """Return the extraction of an image without sources."""
    empty = {"id": np.zeros(0, int), "image": np.zeros(0, object)}
    catalog = _finish(detector, recipe, empty)
    flags = detector.flags | flag | ImageFlag.NO_SOURCES
    messages = (*detector.messages, f"{detector.label}: {words}")
    return Extraction(catalog, np.zeros(detector.shape, np.int32), None, None, flags, messages, {"n_sources": 0})


def _finish(detector: Detector, recipe: ExtractionRecipe, values: dict[str, np.ndarray]) -> Catalog:
    return make_catalog(
        values,
        bands=[band.name for band in detector.bands],
        diameters=recipe.photometry.diameters,
        unit=detector.bands[detector.reference].calibration.unit,
        method="skysieve",
    )


def _measure(
    detector: Detector, windows: BandWindows, found: Found, *, recipe: ExtractionRecipe, image_index: int
) -> Extraction:
    """Measure what was found and put the catalog together."""
    reference, bands = detector.reference, windows.bands
    footprints = found.footprints
    photometry = measure_photometry(windows, found, recipe, reference=reference)
    main = photometry.bands[reference]
    flags = footprints.flags | np.bitwise_or.reduce([band.flags for band in photometry.bands], axis=0)
    locus = _find_stars(detector, found, main, flags=flags, recipe=recipe)
    psf = _fit_psf(windows, found, main, locus=locus, recipe=recipe, reference=reference)
    snr = main.kron / main.kron_error
    place = {"x": footprints.x, "y": footprints.y}
    stellarity = measure_stellarity(locus, **place, radius=main.radii[:, 1], snr=snr)
    stellarity[(flags & int(SourceFlag.SATURATED)) > 0] = np.nan
    if locus is not None:
        sharp = (main.radii[:, 1] < SHARP * locus.radius(**place)) & (snr > 10)
        flags = flags | np.where(sharp, int(SourceFlag.SHARP), 0)
    flags = flags | (0 if detector.wcs is not None else int(SourceFlag.NO_WCS))
    calibrated = np.isfinite(bands[reference].band.calibration.zeropoint)
    flags = flags | (0 if calibrated else int(SourceFlag.NO_ZEROPOINT))
    values = {
        **fill_identity(detector.label, footprints.label, footprints.group, image_index=image_index),
        **fill_shapes(detector, footprints),
        **fill_light(bands, photometry, footprints, reference=reference),
        "stellarity": stellarity,
        "flags": flags,
    }
    catalog = _finish(detector, recipe, values)
    facts = _measure_facts(bands[reference], catalog, psf, recipe=recipe)
    return Extraction(
        catalog, found.labels, bands[reference].mesh, psf, detector.flags | _flag_image(catalog, psf, locus),
        detector.messages, facts,
    )  # fmt: skip


def _find_stars(
    detector: Detector, found: Found, main: BandPhotometry, *, flags: np.ndarray, recipe: ExtractionRecipe
) -> StarLocus | None:
    f = found.footprints
    with np.errstate(divide="ignore", invalid="ignore"):
        sharpness = main.peak / main.kron
    return select_stars(
        x=f.x, y=f.y, radius=main.radii[:, 1], snr=main.kron / main.kron_error, sharpness=sharpness, flags=flags,
        shape=detector.shape, recipe=recipe.psf,
    )  # fmt: skip


def _fit_psf(
    windows: BandWindows,
    found: Found,
    main: BandPhotometry,
    *,
    locus: StarLocus | None,
    recipe: ExtractionRecipe,
    reference: int,
) -> PsfModel | None:
    """Cut the stars tile by tile and fit the PSF to all of them."""
    if locus is None:
        return None
    stars = np.flatnonzero(locus.stars)
    snr = (main.kron / main.kron_error)[stars]
    stars = stars[np.argsort(-snr, kind="stable")][: recipe.psf.max_stars]
    f = found.footprints.take(stars)
    height, width = found.labels.shape
    stamps = np.full((len(stars), recipe.psf.size | 1, recipe.psf.size | 1), np.nan)
    for tile in make_tiles((height, width), size=recipe.tile, halo=recipe.halo):
        rows = np.flatnonzero(tile.owns(f.peak_y, f.peak_x))
        if len(rows):
            (y0, x0), scene = tile.origin, windows.scene(reference, tile, found.labels)
            stamps[rows] = cut_centered(scene, f.x[rows] - x0, f.y[rows] - y0, label=f.label[rows], recipe=recipe.psf)
    return fit_psf(stamps, x=f.x, y=f.y, fwhm=f.fwhm, shape=(height, width), recipe=recipe.psf)


def _flag_image(catalog: Catalog, psf: PsfModel | None, locus: StarLocus | None) -> ImageFlag:
    """Return the flags of the image that follow from its catalog."""
    flags = ImageFlag(0)
    every = int(np.bitwise_or.reduce(catalog["flags"])) if len(catalog) else 0
    if len(catalog) == 0:
        flags |= ImageFlag.NO_SOURCES
    if psf is None or locus is None:
        flags |= ImageFlag.NO_PSF
    elif psf.fwhm < 2:
        flags |= ImageFlag.UNDERSAMPLED
    if every & SourceFlag.DEBLEND_OVERFLOW:
        flags |= ImageFlag.DEBLEND_OVERFLOW
    if every & SourceFlag.BUFFER_OVERFLOW:
        flags |= ImageFlag.BUFFER_OVERFLOW
    return flags


def _measure_facts(
    band: CalibratedBand, catalog: Catalog, psf: PsfModel | None, *, recipe: ExtractionRecipe
) -> dict[str, float]:
    """Numbers that describe the image: counts, background, seeing, depth."""
    rms = band.mesh.median_rms
    facts = {"n_sources": float(len(catalog)), "background": float(np.median(band.mesh.level)), "background_rms": rms}
    if psf is not None:
        center = evaluate_psf(psf, np.array([psf.shape[1] / 2]), np.array([psf.shape[0] / 2]))[0]
        _, ellipticity, angle = measure_stamp_shape(center)
        facts |= {"fwhm": psf.fwhm, "psf_ellipticity": ellipticity, "psf_theta": angle, "n_stars": float(psf.n_stars)}
    diameter = recipe.photometry.diameters[0] if recipe.photometry.diameters else 5.0
    depth = 5 * rms * math.sqrt(math.pi * diameter**2 / 4)
    facts["limiting_flux"] = depth
    facts["limiting_mag"] = band.band.calibration.zeropoint - 2.5 * math.log10(depth)
    return {name: float(value) for name, value in facts.items()}

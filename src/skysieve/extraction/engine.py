"""Our extraction of one detector image, from pixels to catalog."""

import math
from dataclasses import replace

import numpy as np

from skysieve.extraction.bands import BandWindows, calibrate_band, measure_combined, share_flux_unit
from skysieve.extraction.detection import Found
from skysieve.extraction.empty_apertures import add_neighbors
from skysieve.extraction.finishing import (
    Extraction,
    Measured,
    finish_extraction,
    make_empty_extraction,
    refuse_detector,
)
from skysieve.extraction.footprints import GAUSSIAN_FWHM
from skysieve.extraction.forced import DEFAULT_AXIS, find_places, place_sources
from skysieve.extraction.photometry import BandPhotometry, measure_photometry
from skysieve.extraction.positions import center_sources
from skysieve.extraction.psf import adopt_psf, cut_centered, fit_psf
from skysieve.extraction.recipe import ExtractionRecipe
from skysieve.extraction.schema import INPUT_ID
from skysieve.extraction.search import search_image
from skysieve.extraction.second_look import look_again
from skysieve.extraction.spread import measure_spread
from skysieve.extraction.stars import StarLocus, find_locus, select_stars
from skysieve.extraction.stellarity import measure_stellarity
from skysieve.extraction.tiles import make_tiles
from skysieve.records import Catalog, Detector, ImageFlag, PsfModel, SourceFlag

SHARP = 0.6
"""Sources above 10 sigma whose half-light radius is below this many stars' are not made of light from the sky."""

PEAKED = 2.0
"""Nor are tracks of cosmic rays, whose highest pixel holds more than this many times the sharpest stars' share."""


def extract_sources(
    detector: Detector,
    recipe: ExtractionRecipe,
    *,
    image_index: int = 0,
    psf: PsfModel | None = None,
    positions: Catalog | None = None,
) -> Extraction:
    """Find and measure all sources of a detector image.

    Parameters
    ----------
    detector, image_index, psf
        As ``extract`` takes them.
    recipe : ExtractionRecipe
        Everything that decides the catalog; its ``method`` is not looked at, see ``extract``.
    positions : Catalog, optional
        Measure at its sources instead of searching (see ``find_places``); the catalog then has a column ``input_id``.

    Returns
    -------
    Extraction
        With an empty catalog, a flag and a message when the image is too small, all bad or constant.

    Raises
    ------
    ValueError
        If the given PSF varies over a detector of another shape, or ``positions`` lack the columns of a position.
    """
    recipe = replace(recipe, method="skysieve")
    refused = refuse_detector(detector)
    if refused is not None:
        return make_empty_extraction(detector, recipe, refused[0], words=refused[1])
    bands = share_flux_unit([calibrate_band(band, recipe.background) for band in detector.bands])
    usable = [band for band in bands if band.mesh.median_rms > 0]
    reference = bands[detector.reference]
    if not usable:
        bad = all(band.bad.all() for band in bands)
        flag, words = (
            (ImageFlag.ALL_BAD, "no usable pixel")
            if bad
            else (ImageFlag.CONSTANT, "all usable pixels have the same value")
        )
        return make_empty_extraction(detector, recipe, flag, words=words)
    combined = measure_combined(usable, recipe.background) if len(usable) > 1 else None
    gain = reference.band.calibration.gain if len(bands) == 1 else math.nan
    windows = BandWindows(bands)
    searched = windows if len(usable) == len(bands) else BandWindows(usable)
    psf = None if psf is None else adopt_psf(psf, detector.shape)
    if positions is None:
        found = search_image(searched, combined, recipe, gain=gain)
        windows = _look_again(detector, windows, found, recipe=recipe)
        if recipe.photometry.positions == "windowed":
            found = center_sources(windows, found, recipe, reference=detector.reference)
        measured = _measure(detector, windows, found, recipe=recipe, psf=psf)
        return finish_extraction(detector, recipe, measured, image_index=image_index)
    places = find_places(positions, detector, axis=DEFAULT_AXIS if psf is None else psf.fwhm / GAUSSIAN_FWHM)
    found = place_sources(searched, combined, recipe, places=places, gain=gain)
    windows = _look_again(detector, windows, found, recipe=recipe)
    measured = _measure(detector, windows, found, recipe=recipe, psf=psf)
    extraction = finish_extraction(detector, recipe, measured, image_index=image_index)
    return replace(extraction, catalog=extraction.catalog.with_column(INPUT_ID, places.input_id))


def _look_again(detector: Detector, windows: BandWindows, found: Found, *, recipe: ExtractionRecipe) -> BandWindows:
    """Measure background and noise between the sources, if that is wanted."""
    if not recipe.background.second_look:
        return windows
    bare = look_again(windows.bands, found.footprints, recipe.background, reference=detector.reference)
    again = BandWindows(bare)
    growths = [add_neighbors(again, found.labels, found.footprints, index=index) for index in range(len(bare))]
    return BandWindows([replace(band, growth=growth) for band, growth in zip(bare, growths, strict=True)])


def _measure(
    detector: Detector, windows: BandWindows, found: Found, *, recipe: ExtractionRecipe, psf: PsfModel | None
) -> Measured:
    """Measure what was found."""
    reference, bands = detector.reference, windows.bands
    footprints = found.footprints
    photometry = measure_photometry(windows, found, recipe, reference=reference)
    main = photometry.bands[reference]
    flags = footprints.flags | np.bitwise_or.reduce([band.flags for band in photometry.bands], axis=0)
    if psf is None:
        locus = _find_stars(detector, found, main, flags=flags, recipe=recipe)
    else:
        locus = find_locus(psf, len(footprints))
    psf = psf or _fit_psf(windows, found, main, locus=locus, recipe=recipe, reference=reference)
    snr = main.kron / main.kron_error
    place = {"x": footprints.x, "y": footprints.y}
    stellarity = measure_stellarity(locus, **place, radius=main.radii[:, 1], snr=snr)
    stellarity[(flags & int(SourceFlag.SATURATED)) > 0] = np.nan
    if locus is not None:
        sharp = _find_sharp(locus, main, locus.radius(**place)) & (snr > 10)
        flags = flags | np.where(sharp, int(SourceFlag.SHARP), 0)
    spread = measure_spread(windows, found, psf, recipe=recipe, reference=reference)
    return Measured(tuple(bands), footprints, photometry, stellarity, flags, found.labels, psf, spread)


def _find_sharp(locus: StarLocus, main: BandPhotometry, star_radius: np.ndarray) -> np.ndarray:
    """Tell which sources are smaller or more peaked than any star."""
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(main.kron > 0, main.peak / main.kron, 0)
    peaked: np.ndarray = share > PEAKED * locus.sharpness
    return peaked | (main.radii[:, 1] < SHARP * star_radius)


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

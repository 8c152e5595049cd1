"""photutils in the order its user guide teaches: Background2D, detect_sources, deblend_sources, SourceCatalog."""

import warnings
from typing import Any

import numpy as np
from jaxtyping import Int

from skysieve.extraction.finishing import Measured
from skysieve.extraction.footprints import Footprints
from skysieve.extraction.foreign import (
    Subtracted,
    combine_bands,
    flag_pixels,
    limit_kron,
    make_footprints,
    sample_mesh,
)
from skysieve.extraction.photometry import LIGHT_FRACTIONS, BandPhotometry, Photometry
from skysieve.extraction.recipe import DetectionRecipe, ExtractionRecipe
from skysieve.extraction.smoothing import make_kernel, smooth
from skysieve.records import Band, Detector, SourceFlag


def measure_with_photutils(detector: Detector, recipe: ExtractionRecipe, detection: DetectionRecipe) -> Measured:
    """Measure a detector image with photutils.

    Parameters
    ----------
    detector : Detector
        The image; several bands are detected on their noise-weighted mean.
    recipe, detection
        Settings; ``detection`` is the one to use. photutils does not clean, so ``clean`` has no effect.

    Returns
    -------
    Measured
        Without stellarity, position errors, isophotal area at level 0 and PSF, which photutils does not give.

    Raises
    ------
    ImportError
        If photutils is not installed, or too old.
    """
    _check_installed()
    with warnings.catch_warnings():  # photutils warns of no sources, and of what it cannot measure; the rows say so
        warnings.simplefilter("ignore")
        bands = tuple(_subtract(band, recipe) for band in detector.bands)
        labels, filtered = _detect(bands, detection)
        catalogs = [_make_catalog(band, labels, filtered, recipe=recipe) for band in bands] if labels.any() else []
        return _measure(detector, bands, labels, catalogs=catalogs, recipe=recipe)


def _check_installed() -> None:
    try:
        from photutils.segmentation import SourceCatalog  # noqa: PLC0415
    except ImportError:
        raise ImportError("the method photutils needs the package: pip install skysieve[photutils]") from None
    if "flux_radius" not in dir(SourceCatalog):
        raise ImportError("the method photutils needs version 3 or later: pip install skysieve[photutils]")


def _subtract(band: Band, recipe: ExtractionRecipe) -> Subtracted:
    """Subtract photutils' background; the noise is the weight plane's where there is one, else the background's."""
    from photutils.background import Background2D  # noqa: PLC0415

    cell = tuple(min(recipe.background.mesh, side) for side in band.data.shape)
    background = Background2D(
        band.data, cell, mask=band.bad, filter_size=recipe.background.filter | 1, exclude_percentile=90
    )
    level, rms = (np.asarray(plane, np.float32) for plane in (background.background, background.background_rms))
    data = np.where(band.bad, np.float32(0), band.data - level)
    noise = rms if band.variance is None else np.sqrt(band.variance)
    return Subtracted(band, data, noise, sample_mesh(level, rms, recipe))


def _detect(bands: tuple[Subtracted, ...], detection: DetectionRecipe) -> tuple[Int[np.ndarray, "y x"], np.ndarray]:
    """Label the sources of the mean of the bands 1..n; also return the filtered mean."""
    from photutils.segmentation import deblend_sources, detect_sources  # noqa: PLC0415

    image, noise, bad = combine_bands(bands)
    filtered = smooth(image, make_kernel(detection.smoothing))
    found = detect_sources(filtered, detection.threshold * noise, detection.min_area, mask=bad)
    if found is None:
        return np.zeros(image.shape, np.int32), filtered
    split = deblend_sources(
        filtered, found, detection.min_area, n_levels=detection.levels, contrast=detection.contrast,
        progress_bar=False,
    )  # fmt: skip
    split.relabel_consecutive()
    return split.data.astype(np.int32), filtered


def _make_catalog(
    band: Subtracted, labels: Int[np.ndarray, "y x"], filtered: np.ndarray, *, recipe: ExtractionRecipe
) -> Any:
    """Set up photutils' catalog of one band; its columns are computed when asked for."""
    from photutils.segmentation import SegmentationImage, SourceCatalog  # noqa: PLC0415

    gain, p = band.band.calibration.gain, recipe.photometry
    poisson = np.maximum(band.data, 0) / np.float32(gain) if np.isfinite(gain) else np.float32(0)
    return SourceCatalog(
        band.data, SegmentationImage(labels), convolved_data=filtered, error=np.sqrt(np.square(band.rms) + poisson),
        mask=band.band.bad, kron_params=(p.kron_factor, p.kron_minimum / p.kron_factor, 0.0),
    )  # fmt: skip


def _measure(
    detector: Detector, bands: tuple[Subtracted, ...], labels: Int[np.ndarray, "y x"], *, catalogs: list[Any],
    recipe: ExtractionRecipe,
) -> Measured:  # fmt: skip
    """Read the catalogs out."""
    described = tuple(band.describe() for band in bands)
    footprints = _describe(catalogs[detector.reference] if catalogs else None, labels)
    main = catalogs[detector.reference] if catalogs else None
    factor = limit_kron(_read(main, "kron_radius"), recipe)
    light = tuple(
        _measure_light(band, footprints, labels, catalog=catalog, recipe=recipe)
        for band, catalog in zip(bands, catalogs or [None] * len(bands), strict=True)
    )
    flags = np.bitwise_or.reduce([footprints.flags, *(one.flags for one in light)], axis=0)
    return Measured(
        described, footprints, Photometry(factor, light), np.full(len(footprints), np.nan), flags, labels
    )  # fmt: skip


def _read(catalog: Any, name: str) -> np.ndarray:
    """Return a column as plain numbers; of no catalog, an empty one."""
    if catalog is None:
        return np.zeros(0)
    column = getattr(catalog, name)
    return np.atleast_1d(np.asarray(getattr(column, "value", column), float))


def _describe(catalog: Any, labels: Int[np.ndarray, "y x"]) -> Footprints:
    """Carry positions and shapes over."""
    values = {
        "x": _read(catalog, "x_centroid"), "y": _read(catalog, "y_centroid"),
        "x2": _read(catalog, "covariance_xx"), "y2": _read(catalog, "covariance_yy"),
        "xy": _read(catalog, "covariance_xy"), "a": _read(catalog, "semimajor_axis"),
        "b": _read(catalog, "semiminor_axis"), "theta": np.radians(_read(catalog, "orientation")),
        "fwhm": _read(catalog, "fwhm"), "flux": _read(catalog, "segment_flux"),
        "peak": _read(catalog, "max_value"), "peak_x": _read(catalog, "max_value_xindex").astype(int),
        "peak_y": _read(catalog, "max_value_yindex").astype(int),
    }  # fmt: skip
    footprints = make_footprints(values, labels)
    shared = np.bincount(footprints.group, minlength=len(footprints) + 1)[footprints.group] > 1
    footprints.flags[shared] |= int(SourceFlag.BLENDED)
    return footprints


def _measure_light(
    band: Subtracted, footprints: Footprints, labels: Int[np.ndarray, "y x"], *, catalog: Any, recipe: ExtractionRecipe
) -> BandPhotometry:
    """Carry the fluxes of one band over."""
    count, diameters = len(footprints), recipe.photometry.diameters
    kron = _read(catalog, "kron_flux")
    circles, radii = np.zeros((len(diameters), 2, count)), np.zeros((len(LIGHT_FRACTIONS), count))
    if catalog is not None:
        for place, diameter in enumerate(diameters):
            circles[place] = [np.atleast_1d(part) for part in catalog.circular_photometry(diameter / 2)]
        for place, fraction in enumerate(LIGHT_FRACTIONS):
            radius = catalog.flux_radius(fraction)
            radii[place] = getattr(radius, "value", radius)
    return BandPhotometry(
        kron=kron,
        kron_error=_read(catalog, "kron_flux_err"),
        circles=circles[:, 0].T,
        circle_errors=circles[:, 1].T,
        iso=_read(catalog, "segment_flux"),
        iso_error=_read(catalog, "segment_flux_err"),
        peak=_read(catalog, "max_value"),
        radii=radii.T,
        flags=flag_pixels(band, footprints, labels, flux=kron),
    )

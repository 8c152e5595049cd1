"""Plain sep, used as its own documentation teaches: the baseline that costs a dozen lines to write.

https://sep.readthedocs.io: Background, extract, kron_radius, sum_ellipse, sum_circle, flux_radius; no care for
neighbors in the apertures.
"""

import numpy as np
import sep

from skysieve.extraction.finishing import Measured
from skysieve.extraction.footprints import GAUSSIAN_FWHM, Footprints
from skysieve.extraction.foreign import (
    Subtracted,
    choose_gain,
    combine_bands,
    flag_pixels,
    limit_kron,
    make_footprints,
    sample_mesh,
    sum_footprints,
)
from skysieve.extraction.photometry import LIGHT_FRACTIONS, BandPhotometry, Photometry
from skysieve.extraction.recipe import DetectionRecipe, ExtractionRecipe
from skysieve.extraction.smoothing import make_kernel
from skysieve.records import Band, Detector, SourceFlag

SUB_OBJECTS = 8192
"""Sub-objects that a level of sep's deblending may hold here; its default of 1024 fails on crowded fields."""

OBJECT_FLAGS = {
    sep.OBJ_MERGED: SourceFlag.BLENDED,
    sep.OBJ_TRUNC: SourceFlag.EDGE,
    sep.OBJ_DOVERFLOW: SourceFlag.DEBLEND_OVERFLOW,
    sep.OBJ_SINGU: SourceFlag.ISOPHOTE_INCOMPLETE,
}
"""What sep's object flags are called here."""


def measure_with_sep(detector: Detector, recipe: ExtractionRecipe, detection: DetectionRecipe) -> Measured:
    """Measure a detector image with plain sep.

    Parameters
    ----------
    detector : Detector
        The image; several bands are detected on their noise-weighted mean.
    recipe, detection
        Settings; ``detection`` is the one to use.

    Returns
    -------
    Measured
        Without stellarity and PSF, which sep does not give; the width is that of a Gaussian of the same moments.

    Raises
    ------
    RuntimeError
        If sep's buffers overflow.
    """
    bands = tuple(_subtract(band, recipe) for band in detector.bands)
    footprints, labels = _detect(bands, detection, detector.label)
    reference = bands[detector.reference]
    radius, failed = _measure_kron(reference, footprints)
    factor = limit_kron(radius, recipe)
    light = tuple(_measure_light(band, footprints, factor=factor, labels=labels, recipe=recipe) for band in bands)
    flags = np.bitwise_or.reduce([footprints.flags, *(one.flags for one in light)], axis=0)
    flags |= np.where(failed, int(SourceFlag.KRON_FALLBACK), 0)
    nothing = np.full(len(footprints), np.nan)
    described = tuple(band.describe() for band in bands)
    return Measured(described, footprints, Photometry(factor, light), nothing, flags, labels)


def _subtract(band: Band, recipe: ExtractionRecipe) -> Subtracted:
    """Subtract sep's background; the noise is the weight plane's where there is one, else the background's."""
    cell, width = recipe.background.mesh, recipe.background.filter
    background = sep.Background(band.data, mask=band.bad, bw=cell, bh=cell, fw=width, fh=width)
    level, rms = background.back(), background.rms()
    mesh = sample_mesh(level, rms, recipe)
    data = np.where(band.bad, np.float32(0), band.data - level)
    return Subtracted(band, data, rms if band.variance is None else np.sqrt(band.variance), mesh)


def _detect(bands: tuple[Subtracted, ...], detection: DetectionRecipe, name: str) -> tuple[Footprints, np.ndarray]:
    """Extract from the mean of the bands."""
    image, noise, bad = combine_bands(bands)
    kernel = make_kernel(detection.smoothing)
    sep.set_extract_pixstack(max(300_000, image.size // 4))
    sep.set_sub_object_limit(SUB_OBJECTS)
    try:
        objects, labels = sep.extract(
            image,
            detection.threshold,
            err=noise,
            mask=bad,
            gain=choose_gain(bands),
            minarea=detection.min_area,
            filter_kernel=np.outer(kernel, kernel).astype(np.float32),
            filter_type="conv",  # as SExtractor; "matched" gives the threshold another meaning
            deblend_nthresh=detection.levels,
            deblend_cont=detection.contrast,
            clean=detection.clean > 0,
            clean_param=detection.clean or 1.0,
            segmentation_map=True,
        )
    except Exception as error:  # noqa: BLE001 - sep raises plain Exception
        raise RuntimeError(f"{name}: sep gave up ({error}); use the method skysieve") from None
    return _describe(objects, labels), labels


def _describe(objects: np.ndarray, labels: np.ndarray) -> Footprints:
    """Carry sep's table of objects over."""
    flags = np.zeros(len(objects), int)
    for bit, meaning in OBJECT_FLAGS.items():
        flags |= np.where(objects["flag"] & bit, int(meaning), 0)
    same = ("x", "y", "x2", "y2", "xy", "errx2", "erry2", "errxy", "a", "b", "theta", "flux", "peak")
    values = {name: objects[name].astype(float) for name in same}
    values |= {
        "iso0": objects["tnpix"].astype(int), "fwhm": GAUSSIAN_FWHM * np.sqrt((objects["x2"] + objects["y2"]) / 2),
        "filtered_peak": objects["cpeak"].astype(float), "threshold": objects["thresh"].astype(float),
        "peak_x": objects["xcpeak"].astype(int), "peak_y": objects["ycpeak"].astype(int), "flags": flags,
    }  # fmt: skip
    return make_footprints(values, labels)


def _shape(footprints: Footprints) -> tuple[np.ndarray, ...]:
    """Position, semi-axes and angle as sep's functions take them."""
    f = footprints
    return f.x, f.y, f.a, np.maximum(f.b, 1e-3), np.clip(f.theta, -np.pi / 2, np.pi / 2)


def _measure_kron(reference: Subtracted, footprints: Footprints) -> tuple[np.ndarray, np.ndarray]:
    radius, _ = sep.kron_radius(reference.data, *_shape(footprints), 6.0, mask=reference.band.bad)
    return radius, ~(radius > 0)


def _measure_light(
    band: Subtracted, footprints: Footprints, *, factor: np.ndarray, labels: np.ndarray, recipe: ExtractionRecipe
) -> BandPhotometry:
    """Measure one band in the apertures of the reference band."""
    settings = {"err": band.rms, "mask": band.band.bad, "gain": choose_gain((band,))}
    kron, error, clipped = sep.sum_ellipse(band.data, *_shape(footprints), factor, **settings, subpix=1)
    circles = [
        sep.sum_circle(band.data, footprints.x, footprints.y, diameter / 2, **settings)[:2]
        for diameter in recipe.photometry.diameters
    ]
    positive = np.where(kron > 0, kron, 1.0)
    radii, _ = sep.flux_radius(
        band.data, footprints.x, footprints.y, 6.0 * footprints.a, LIGHT_FRACTIONS, normflux=positive, subpix=5
    )
    radii = np.where(kron[:, None] > 0, radii.reshape(len(kron), len(LIGHT_FRACTIONS)), np.nan)
    flags = flag_pixels(band, footprints, labels, flux=kron)
    flags |= np.where(clipped & sep.APER_TRUNC, int(SourceFlag.APERTURE_INCOMPLETE), 0)
    iso, iso_error, peak = sum_footprints(band, labels, len(footprints))
    columns = np.reshape(circles, (len(circles), 2, len(kron)))
    return BandPhotometry(kron, error, columns[:, 0].T, columns[:, 1].T, iso, iso_error, peak, radii, flags)

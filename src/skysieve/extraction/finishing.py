"""The end of every method: what was measured becomes flags, columns and facts; or a reason why there are none."""

import math
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float, Int

from skysieve.extraction.assemble import fill_identity, fill_light, fill_shapes, fill_spread, make_catalog
from skysieve.extraction.background import BackgroundMesh
from skysieve.extraction.bands import CalibratedBand
from skysieve.extraction.footprints import Footprints
from skysieve.extraction.photometry import Photometry
from skysieve.extraction.psf import evaluate_psf, measure_stamp_shape
from skysieve.extraction.recipe import ExtractionRecipe
from skysieve.extraction.spread import Spread
from skysieve.records import Catalog, Detector, ImageFlag, PsfModel, SourceFlag

SMALLEST_SIDE = 5
"""Images with a shorter side [pixel] hold no background and no source."""


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


@dataclass(frozen=True)
class Measured:
    """All that a method measured, before it becomes columns; rows of ``footprints`` and ``photometry`` agree.

    ``flags`` are bits of SourceFlag, complete but for what the calibration lacks; ``spread`` is None where the method
    measures none.
    """

    bands: tuple[CalibratedBand, ...]
    footprints: Footprints
    photometry: Photometry
    stellarity: Float[np.ndarray, " source"]
    flags: Int[np.ndarray, " source"]
    labels: Int[np.ndarray, "y x"]
    psf: PsfModel | None = None
    spread: Spread | None = None

    def take(self, rows: np.ndarray) -> "Measured":
        """Return the sources of an index array; the segmentation map keeps all."""
        return replace(
            self,
            footprints=self.footprints.take(rows),
            photometry=self.photometry.take(rows),
            stellarity=self.stellarity[rows],
            flags=self.flags[rows],
            spread=None if self.spread is None else self.spread.take(rows),
        )


def refuse_detector(detector: Detector) -> tuple[ImageFlag, str] | None:
    """Say why an image cannot be searched at all, if so."""
    if min(detector.shape) < SMALLEST_SIDE:
        rows, columns = detector.shape
        return ImageFlag.TOO_SMALL, f"{columns}x{rows} pixels are too few to search"
    if all(band.bad.all() for band in detector.bands):
        return ImageFlag.ALL_BAD, "no usable pixel (all NaN, infinite or masked)"
    return None


def make_empty_extraction(detector: Detector, recipe: ExtractionRecipe, flag: ImageFlag, *, words: str) -> Extraction:
    """Return the extraction of an image without sources, for the reason that a flag and some words give."""
    empty = {"id": np.zeros(0, int), "image": np.zeros(0, object)}
    catalog = _make_catalog(detector, recipe, empty)
    flags = detector.flags | flag | ImageFlag.NO_SOURCES
    messages = (*detector.messages, f"{detector.label}: {words}")
    return Extraction(catalog, np.zeros(detector.shape, np.int32), None, None, flags, messages, {"n_sources": 0.0})


def finish_extraction(
    detector: Detector, recipe: ExtractionRecipe, measured: Measured, *, image_index: int
) -> Extraction:
    """Put the catalog, the flags of the image and its facts together.

    Parameters
    ----------
    detector : Detector
        The image.
    recipe : ExtractionRecipe
        Its ``method`` is named in the catalog.
    measured : Measured
        What the method measured; no rows give an empty catalog and the flag NO_SOURCES.
    image_index : int
        Position of the image in the run, from which the ids are made.
    """
    footprints, reference = measured.footprints, measured.bands[detector.reference]
    missing = SourceFlag(0) if detector.wcs is not None else SourceFlag.NO_WCS
    if not np.isfinite(reference.band.calibration.zeropoint):
        missing |= SourceFlag.NO_ZEROPOINT
    values = {
        **fill_identity(detector.label, footprints.label, footprints.group, image_index=image_index),
        **fill_shapes(detector, footprints),
        **fill_light(measured.bands, measured.photometry, footprints, reference=detector.reference),
        **fill_spread(measured.spread),
        "stellarity": measured.stellarity,
        "flags": measured.flags | int(missing),
    }
    catalog = _make_catalog(detector, recipe, values)
    return Extraction(
        catalog, measured.labels, reference.mesh, measured.psf,
        detector.flags | _flag_image(catalog, measured.psf), detector.messages,
        _measure_facts(reference, catalog, measured.psf, recipe=recipe),
    )  # fmt: skip


def _make_catalog(detector: Detector, recipe: ExtractionRecipe, values: dict[str, np.ndarray]) -> Catalog:
    return make_catalog(
        values,
        bands=[band.name for band in detector.bands],
        diameters=recipe.photometry.diameters,
        unit=detector.bands[detector.reference].calibration.unit,
        method=recipe.method,
    )


def _flag_image(catalog: Catalog, psf: PsfModel | None) -> ImageFlag:
    """Return the flags of the image that follow from its catalog."""
    flags = ImageFlag(0)
    every = int(np.bitwise_or.reduce(catalog["flags"])) if len(catalog) else 0
    if len(catalog) == 0:
        flags |= ImageFlag.NO_SOURCES
    if psf is None:
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
        facts |= {"fwhm": psf.fwhm, "ellipticity": ellipticity, "psf_theta": angle, "n_stars": float(psf.n_stars)}
    diameter = recipe.photometry.diameters[0] if recipe.photometry.diameters else 5.0
    depth = 5 * rms * math.sqrt(math.pi * diameter**2 / 4)
    facts["limiting_flux"] = depth
    facts["limiting_mag"] = band.band.calibration.zeropoint - 2.5 * math.log10(depth) if depth > 0 else math.nan
    return {name: float(value) for name, value in facts.items()}

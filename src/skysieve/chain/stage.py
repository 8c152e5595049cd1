"""The stage of a run that works on one detector: read, extract, write its products, report facts."""

import errno
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from skysieve.chain.judging import judge_extraction
from skysieve.chain.recipe import ChainRecipe
from skysieve.execution import Product, make_product
from skysieve.extraction import Extraction, extract
from skysieve.io.catalogs import write_catalog
from skysieve.io.exposures import measure_local_scale, read_detector
from skysieve.io.products import SegmentationPlane, write_segmentation
from skysieve.io.psf import write_psf
from skysieve.records import Catalog, Detector, DetectorAddress, ImageFlag, PsfModel
from skysieve.report import draw_preview, write_preview

PARTS = "parts"
CATALOG, SEGMENTATION, PREVIEW, PSF = "catalog.parquet", "segmentation.fits", "preview.zip", "psf.fits"


@dataclass(frozen=True)
class Work:
    """One item of a run: which detector, at which place, under which name its files are written."""

    index: int
    key: str
    address: DetectorAddress
    psf: PsfModel | None
    positions: Catalog | None


def measure_detector(work: Work, *, folder: Path, recipe: ChainRecipe) -> Product:
    """Measure one detector and write its part of the run.

    Parameters
    ----------
    work : Work
        The item.
    folder : Path
        The run folder; files go to ``parts/<key>/``.
    recipe : ChainRecipe
        Settings.

    Returns
    -------
    Product
        Catalog, segmentation map, preview and PSF; only facts (flags, message) when the image could not be read.

    Raises
    ------
    OSError
        If the machine, not the image, is at fault: a full disk, a lost network drive.
    """
    address = work.address
    if not address.bands:
        return make_product(folder, [], facts=_describe_unread(address, address.flags, address.messages))
    try:
        detector = read_detector(address, recipe.input)
    except OSError as error:
        if error.errno not in {None, errno.EINVAL}:
            raise
        flags = address.flags | ImageFlag.UNREADABLE
        return make_product(folder, [], facts=_describe_unread(address, flags, (*address.messages, str(error))))
    extraction = extract(detector, recipe.extraction, image_index=work.index, psf=work.psf, positions=work.positions)
    extraction = judge_extraction(extraction, detector, recipe)
    files = _write_parts(folder / PARTS / work.key, detector, extraction)
    return make_product(folder, files, facts=_describe(detector, extraction))


def _write_parts(folder: Path, detector: Detector, extraction: Extraction) -> list[Path]:
    """Write the files of one detector."""
    paths = [folder / CATALOG, folder / SEGMENTATION, folder / PREVIEW]
    write_catalog(extraction.catalog, paths[0])
    plane = SegmentationPlane("SEGMENTATION", extraction.labels.astype(np.int32), detector.wcs)
    write_segmentation(paths[1], [plane])
    level = None if extraction.mesh is None else extraction.mesh.level
    preview = draw_preview(detector, extraction.labels, extraction.catalog, psf=extraction.psf, background=level)
    write_preview(paths[2], preview)
    if extraction.psf is not None:
        paths.append(folder / PSF)
        write_psf(paths[3], extraction.psf)
    return paths


def _describe_unread(address: DetectorAddress, flags: ImageFlag, messages: tuple[str, ...]) -> dict[str, Any]:
    return {"image": address.label, "flags": int(flags), "message": " ".join(messages), "n_sources": 0}


def _describe(detector: Detector, extraction: Extraction) -> dict[str, Any]:
    """Facts for the detector's row of ``images.parquet``."""
    calibration = detector.bands[detector.reference].calibration
    facts = dict(extraction.facts)
    scale = math.nan
    if detector.wcs is not None:
        rows, columns = detector.shape
        center = np.array([(columns - 1) / 2]), np.array([(rows - 1) / 2])
        scale = float(measure_local_scale(detector.wcs, *center)[0])
    return {
        "image": detector.label,
        "flags": int(extraction.flags),
        "message": " ".join(extraction.messages),
        "n_sources": int(facts.pop("n_sources")),
        "columns": detector.shape[1],
        "rows": detector.shape[0],
        "bands": ",".join(band.name for band in detector.bands),
        "bad_fraction": float(np.mean(detector.bands[detector.reference].bad)),
        "unit": calibration.unit,
        **{name: _finite(value) for name, value in facts.items()},
        "pixel_scale": _finite(scale),
        "fwhm_sky": _finite(facts.get("fwhm", math.nan) * scale),
        "zeropoint": _finite(calibration.zeropoint),
        "gain": _finite(calibration.gain),
        "exptime": _finite(calibration.exptime),
        "saturation": _finite(calibration.saturation),
    }


def _finite(value: float) -> float | None:
    """JSON knows no NaN."""
    return float(value) if math.isfinite(value) else None

"""The stage that the benchmark of extraction maps over detectors; in a module, so that workers can import it."""

from pathlib import Path

from skysieve.execution import Product, make_product
from skysieve.extraction import ExtractionRecipe, extract
from skysieve.io.catalogs import write_catalog
from skysieve.io.exposures import InputRecipe, read_detector
from skysieve.io.products import SegmentationPlane, write_segmentation
from skysieve.records import DetectorAddress


def extract_detector(folder: Path, address: DetectorAddress) -> Product:
    """Read a detector, extract its sources, write catalog and segmentation map."""
    detector = read_detector(address, InputRecipe())
    extraction = extract(detector, ExtractionRecipe())
    paths = [folder / f"{address.stem}.parquet", folder / f"{address.stem}.segmentation.fits"]
    write_catalog(extraction.catalog, paths[0])
    write_segmentation(paths[1], [SegmentationPlane("SEGMENTATION", extraction.labels, detector.wcs)])
    return make_product(folder, paths, facts={})

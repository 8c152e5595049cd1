"""From pixels to a catalog: background, detection, deblending, photometry, PSF, stellarity; and baselines beside it."""

from skysieve.extraction.engine import extract_sources
from skysieve.extraction.finishing import Extraction
from skysieve.extraction.methods import extract
from skysieve.extraction.psf import evaluate_psf, measure_stamp_shape
from skysieve.extraction.recipe import ExtractionRecipe
from skysieve.extraction.schema import list_catalog_columns
from skysieve.extraction.truth import measure_kron_flux

__all__ = ["Extraction", "ExtractionRecipe", "evaluate_psf", "extract", "extract_sources", "list_catalog_columns",
           "measure_kron_flux", "measure_stamp_shape"]  # fmt: skip

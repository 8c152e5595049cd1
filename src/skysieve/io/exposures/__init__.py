"""Exposures of any camera come in here: what is there, from headers; then the pixels of one detector at a time."""

from skysieve.io.exposures.listing import list_detectors
from skysieve.io.exposures.reading import read_detector
from skysieve.io.exposures.recipe import InputRecipe
from skysieve.io.exposures.worldcoords import measure_local_scale, pixel_to_sky, sky_to_pixel

__all__ = ["InputRecipe", "list_detectors", "measure_local_scale", "pixel_to_sky", "read_detector", "sky_to_pixel"]

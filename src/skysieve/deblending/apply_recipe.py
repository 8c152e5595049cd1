"""How fluxes are measured, as a recipe."""

from dataclasses import dataclass, field
from typing import Annotated

from pydantic import Field

from skysieve.config import STRICT
from skysieve.extraction import ExtractionRecipe
from skysieve.io.exposures import InputRecipe


@dataclass(frozen=True)
class ApplyRecipe:
    """How the sources of an image are told apart.

    Parameters
    ----------
    model : str
        Name of weights that ship with the package, or path of a .safetensors file.
    noise : float, optional
        Standard deviation of a pixel [image unit]; by default it is measured.
    psf : str, optional
        FITS file of the PSF; by default it is measured on the image's stars.
    images : tuple of str
        Images of the catalog's sources, where it is not in a run folder that knows them: one field, a file a band.
    extraction : ExtractionRecipe
        Of the background, the noise, and the Kron and aperture fluxes beside the deblended ones.
    input : InputRecipe
        How images are read.
    """

    __pydantic_config__ = STRICT

    model: str = "deblending"
    noise: Annotated[float, Field(gt=0)] | None = None
    psf: str | None = None
    images: tuple[str, ...] = ()
    extraction: ExtractionRecipe = field(default_factory=ExtractionRecipe)
    input: InputRecipe = field(default_factory=InputRecipe)

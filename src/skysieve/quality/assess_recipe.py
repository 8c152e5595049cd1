"""How exposures are judged, as a recipe: one for a camera."""

from dataclasses import dataclass, field
from typing import Annotated

from pydantic import Field

from skysieve.config import STRICT
from skysieve.io.exposures import InputRecipe
from skysieve.quality.cuts import CutsRecipe
from skysieve.quality.verdict_recipe import VerdictRecipe


@dataclass(frozen=True)
class UsualRecipe:
    """What is usual for the camera; what is None is found from the exposures themselves, or is not known.

    Parameters
    ----------
    seeing : float, optional
        FWHM [arcsec]; it needs world coordinates.
    fwhm : float, optional
        The same in pixels; it wins.
    sky : float, optional
        Of the usual sky [image unit a second].
    zeropoint : float, optional
        AB magnitude of one image unit a second under a clear sky.
    """

    __pydantic_config__ = STRICT

    seeing: Annotated[float, Field(gt=0)] | None = None
    fwhm: Annotated[float, Field(gt=0)] | None = None
    sky: Annotated[float, Field(gt=0)] | None = None
    zeropoint: float | None = None


@dataclass(frozen=True)
class CameraRecipe:
    """What is true of one camera only.

    Parameters
    ----------
    usual : UsualRecipe
        What it gives wins over what is said of all cameras.
    cuts : CutsRecipe, optional
        In place of those for all cameras, as a whole.
    """

    __pydantic_config__ = STRICT

    usual: UsualRecipe = field(default_factory=UsualRecipe)
    cuts: CutsRecipe | None = None


@dataclass(frozen=True)
class MosaicRecipe:
    """How the detectors of an exposure are checked.

    Parameters
    ----------
    layout : str, optional
        File of layouts that ``--learn-layout`` wrote; by default three exposures of a camera or more tell its layout.
    """

    __pydantic_config__ = STRICT

    layout: str | None = None


@dataclass(frozen=True)
class AssessRecipe:
    """How exposures are judged.

    Parameters
    ----------
    model : str
        Name of weights that ship with the package, or path of a .safetensors file.
    usual : UsualRecipe
        Of the camera.
    verdict : VerdictRecipe
        How detectors make an exposure.
    cuts : CutsRecipe
        The second opinion.
    cameras : dict of str to CameraRecipe
        By the header's INSTRUME; what is true of one camera only.
    mosaic : MosaicRecipe
        How the detectors of an exposure are checked.
    input : InputRecipe
        What headers do not say, or say wrongly.
    seed : int
        For the choice of sources.
    """

    __pydantic_config__ = STRICT

    model: str = "quality"
    usual: UsualRecipe = field(default_factory=UsualRecipe)
    verdict: VerdictRecipe = field(default_factory=VerdictRecipe)
    cuts: CutsRecipe = field(default_factory=CutsRecipe)
    cameras: dict[str, CameraRecipe] = field(default_factory=dict)
    mosaic: MosaicRecipe = field(default_factory=MosaicRecipe)
    input: InputRecipe = field(default_factory=InputRecipe)
    seed: Annotated[int, Field(ge=0)] = 0

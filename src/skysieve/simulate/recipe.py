"""What a simulated scene consists of."""

from dataclasses import dataclass, field, replace
from typing import Annotated

from pydantic import Field

from skysieve.config import STRICT
from skysieve.simulate.galaxies import GalaxyRecipe
from skysieve.simulate.psf import PsfRecipe
from skysieve.simulate.stars import StarRecipe
from skysieve.simulate.surveys import Survey, make_survey_psf, read_survey


@dataclass(frozen=True)
class SkyRecipe:
    """The background.

    Parameters
    ----------
    subtracted : bool
        Whether the mean level of the sky is taken off, as from survey stacks; its noise and gradient stay.
    gradient : float
        Difference between opposite ends of the field, as a share of the sky; its direction is drawn from the seed.
    """

    __pydantic_config__ = STRICT

    subtracted: bool = False
    gradient: Annotated[float, Field(ge=0, lt=1)] = 0.002


@dataclass(frozen=True)
class CameraRecipe:
    """What the camera does.

    Parameters
    ----------
    drop : float, optional
        Side of a detector pixel's drop in pixels of the image: above 1 the noise is correlated as by drizzling; by
        default the survey's.
    saturate, bleed : bool
        Whether pixels end at the full well, and whether what overflows runs along the columns.
    bad_columns : int
        Columns without light, marked bad.
    cosmic_rays : int
        Tracks of cosmic rays, not marked.
    """

    __pydantic_config__ = STRICT

    drop: Annotated[float, Field(ge=1, le=8)] | None = None
    saturate: bool = True
    bleed: bool = True
    bad_columns: Annotated[int, Field(ge=0)] = 0
    cosmic_rays: Annotated[int, Field(ge=0)] = 0


@dataclass(frozen=True)
class RealRecipe:
    """Real galaxies.

    Parameters
    ----------
    path : str
        FITS file of ``skysieve.io.realgalaxies.read_real_galaxies``.
    share : float
        Of the galaxies that are no brighter than the brightest real one.
    """

    __pydantic_config__ = STRICT

    path: str
    share: Annotated[float, Field(ge=0, le=1)] = 0.3


@dataclass(frozen=True)
class SceneRecipe:
    """A field of a survey; what is not given is as in the survey.

    Parameters
    ----------
    survey : str
        A name of ``list_surveys()``.
    bands : list of str
        Bands, each an image on the same pixels; none for the survey's reference band alone.
    shape : tuple of int
        Rows and columns [pixel].
    exposures : int, optional
        Exposures in the stack of every band.
    seeing : float, optional
        FWHM of the seeing in every band [arcsec].
    pixel_scale : float, optional
        Side of a pixel [arcsec].
    psf : PsfRecipe, optional
        PSF of every band, instead of the survey's.
    ellipticity, variation : float
        Ellipticity of the survey's PSF, and root mean square of its change over the field: of the size relative, of
        the ellipticity as it is.
    ra, dec, angle : float
        Center of the first field [deg, ICRS] and position angle of +y [deg, from north through east].
    accuracy : float
        Share of an object's flux that may fall outside of its stamp.
    mask_level : float
        Light from which a pixel belongs to an object, in units of the noise of the sky.
    galaxies, stars, sky, camera
        Their parts.
    real : RealRecipe, optional
        Stamps of real galaxies in the place of some; in every band they look the same.
    """

    __pydantic_config__ = STRICT

    survey: str = "LSST"
    bands: list[str] = field(default_factory=list)
    shape: tuple[Annotated[int, Field(ge=32)], Annotated[int, Field(ge=32)]] = (1024, 1024)
    exposures: Annotated[int, Field(ge=1)] | None = None
    seeing: Annotated[float, Field(gt=0)] | None = None
    pixel_scale: Annotated[float, Field(gt=0)] | None = None
    psf: PsfRecipe | None = None
    ellipticity: Annotated[float, Field(ge=0, lt=0.5)] = 0.02
    variation: Annotated[float, Field(ge=0, lt=0.2)] = 0.01
    ra: Annotated[float, Field(ge=0, le=360)] = 150.0
    dec: Annotated[float, Field(gt=-89, lt=89)] = 2.2
    angle: float = 0.0
    accuracy: Annotated[float, Field(gt=0, le=0.1)] = 0.002
    mask_level: Annotated[float, Field(gt=0)] = 1.0
    galaxies: GalaxyRecipe = field(default_factory=GalaxyRecipe)
    stars: StarRecipe = field(default_factory=StarRecipe)
    sky: SkyRecipe = field(default_factory=SkyRecipe)
    camera: CameraRecipe = field(default_factory=CameraRecipe)
    real: RealRecipe | None = None


def choose_survey(recipe: SceneRecipe) -> Survey:
    """Return the survey of a scene, with the scene's own pixels where it has some.

    Raises
    ------
    ValueError
        If there is no survey of that name.
    """
    survey = read_survey(recipe.survey)
    return survey if recipe.pixel_scale is None else replace(survey, pixel_scale=recipe.pixel_scale)


def choose_bands(recipe: SceneRecipe, survey: Survey) -> list[str]:
    """Return the names of the bands to simulate, the survey's reference band first where it is among them.

    Raises
    ------
    ValueError
        If the survey has no such band.
    """
    bands = recipe.bands or [survey.reference]
    unknown = [band for band in bands if band not in survey.bands]
    if unknown:
        raise ValueError(f"survey {recipe.survey} has no band {unknown[0]!r}; choose from {', '.join(survey.bands)}")
    return list(dict.fromkeys(bands))


def choose_psf(recipe: SceneRecipe, survey: Survey, band: str) -> PsfRecipe:
    """Return the PSF of a band."""
    usual = replace(
        make_survey_psf(survey, band),
        ellipticity=recipe.ellipticity,
        size_variation=recipe.variation,
        ellipticity_variation=recipe.variation,
    )
    psf = recipe.psf or usual
    return psf if recipe.seeing is None else replace(psf, fwhm=recipe.seeing)

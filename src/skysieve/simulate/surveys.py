"""Surveys by name: what their cameras do to the sky, each number with its source."""

import math
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Literal

from pydantic import TypeAdapter

from skysieve.simulate.psf import PsfRecipe


@dataclass(frozen=True)
class SurveyBand:
    """One band of a survey.

    ``wavelength`` [nm], ``seeing`` [arcsec FWHM], ``zeropoint`` [AB mag of 1 electron/s]; ``exposure`` [s], of which
    ``exposures`` make the stack; ``sky`` [AB mag/arcsec^2] is the dark sky; ``depth`` [AB mag], the published
    5-sigma depth.
    """

    wavelength: float
    seeing: float
    zeropoint: float
    exposure: float
    exposures: int
    sky: float
    depth: float


@dataclass(frozen=True)
class Survey:
    """A survey's camera and its usual conditions; ``sources`` says where each number comes from.

    ``pixel_scale`` [arcsec]; ``profile`` and ``beta`` of the seeing; ``aperture`` [m] and ``obscuration`` of the
    diffraction (0: none); ``gain`` [electron/ADU]; ``read_noise`` and ``full_well`` [electron]; ``drop`` [pixel], the
    side of a detector pixel's drop in the image; ``reference``, the band of detection.
    """

    title: str
    pixel_scale: float
    profile: Literal["moffat", "kolmogorov", "gaussian"]
    beta: float
    aperture: float
    obscuration: float
    gain: float
    read_noise: float
    full_well: float
    drop: float
    reference: str
    bands: dict[str, SurveyBand]
    sources: dict[str, str]


def list_surveys() -> list[str]:
    """Return the names of the surveys.

    Examples
    --------
    >>> list_surveys()
    ['Legacy', 'SDSS', 'HSC', 'LSST', 'Euclid', 'HST']
    """
    return list(_read_all())


def read_survey(name: str) -> Survey:
    """Return a survey by its name.

    Parameters
    ----------
    name : str
        One of ``list_surveys()``, in any case.

    Raises
    ------
    ValueError
        If there is none of that name.
    """
    found = {one.lower(): one for one in list_surveys()}.get(name.lower())
    if found is None:
        raise ValueError(f"survey {name!r} is not known; choose one of {', '.join(list_surveys())}")
    return _read_all()[found]


def make_survey_psf(survey: Survey, band: str) -> PsfRecipe:
    """Return the usual PSF of a band."""
    one = survey.bands[band]
    return PsfRecipe(
        survey.profile,
        one.seeing,
        beta=survey.beta,
        aperture=survey.aperture,
        obscuration=survey.obscuration,
        wavelength=one.wavelength,
    )


def measure_sky_level(survey: Survey, band: str, *, exposures: int) -> float:
    """Return the sky's light in a pixel of the stack [electron]."""
    one = survey.bands[band]
    rate = 10 ** (0.4 * (one.zeropoint - one.sky)) * survey.pixel_scale**2
    return rate * one.exposure * exposures


def measure_zeropoint(survey: Survey, band: str, *, exposures: int) -> float:
    """Return the AB magnitude of one ADU in the stack."""
    one = survey.bands[band]
    return one.zeropoint + 2.5 * math.log10(one.exposure * exposures / survey.gain)


@lru_cache(maxsize=1)
def _read_all() -> dict[str, Survey]:
    text = files("skysieve.simulate").joinpath("surveys.toml").read_text(encoding="utf-8")
    return TypeAdapter(dict[str, Survey]).validate_python(tomllib.loads(text))

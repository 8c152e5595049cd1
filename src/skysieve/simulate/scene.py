"""A scene: images of a field in one band or several, with all that is true of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
from astropy.wcs import WCS
from jaxtyping import Float32

from skysieve.io.realgalaxies import RealGalaxy, read_real_galaxies
from skysieve.records import Band, Catalog, Detector, PsfModel
from skysieve.simulate.drawing import draw_profiles, paste
from skysieve.simulate.exposing import Stack, expose, find_stack, measure_sigma
from skysieve.simulate.masks import ObjectMasks, join_masks, make_masks
from skysieve.simulate.profiles import Profiles
from skysieve.simulate.psf import AnalyticPsf, make_analytic_psf
from skysieve.simulate.real import CarriedNoise, replace_by_real
from skysieve.simulate.recipe import SceneRecipe, choose_bands, choose_psf, choose_survey
from skysieve.simulate.sampling import sample_psf
from skysieve.simulate.surveys import Survey
from skysieve.simulate.truth import Population, draw_population, make_truth, measure_magnitudes, scale_flux

SLICE = 2000
"""Objects whose stamps are in memory at once."""

FAINTEST = 0.03
"""Light down to which stamps reach, in units of the noise of the sky."""


@dataclass(frozen=True)
class Scene:
    """A simulated field.

    ``detector`` is as the readers of exposures give it [ADU]; ``truth`` has a row an object; ``noise_free`` holds the
    light of all objects without sky and noise, an image a band [ADU]; ``masks`` the pixels of each object in the
    reference band, by row of the truth; ``psf`` the PSF of each band, with the pixel's response.
    """

    detector: Detector
    truth: Catalog
    noise_free: Mapping[str, Float32[np.ndarray, "y x"]]
    masks: ObjectMasks
    psf: Mapping[str, PsfModel]


@dataclass(frozen=True)
class _Plan:
    """What all bands of a scene share."""

    recipe: SceneRecipe
    survey: Survey
    population: Population
    seed: int
    index: int
    galaxies: tuple[RealGalaxy, ...]


@dataclass(frozen=True)
class _Made:
    """One band of a scene."""

    band: Band
    magnitude: np.ndarray
    flux: np.ndarray
    light: np.ndarray
    masks: ObjectMasks
    psf: PsfModel


def make_scene(
    recipe: SceneRecipe, *, seed: int, index: int = 0, psf: Mapping[str, PsfModel] = MappingProxyType({})
) -> Scene:
    """Simulate one field.

    Parameters
    ----------
    recipe : SceneRecipe
        What lies in it, and how it is seen.
    seed : int
        The same seed, index and recipe give the same bits.
    index : int, optional
        Number of the field; fields lie side by side along right ascension, and each has its own objects.
    psf : mapping of str to PsfModel, optional
        Measured PSFs by band, instead of the recipe's.

    Returns
    -------
    Scene
        Of no objects where their densities are 0.

    Raises
    ------
    ValueError
        If the survey or a band of it is not known, or the real galaxies cannot be read or were seen no sharper.
    ImportError
        If GalSim is missing.
    """
    plan = _plan(recipe, seed=seed, index=index)
    survey, names = plan.survey, choose_bands(recipe, plan.survey)
    made = {name: _make_band(plan, name, number, psf.get(name)) for number, name in enumerate(names)}
    reference = survey.reference if survey.reference in names else names[0]
    wcs = make_wcs(recipe, survey.pixel_scale, index=index)
    label = f"{recipe.survey.lower()}_{seed}_{index}"
    return Scene(
        Detector(label, tuple(one.band for one in made.values()), wcs, reference=names.index(reference)),
        make_truth(
            plan.population.profiles,
            wcs,
            fluxes={name: one.flux for name, one in made.items()},
            magnitudes={name: one.magnitude for name, one in made.items()},
        ),
        {name: one.light for name, one in made.items()},
        made[reference].masks,
        {name: one.psf for name, one in made.items()},
    )


def make_light(recipe: SceneRecipe, *, seed: int, index: int = 0) -> Float32[np.ndarray, "y x"]:
    """Draw the light of a field's objects in its first band alone, as ``noise_free`` of the scene holds it [ADU]."""
    plan = _plan(recipe, seed=seed, index=index)
    name = choose_bands(recipe, plan.survey)[0]
    return _draw_objects(plan, name, _make_psf(plan, name, 0))[0]


def make_wcs(recipe: SceneRecipe, pixel_scale: float, *, index: int) -> WCS:
    """Return the tangential world coordinates of a field.

    Parameters
    ----------
    recipe : SceneRecipe
        Center, orientation and shape.
    pixel_scale : float
        [arcsec/pixel]
    index : int
        Fields follow each other toward larger right ascension with a gap of a twentieth of their width.
    """
    rows, columns = recipe.shape
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
    wcs.wcs.cunit = ["deg", "deg"]
    wcs.wcs.radesys = "ICRS"
    step = 1.05 * columns * pixel_scale / 3600 / np.cos(np.radians(recipe.dec))
    wcs.wcs.crval = [(recipe.ra + index * step) % 360, recipe.dec]
    wcs.wcs.crpix = [(columns + 1) / 2, (rows + 1) / 2]
    cos, sin = np.cos(np.radians(recipe.angle)), np.sin(np.radians(recipe.angle))
    wcs.wcs.cd = np.array([[-cos, sin], [sin, cos]]) * pixel_scale / 3600
    wcs.wcs.set()
    return wcs


def _plan(recipe: SceneRecipe, *, seed: int, index: int) -> _Plan:
    """Draw the objects of a field."""
    survey = choose_survey(recipe)
    galaxies = () if recipe.real is None else read_real_galaxies(Path(recipe.real.path))
    own = np.array([galaxy.magnitude for galaxy in galaxies], float)
    population = draw_population(np.random.default_rng([seed, index]), recipe, survey, real=own)
    return _Plan(recipe, survey, population, seed, index, galaxies)


def _make_band(plan: _Plan, name: str, number: int, measured: PsfModel | None) -> _Made:
    """Draw and expose one band; its random numbers depend on seed, field and band alone."""
    recipe = plan.recipe
    psf = measured or _make_psf(plan, name, number)
    light, masks, carried = _draw_objects(plan, name, psf)
    magnitude = measure_magnitudes(plan.population, plan.survey, name)
    stack = find_stack(recipe, plan.survey, name)
    flux = scale_flux(plan.population, magnitude, stack.calibration.zeropoint).flux
    rng = np.random.default_rng([plan.seed, plan.index, number, 2])
    band = expose(rng, light, recipe, stack=stack, name=name, carried=carried)
    return _Made(band, magnitude, flux, light, masks, sample_psf(psf))


def _make_psf(plan: _Plan, name: str, number: int) -> AnalyticPsf:
    recipe, survey = plan.recipe, plan.survey
    field = int(np.random.default_rng([plan.seed, plan.index, number, 1]).integers(2**31))
    return make_analytic_psf(
        choose_psf(recipe, survey, name), pixel_scale=survey.pixel_scale, shape=recipe.shape, seed=field
    )


def _draw_objects(
    plan: _Plan, name: str, psf: AnalyticPsf | PsfModel
) -> tuple[Float32[np.ndarray, "y x"], ObjectMasks, CarriedNoise | None]:
    """Return the light of all objects in a band, the pixels of each, and the noise of real ones."""
    stack = find_stack(plan.recipe, plan.survey, name)
    magnitude = measure_magnitudes(plan.population, plan.survey, name)
    profiles = scale_flux(plan.population, magnitude, stack.calibration.zeropoint)
    return _draw_light(profiles, psf, plan, stack=stack)


def _draw_light(
    profiles: Profiles, psf: AnalyticPsf | PsfModel, plan: _Plan, *, stack: Stack
) -> tuple[Float32[np.ndarray, "y x"], ObjectMasks, CarriedNoise | None]:
    """Return the light of all objects, the pixels of each, and the noise of real ones, a slice of objects at a time."""
    recipe, shape, sigma = plan.recipe, plan.recipe.shape, measure_sigma(stack)
    image, masks = np.zeros(shape, np.float32), []
    carried = CarriedNoise(np.zeros(shape, np.float32), np.zeros(shape, np.float32)) if plan.galaxies else None
    for first in range(0, max(1, len(profiles)), SLICE):
        part = profiles.take(slice(first, first + SLICE))
        drawn = draw_profiles(part, psf, shape=shape, accuracy=recipe.accuracy, faintest=FAINTEST * sigma)
        if carried is not None:
            scale = plan.survey.pixel_scale
            drawn = replace_by_real(drawn, part, plan.galaxies, psf=psf, pixel_scale=scale, carried=carried)
        paste(image, drawn)
        masks.append(make_masks(drawn, level=recipe.mask_level * sigma, shape=shape, first=first))
    return image, join_masks(masks), carried

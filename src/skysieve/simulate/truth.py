"""What lies in a field: all objects are drawn by one generator, before any light is."""

from dataclasses import dataclass, replace

import numpy as np
from astropy.wcs import WCS
from jaxtyping import Float

from skysieve.io.exposures import pixel_to_sky
from skysieve.records import Catalog, Column
from skysieve.simulate.galaxies import draw_magnitudes, draw_places, draw_shapes
from skysieve.simulate.profiles import Profiles
from skysieve.simulate.real import choose_galaxies
from skysieve.simulate.recipe import SceneRecipe
from skysieve.simulate.stars import draw_star_magnitudes, draw_star_slopes
from skysieve.simulate.surveys import Survey

MARGIN = 15.0
"""How far outside of the image objects are drawn whose light may reach in [arcsec]."""

BEYOND = 1.0
"""How much fainter than the survey's depth objects go [mag]."""

COLUMNS = (
    Column("id", "i8", description="number of the object in its field"),
    Column("x", "f8", "pixel", "center, 0-based", "pos.cartesian.x;instr.det"),
    Column("y", "f8", "pixel", "center, 0-based", "pos.cartesian.y;instr.det"),
    Column("ra", "f8", "deg", "ICRS right ascension", "pos.eq.ra;meta.main"),
    Column("dec", "f8", "deg", "ICRS declination", "pos.eq.dec;meta.main"),
    Column("kind", "str", description="star or galaxy", ucd="src.class"),
    Column("half_light_radius", "f8", "pixel", "along the major axis, before the PSF; 0 for stars", "phys.angSize"),
    Column("axis_ratio", "f8", "", "minor over major axis", "phys.size.axisRatio"),
    Column("theta", "f8", "deg", "major axis, from +x toward +y", "pos.posAng"),
    Column("sersic", "f8", "", "index of a galaxy of one component; NaN for stars"),
    Column("bulge_fraction", "f8", "", "share of the light in the bulge"),
    Column("clumpiness", "f8", "", "share of the light in knots"),
    Column("stamp", "i8", "", "number of the real galaxy that was drawn instead; -1 for none"),
)


@dataclass(frozen=True)
class Population:
    """Objects with their magnitudes in the reference band; galaxies first, then stars.

    The flux of ``profiles`` is one; ``slope`` is the power of the wavelength that the flux per frequency follows.
    """

    profiles: Profiles
    magnitude: Float[np.ndarray, " object"]
    slope: Float[np.ndarray, " object"]


def find_depth(recipe: SceneRecipe, survey: Survey) -> float:
    """Return the depth in the reference band [mag] for the recipe's number of exposures."""
    band = survey.bands[survey.reference]
    stack = recipe.exposures or band.exposures
    return band.depth + 1.25 * float(np.log10(stack / band.exposures))


def draw_population(
    rng: np.random.Generator, recipe: SceneRecipe, survey: Survey, *, real: Float[np.ndarray, " real"]
) -> Population:
    """Draw the stars and galaxies of a field and its margin; ``real`` are the magnitudes of real galaxies at hand."""
    scale, rows, columns = survey.pixel_scale, *recipe.shape
    margin = MARGIN / scale
    low, high = np.array([-margin, -margin]), np.array([columns - 1 + margin, rows - 1 + margin])
    area = float(np.prod(high - low)) * (scale / 60) ** 2
    deepest = find_depth(recipe, survey) + BEYOND
    galaxies, stars = recipe.galaxies, recipe.stars
    faint = deepest if galaxies.faint is None else galaxies.faint
    bright = min(galaxies.bright, faint)
    own = draw_magnitudes(rng, area, bright=bright, faint=faint, density=galaxies.density)
    shapes = draw_shapes(rng, own, galaxies)
    near = galaxies.cluster_radius / scale
    places = draw_places(rng, len(own), low=low, high=high, near=near, share=galaxies.clustered)
    theirs = draw_star_magnitudes(rng, area, stars, faint=deepest if stars.faint is None else stars.faint)
    slopes = draw_star_slopes(rng, theirs)
    places = np.concatenate([places, rng.uniform(low, high, (len(theirs), 2))])
    points = np.zeros(len(theirs))
    galaxy = Profiles(
        x=places[: len(own), 0], y=places[: len(own), 1], flux=np.ones(len(own)), is_star=np.zeros(len(own), bool),
        half_light_radius=shapes.radius / scale, axis_ratio=shapes.axis_ratio, theta=shapes.theta,
        sersic=shapes.sersic, bulge_fraction=shapes.bulge_fraction, clumpiness=shapes.clumpiness,
        seed=rng.integers(0, 2**31, len(own)),
    )  # fmt: skip
    star = Profiles(
        x=places[len(own) :, 0], y=places[len(own) :, 1], flux=points + 1, is_star=np.ones(len(theirs), bool),
        half_light_radius=points, sersic=points * np.nan,
    )  # fmt: skip
    if recipe.real is not None:
        galaxy = replace(galaxy, stamp=choose_galaxies(rng, own, real, share=recipe.real.share))
    magnitude = np.concatenate([own, theirs])
    return Population(galaxy.join(star), magnitude, np.concatenate([shapes.slope, slopes]))


def measure_magnitudes(population: Population, survey: Survey, band: str) -> Float[np.ndarray, " object"]:
    """Return AB magnitudes in a band."""
    ratio = survey.bands[band].wavelength / survey.bands[survey.reference].wavelength
    return population.magnitude - 2.5 * population.slope * np.log10(ratio)


def scale_flux(population: Population, magnitude: Float[np.ndarray, " object"], zeropoint: float) -> Profiles:
    """Return the objects as they shine in a band [image unit]."""
    return replace(population.profiles, flux=10 ** (-0.4 * (magnitude - zeropoint)))


def make_truth(
    profiles: Profiles, wcs: WCS, *, fluxes: dict[str, np.ndarray], magnitudes: dict[str, np.ndarray]
) -> Catalog:
    """Return the catalog of what was drawn, a row an object, those outside of the image included.

    Parameters
    ----------
    profiles : Profiles
        The objects.
    wcs : WCS
        World coordinates of the image.
    fluxes, magnitudes : dict of str to ndarray
        Of each band: ``flux_<band>`` [image unit] and ``mag_<band>`` [AB mag].
    """
    ra, dec = pixel_to_sky(wcs, profiles.x, profiles.y)
    shown = ("x", "y", "half_light_radius", "axis_ratio", "theta", "sersic", "bulge_fraction", "clumpiness", "stamp")
    columns = {name: getattr(profiles, name) for name in shown}
    kind = np.where(profiles.is_star, "star", "galaxy").astype(object)
    columns |= {"id": np.arange(len(profiles)), "ra": ra, "dec": dec, "kind": kind}
    schema = list(COLUMNS)
    for band, flux in fluxes.items():
        schema += [Column(f"flux_{band}", "f8", "image", f"total flux in {band}", "phot.count;arith.true"),
                   Column(f"mag_{band}", "f8", "mag", f"total AB magnitude in {band}", "phot.mag")]  # fmt: skip
        columns |= {f"flux_{band}": flux, f"mag_{band}": magnitudes[band]}
    return Catalog(tuple(schema), columns, {"truth": "simulated"})

"""GalSim draws the same objects by its own way: the independent answer."""

import numpy as np
import pytest

from skysieve.simulate import Profiles, PsfRecipe, make_analytic_psf
from skysieve.simulate.reach import list_components

SHAPE = (200, 220)


@pytest.fixture(scope="session")
def galsim():
    return pytest.importorskip("galsim")


def make_profiles(count=12, *, seed=1, stars=0):
    rng = np.random.default_rng(seed)
    star = np.arange(count) < stars
    return Profiles(
        x=rng.uniform(60, 140, count), y=rng.uniform(60, 140, count), flux=rng.uniform(500, 5000, count), is_star=star,
        half_light_radius=rng.uniform(0.5, 5, count), axis_ratio=rng.uniform(0.3, 1, count),
        theta=rng.uniform(0, 180, count), sersic=rng.choice([0.5, 1.0, 2.5, 4.0], count),
        bulge_fraction=np.where(rng.uniform(size=count) < 0.5, rng.uniform(0, 1, count), 0.0),
    )  # fmt: skip


def make_moffat(fwhm=3.5, **more):
    return make_analytic_psf(PsfRecipe(fwhm=fwhm, **more), pixel_scale=1.0, shape=SHAPE)


def draw_with_galsim(galsim, profiles, row, *, psf, y0, x0, side):
    """Draw one object as GalSim does: each component sheared, turned, convolved and drawn on its own grids."""
    one = profiles.take(np.array([row]))
    parts = [galsim.DeltaFunction()] if one.is_star[0] else []
    for radius, share, index in list_components(one):
        if share[0] > 0:
            part = galsim.Sersic(float(index[0]), half_light_radius=radius[0], trunc=8 * radius[0], flux=share[0])
            stretch = np.sqrt(one.axis_ratio[0])
            parts.append(part.expand(stretch).shear(q=one.axis_ratio[0], beta=one.theta[0] * galsim.degrees))
            parts[-1] = parts[-1].withFlux(share[0])
    drawn = galsim.Convolve(galsim.Sum(parts), psf).withFlux(one.flux[0])
    offset = one.x[0] - (x0 + (side - 1) / 2), one.y[0] - (y0 + (side - 1) / 2)
    return drawn.drawImage(galsim.ImageD(side, side), scale=1, offset=offset).array

"""Real galaxies: freed of the PSF they were seen with, turned, scaled, and seen through another."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Float32, Int

from skysieve.extraction.psf import evaluate_psf
from skysieve.io.realgalaxies import RealGalaxy
from skysieve.records import PsfModel
from skysieve.simulate.drawing import Drawn, paste
from skysieve.simulate.profiles import Profiles
from skysieve.simulate.psf import AnalyticPsf, evaluate_shape
from skysieve.simulate.transforms import import_galsim

SCALING = (0.4, 3.0)
"""Least and largest factor by which a stamp is scaled."""

NARROWEST = 1.4
"""Width of the new PSF in units of the old one's from which galaxies can be freed of the old one."""

CORRELATION = "acs_I_unrot_sci_20_cf.fits"
"""GalSim's measurement of how the noise of drizzled ACS images is correlated (Leauthaud et al. 2007, ApJS 172, 219)."""


@dataclass(frozen=True)
class CarriedNoise:
    """Noise that came with real galaxies [image unit].

    ``added`` makes it white, so that ``variance`` is that of each pixel, without correlation, once it is added.
    """

    added: Float32[np.ndarray, "y x"]
    variance: Float32[np.ndarray, "y x"]


def replace_by_real(
    drawn: Drawn,
    profiles: Profiles,
    galaxies: Sequence[RealGalaxy],
    *,
    psf: AnalyticPsf | PsfModel,
    pixel_scale: float,
    carried: CarriedNoise,
) -> Drawn:
    """Draw real galaxies in the place of profiles.

    Parameters
    ----------
    drawn : Drawn
        Stamps of the profiles.
    profiles : Profiles
        Rows whose ``stamp`` is not negative get the galaxy of that number, at their flux, turned by ``theta`` and
        scaled to their ``half_light_radius``, by a factor between 0.4 and 3.
    galaxies : sequence of RealGalaxy
        From ``read_real_galaxies``.
    psf : AnalyticPsf or PsfModel
        The PSF of the image.
    pixel_scale : float
        [arcsec/pixel]
    carried : CarriedNoise
        Planes of the image; what the stamps bring is added to them.

    Returns
    -------
    Drawn
        The light with the noise it was seen with.

    Raises
    ------
    ValueError
        If the PSF is not 1.4 times as wide as that of a galaxy.
    """
    pixels = list(drawn.pixels)
    for row in np.flatnonzero(profiles.stamp >= 0):
        if not drawn.pixels[row].size:
            continue
        one, galaxy = profiles.take(np.array([row])), galaxies[int(profiles.stamp[row])]
        side = len(drawn.pixels[row])
        pixels[row], added, variance = _draw_galaxy(one, galaxy, psf, pixel_scale=pixel_scale, side=side)
        for plane, noise in ((carried.added, added), (carried.variance, np.full_like(added, variance))):
            paste(plane, Drawn(drawn.y0[row : row + 1], drawn.x0[row : row + 1], (noise,)))
    return Drawn(drawn.y0, drawn.x0, tuple(pixels))


def choose_galaxies(
    rng: np.random.Generator,
    magnitude: Float[np.ndarray, " object"],
    own: Float[np.ndarray, " galaxy"],
    *,
    share: float,
) -> Int[np.ndarray, " object"]:
    """Choose real galaxies for a share of objects.

    Parameters
    ----------
    rng : Generator
        Its next numbers are used.
    magnitude : ndarray, shape (object,)
        Of the objects.
    own : ndarray, shape (galaxy,)
        Of the real galaxies. One is only drawn fainter than it is, or brighter by a quarter of a magnitude at most,
        since its noise is scaled along with its light.
    share : float
        Of the objects to replace.

    Returns
    -------
    ndarray, shape (object,)
        Number of the real galaxy; -1 for none, and where none is bright enough.
    """
    order = np.argsort(own)
    usable = np.searchsorted(own[order], magnitude + 0.25)
    chosen = (rng.uniform(size=len(magnitude)) * usable).astype(int)
    real = (rng.uniform(size=len(magnitude)) < share) & (usable > 0)
    return np.where(real, order[np.minimum(chosen, max(0, len(own) - 1))] if len(own) else -1, -1)


def _draw_galaxy(
    one: Profiles, galaxy: RealGalaxy, psf: AnalyticPsf | PsfModel, *, pixel_scale: float, side: int
) -> tuple[np.ndarray, np.ndarray, float]:
    """Return light, the noise that whitens it, and the variance of the white noise."""
    galsim = import_galsim()
    stamp, before = (
        galsim.Image(plane.astype(float), scale=galaxy.pixel_scale) for plane in (galaxy.stamp, galaxy.psf)
    )
    correlation = galsim.fits.read(f"{galsim.meta_data.share_dir}/{CORRELATION}")
    rng = galsim.BaseDeviate(int(one.seed[0]) % 2**31 + 1)
    seen = galsim.RealGalaxy((stamp, before, correlation, galaxy.pixel_scale, galaxy.variance), rng=rng)
    wanted = one.half_light_radius[0] * pixel_scale / (galaxy.half_light_radius * galaxy.pixel_scale)
    seen = seen.dilate(float(np.clip(wanted, *SCALING))).rotate(float(one.theta[0]) * galsim.degrees)
    target = _make_target(psf, one.x, one.y, pixel_scale=pixel_scale)
    old = galsim.InterpolatedImage(before).calculateFWHM()
    if target.calculateFWHM() < NARROWEST * old:
        raise ValueError(
            f"the PSF is {target.calculateFWHM():.2f} arcsec wide, that of the real galaxies {old:.2f}; choose a "
            "survey of wider PSF, or no real galaxies"
        )
    final = galsim.Convolve(seen, target).withFlux(float(one.flux[0]))
    middle = side // 2 - (side - 1) / 2
    offset = [float(place - np.floor(place + 0.5) + middle) for place in (one.x[0], one.y[0])]
    image = final.drawImage(nx=side, ny=side, scale=pixel_scale, offset=offset, method="no_pixel", dtype=float)
    light = image.array.copy()
    variance = final.noise.whitenImage(image)
    return light.astype(np.float32), (image.array - light).astype(np.float32), float(variance)


def _make_target(psf: AnalyticPsf | PsfModel, x: np.ndarray, y: np.ndarray, *, pixel_scale: float) -> Any:
    """Return the PSF at a position, pixel included, as GalSim knows it."""
    galsim = import_galsim()
    if isinstance(psf, PsfModel):
        stamp = evaluate_psf(psf, x, y)[0].astype(float)
        return galsim.InterpolatedImage(galsim.Image(stamp, scale=pixel_scale), flux=1.0)
    major, minor, theta = (float(one[0]) for one in evaluate_shape(psf, x, y))
    width = np.sqrt(major * minor) * pixel_scale
    kinds = {"moffat": galsim.Moffat, "kolmogorov": galsim.Kolmogorov, "gaussian": galsim.Gaussian}
    more = {"beta": psf.beta} if psf.profile == "moffat" else {}
    parts = [kinds[psf.profile](fwhm=width, **more).shear(q=minor / major, beta=theta * galsim.degrees)]
    if psf.diffraction > 0:
        parts.append(galsim.Airy(lam_over_diam=psf.diffraction * pixel_scale, obscuration=psf.obscuration))
    return galsim.Convolve([*parts, galsim.Pixel(pixel_scale)])

"""Fluxes in Kron ellipses and circles, with neighbors and bad pixels replaced by their mirror image."""

from dataclasses import dataclass

import numpy as np
import sep
from jaxtyping import Bool, Float

from skysieve.extraction.bands import Scene
from skysieve.extraction.ellipses import Ellipses
from skysieve.extraction.mirror import mirror_defects
from skysieve.extraction.recipe import PhotometryRecipe

KRON_REACH = 6.0
"""Semi-axes inside which the first moment is taken (SExtractor's choice)."""

CROWDED_SHARE = 0.1


@dataclass(frozen=True)
class ApertureFlux:
    """Flux and variance in one aperture a source.

    ``replaced`` is the share of its area filled by mirror pixels, ``removed`` the light that went with them.

    ``flux`` is NaN where the variance is zero: nothing is known of any pixel there, as in a band that is all bad.
    ``truncated`` tells that the aperture crosses the border of the scene.
    """

    flux: Float[np.ndarray, " source"]
    variance: Float[np.ndarray, " source"]
    replaced: Float[np.ndarray, " source"]
    removed: Float[np.ndarray, " source"]
    truncated: Bool[np.ndarray, " source"]


def measure_kron_factor(
    scene: Scene, ellipses: Ellipses, recipe: PhotometryRecipe
) -> tuple[Float[np.ndarray, " source"], Bool[np.ndarray, " source"]]:
    """Measure the semi-axes of the Kron ellipse in units of a and b.

    Returns
    -------
    factor : ndarray, shape (source,)
        ``kron_factor`` times the Kron radius, at least ``kron_minimum``.
    failed : ndarray of bool
        True where no radius could be measured (no positive light) and the minimum was used.

    Notes
    -----
    Kron (1980); SExtractor's FLUX_AUTO with PHOT_AUTOPARAMS. Neighbors and bad pixels are left out of the moment.
    """
    radius, _ = sep.kron_radius(
        scene.data,
        ellipses.x,
        ellipses.y,
        ellipses.a,
        ellipses.b,
        _limit_angle(ellipses.theta),
        KRON_REACH,
        mask=scene.bad,
        segmap=scene.labels,
        seg_id=ellipses.label,
    )
    failed = ~(radius > 0) | ~np.isfinite(radius)
    factor = np.maximum(recipe.kron_factor * np.where(failed, 0, radius), recipe.kron_minimum)
    return factor, failed


def measure_ellipses(scene: Scene, ellipses: Ellipses) -> ApertureFlux:
    """Sum the light inside ellipses.

    Notes
    -----
    Pixels of other sources and bad pixels take the value of the pixel opposite the center, or zero (the background)
    where that one is unusable too: SExtractor's MASK_TYPE CORRECT.
    """
    shape = (ellipses.x, ellipses.y, ellipses.a, ellipses.b, _limit_angle(ellipses.theta))
    flux, error, flag = sep.sum_ellipse(scene.data, *shape, err=_noise_or_one(scene), subpix=5)
    _, _, masked = sep.sum_ellipse(
        scene.data, *shape, mask=scene.bad, segmap=scene.labels, seg_id=ellipses.label, subpix=1
    )
    return _correct(scene, ellipses, flux=flux, error=error, flag=flag | masked)


def measure_circles(scene: Scene, ellipses: Ellipses, diameter: float) -> ApertureFlux:
    """Sum the light inside circles of one diameter [pixel], corrected as in ``measure_ellipses``."""
    radius = np.full(len(ellipses.x), diameter / 2)
    flux, error, flag = sep.sum_circle(scene.data, ellipses.x, ellipses.y, radius, err=_noise_or_one(scene), subpix=5)
    _, _, masked = sep.sum_circle(
        scene.data, ellipses.x, ellipses.y, radius, mask=scene.bad, segmap=scene.labels, seg_id=ellipses.label,
        subpix=1,
    )  # fmt: skip
    return _correct(scene, ellipses.rounded(diameter / 2), flux=flux, error=error, flag=flag | masked)


def measure_light_radii(
    scene: Scene, ellipses: Ellipses, *, flux: Float[np.ndarray, " source"], fractions: tuple[float, ...]
) -> Float[np.ndarray, "source fraction"]:
    """Radii [pixel] of the circles that hold given fractions of the flux.

    Parameters
    ----------
    scene, ellipses
        Pixels, and the Kron ellipses, whose semi-major axis bounds the search.
    flux : ndarray, shape (source,)
        Flux of which the fractions are taken [image unit].
    fractions : tuple of float
        Between 0 and 1.

    Returns
    -------
    ndarray, shape (source, fraction)
        NaN where the flux is not positive.
    """
    positive = flux > 0
    radius, _ = sep.flux_radius(
        scene.data,
        ellipses.x,
        ellipses.y,
        ellipses.a,
        list(fractions),
        normflux=np.where(positive, flux, 1.0),
        mask=scene.bad,
        segmap=scene.labels,
        seg_id=ellipses.label,
        subpix=2,
    )
    return np.where(positive[:, None], radius.reshape(len(flux), len(fractions)), np.nan)


def _correct(
    scene: Scene, ellipses: Ellipses, *, flux: np.ndarray, error: np.ndarray, flag: np.ndarray
) -> ApertureFlux:
    """Add the mirror correction to the sources whose aperture holds neighbors or bad pixels."""
    dirty = np.flatnonzero(flag & sep.APER_HASMASKED)
    replaced, removed = np.zeros((2, len(flux)))
    if len(dirty):
        correction, share = mirror_defects(scene.data, scene.labels, scene.bad, apertures=ellipses.take(dirty))
        flux = flux.copy()
        flux[dirty] += correction
        replaced[dirty], removed[dirty] = share, -correction
    scale = 1.0 if scene.noise.plane is not None else scene.noise.at(ellipses.x, ellipses.y)
    variance = np.square(error * scale)
    return ApertureFlux(np.where(variance > 0, flux, np.nan), variance, replaced, removed, (flag & sep.APER_TRUNC) > 0)


def _noise_or_one(scene: Scene) -> np.ndarray | float:
    """Noise plane for sep, or one: then its error is the root of the area, to be multiplied by the local noise."""
    return scene.noise.plane if scene.noise.plane is not None else 1.0


def _limit_angle(theta: np.ndarray) -> np.ndarray:
    """Keep angles inside the open interval that sep accepts."""
    return np.clip(theta, -np.pi / 2, np.pi / 2)

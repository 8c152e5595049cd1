"""Galaxies alone: what blends are made of, and what their photometry should give back."""

from dataclasses import dataclass, fields

import numpy as np
from jaxtyping import Float, Float32, Int, UInt8

TYPES = ("bulge", "disk", "bulge + disk", "irregular", "star")
"""Kinds of galaxies: the four of Boucaud et al. 2020, Table 1, and stars beside them."""


@dataclass(frozen=True)
class Galaxies:
    """Galaxies and stars, each alone on a stamp, in units of the noise of a pixel.

    Parameters
    ----------
    light : ndarray, shape (galaxy, y, x)
        Stamps without noise; of real galaxies the stamps as they are.
    noise_seed : ndarray, shape (galaxy,)
        Seed of the noise of a stamp; -1 where it is in the stamp already.
    x, y : ndarray, shape (galaxy,)
        Centers on the stamps [pixel].
    flux, total : ndarray, shape (galaxy,)
        FLUX_AUTO of the stamp with its noise, and all of the light.
    magnitude, radius : ndarray, shape (galaxy,)
        Magnitude by which pairs are chosen, and half-light radius along the major axis before the PSF [pixel].
    kind : ndarray, shape (galaxy,)
        Index into ``TYPES``.
    mask : ndarray, shape (galaxy, byte)
        Pixels that SExtractor would give to the galaxy, packed by ``numpy.packbits``.
    psf : ndarray, shape (galaxy, 3)
        FWHM [pixel] and ellipticity along x and along the diagonal of the PSF on the stamp.
    scale : ndarray, shape (galaxy,)
        Noise of a pixel in the unit of the catalog that the galaxies come from.
    """

    light: Float32[np.ndarray, "galaxy y x"]
    noise_seed: Int[np.ndarray, " galaxy"]
    x: Float[np.ndarray, " galaxy"]
    y: Float[np.ndarray, " galaxy"]
    flux: Float[np.ndarray, " galaxy"]
    total: Float[np.ndarray, " galaxy"]
    magnitude: Float[np.ndarray, " galaxy"]
    radius: Float[np.ndarray, " galaxy"]
    kind: Int[np.ndarray, " galaxy"]
    mask: UInt8[np.ndarray, "galaxy byte"]
    psf: Float[np.ndarray, "galaxy 3"]
    scale: Float[np.ndarray, " galaxy"]

    def __len__(self) -> int:
        return len(self.light)

    @property
    def side(self) -> int:
        """Side of a stamp [pixel]."""
        return int(self.light.shape[1])

    def take(self, rows: np.ndarray) -> "Galaxies":
        """Return some of the galaxies, in the order of an index array or by a boolean mask."""
        return Galaxies(*(getattr(self, one.name)[rows] for one in fields(self)))

    def get_mask(self, row: int) -> np.ndarray:
        """Return the pixels of one galaxy, shape (y, x)."""
        return np.unpackbits(self.mask[row], count=self.side**2).reshape(self.side, self.side).astype(bool)

    def draw_noise(self, row: int) -> Float32[np.ndarray, "y x"]:
        """Return the noise of one stamp, always the same; zero where the stamp holds it already."""
        seed = int(self.noise_seed[row])
        if seed < 0:
            return np.zeros((self.side, self.side), np.float32)
        return np.random.default_rng(seed).standard_normal((self.side, self.side), np.float32)


def join_galaxies(parts: list[Galaxies]) -> Galaxies:
    """Return the galaxies of several sets, one after the other."""
    return Galaxies(*(np.concatenate([getattr(part, one.name) for part in parts]) for one in fields(Galaxies)))

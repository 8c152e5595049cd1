"""Round galaxies without a telescope, for tests that only need some."""

import numpy as np

from skysieve.deblending.galaxies import Galaxies


def make_blobs(number: int = 6, *, side: int = 32, seed: int = 0) -> Galaxies:
    """Return Gaussian galaxies of one PSF on small stamps; their masks are where they are brighter than the noise."""
    rng = np.random.default_rng(seed)
    sigma, flux = rng.uniform(1.2, 2.5, number), rng.uniform(300, 900, number)
    grid = np.arange(side) - side / 2
    profile = np.exp(-0.5 * (grid[:, None] ** 2 + grid**2) / sigma[:, None, None] ** 2)
    light = (flux / profile.sum((1, 2)))[:, None, None] * profile
    mask = np.packbits((light > 1).reshape(number, -1), axis=1)
    middle = np.full(number, side / 2)
    return Galaxies(
        light=light.astype(np.float32), noise_seed=rng.integers(0, 2**40, number), x=middle, y=middle, flux=0.95 * flux,
        total=flux, magnitude=-2.5 * np.log10(flux), radius=1.18 * sigma, kind=np.arange(number) % 4, mask=mask,
        psf=np.tile([2.5, 0.0, 0.0], (number, 1)), scale=np.ones(number),
    )  # fmt: skip

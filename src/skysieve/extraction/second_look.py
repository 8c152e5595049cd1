"""The second look at the sky, once the sources are known: its level, its noise, and the noise of sums."""

from dataclasses import replace

import numpy as np

from skysieve.extraction.bands import CalibratedBand
from skysieve.extraction.bare_sky import measure_bare_sky
from skysieve.extraction.footprints import Footprints
from skysieve.extraction.noise_growth import measure_noise_growth
from skysieve.extraction.recipe import BackgroundRecipe

SIGNIFICANT = 8 / 3
"""From this ratio of isophotal flux to threshold times root of the area on a source is hidden: 4 sigma by default."""

FEW_WINDOWS = 4
"""Enough to tell peaks of the noise from sources."""


def look_again(
    bands: list[CalibratedBand], footprints: Footprints, recipe: BackgroundRecipe, *, reference: int
) -> list[CalibratedBand]:
    """Measure background, noise and the noise of sums of all bands without the light of their sources.

    Parameters
    ----------
    bands : list of CalibratedBand
        With the background of the first pass.
    footprints : Footprints
        What was found.
    recipe : BackgroundRecipe
        Cell size and filter width.
    reference : int
        Index of the band whose correlation of noise decides which sources are significant.

    Returns
    -------
    list of CalibratedBand
        Bands without noise are returned as they are.

    Notes
    -----
    Correlated noise has peaks that are found as faint sources. To hide those would bias the sky low, so what does not
    exceed the noise of sums over as many pixels is left in view.
    """
    growth = measure_noise_growth(bands[reference], footprints, most=FEW_WINDOWS)
    f = footprints
    noise = f.threshold * np.sqrt(f.npix * growth.at(f.npix))
    real = f.take(f.flux >= SIGNIFICANT * noise)
    again = [measure_bare_sky(band, real, recipe) for band in bands]
    return [replace(band, growth=measure_noise_growth(band, real)) for band in again]

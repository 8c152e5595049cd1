"""Light that sources spread beyond their footprints: what neighbors may add to an aperture."""

from dataclasses import dataclass
from itertools import chain

import numpy as np
from jaxtyping import Float, Int
from scipy.spatial import cKDTree

from skysieve.extraction.footprints import Footprints

FARTHEST = 6.0
"""Wings are followed out to so many radii of the isophote: less than a thousandth of its brightness is left there."""


@dataclass(frozen=True)
class Neighborhood:
    """Pairs of a place and a source near it.

    ``place`` counts from 0 to ``count``; ``distance2`` [pixel^2] between them; ``brightness`` [image unit a pixel] and
    ``radius`` [pixel] of the source's isophote.
    """

    count: int
    place: Int[np.ndarray, " pair"]
    distance2: Float[np.ndarray, " pair"]
    brightness: Float[np.ndarray, " pair"]
    radius: Float[np.ndarray, " pair"]


def find_neighbors(
    footprints: Footprints,
    x: Float[np.ndarray, " place"],
    y: Float[np.ndarray, " place"],
    *,
    owner: Int[np.ndarray, " place"],
) -> Neighborhood:
    """Find the sources whose wings may reach some places.

    Parameters
    ----------
    footprints : Footprints
        The sources.
    x, y : ndarray, shape (place,)
        Places [pixel], in image coordinates.
    owner : ndarray of int, shape (place,)
        Row of the source that stands there and is no neighbor of itself; -1 where none does.
    """
    if len(x) == 0:
        none = np.zeros(0)
        return Neighborhood(0, none.astype(int), none, none, none)
    far = FARTHEST * np.sqrt(footprints.npix / np.pi)
    close = (footprints.x > x.min() - far) & (footprints.x < x.max() + far)
    rows = np.flatnonzero(close & (footprints.y > y.min() - far) & (footprints.y < y.max() + far))
    f = footprints.take(rows)
    isophote = np.sqrt(f.npix / np.pi)
    near = cKDTree(np.column_stack([x, y])).query_ball_point(np.column_stack([f.x, f.y]), FARTHEST * isophote)
    source = np.repeat(np.arange(len(f)), [len(places) for places in near])
    place = np.fromiter(chain.from_iterable(near), int, len(source))
    other = rows[source] != owner[place]
    source, place = source[other], place[other]
    distance2 = np.square(x[place] - f.x[source]) + np.square(y[place] - f.y[source])
    return Neighborhood(len(x), place, distance2, f.threshold[source], isophote[source])


def measure_halos(near: Neighborhood, radius: Float[np.ndarray, " place"]) -> Float[np.ndarray, " place"]:
    """Estimate the light of neighbors' wings in circles around places.

    Parameters
    ----------
    near : Neighborhood
        What lies near the places.
    radius : ndarray, shape (place,)
        Of the circles [pixel].

    Returns
    -------
    ndarray, shape (place,)
        Flux [image unit], of the right order only: how much of it counts is measured in each image.

    Notes
    -----
    Beyond the isophote T at radius r a profile is taken to fall as T (r / d)^4; its mean over a circle of radius R
    around a point at the distance d > R is T r^4 / (d^2 - R^2)^2. Inside r it counts as T.
    """
    outside = np.maximum(near.distance2 - np.square(radius[near.place]), np.square(near.radius))
    mean = near.brightness * np.square(np.square(near.radius) / outside)
    return np.bincount(near.place, mean, near.count) * np.pi * np.square(radius)

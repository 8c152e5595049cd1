"""What stands for a detector: counts of its sources over a map of sources, and one small cutout of each kind."""

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from jaxtyping import Float, Float32, Int
from pydantic import Field

from skysieve.config import STRICT
from skysieve.quality.stamps import resample_stamps


@dataclass(frozen=True)
class FingerprintRecipe:
    """How representative cutouts are chosen and cut.

    Parameters
    ----------
    side : int
        Of a cutout [pixel], odd.
    width : float
        Pixels of a cutout in the FWHM of the camera's usual seeing; cutouts are resampled to that.
    choice : {"random", "largest", "nearest"}
        Which source stands for a cluster: any one drawn by the seed, the one of largest area, or the one nearest to
        its neuron of the map.
    """

    __pydantic_config__ = STRICT

    side: Annotated[int, Field(ge=5)] = 25
    width: Annotated[float, Field(gt=1)] = 4.0
    choice: Literal["random", "largest", "nearest"] = "random"


@dataclass(frozen=True)
class SourceMap:
    """A trained map of sources whose neurons are grouped into clusters.

    ``neurons`` and the features of sources are compared after ``(feature - center) / scale``; ``cluster`` is the
    number of each neuron's cluster.
    """

    neurons: Float[np.ndarray, "neuron feature"]
    center: Float[np.ndarray, " feature"]
    scale: Float[np.ndarray, " feature"]
    cluster: Int[np.ndarray, " neuron"]

    @property
    def n_clusters(self) -> int:
        """Number of clusters."""
        return int(self.cluster.max()) + 1


@dataclass(frozen=True)
class Fingerprint:
    """Of one detector: ``cutouts`` [noise of a pixel, arcsinh], ``hits`` per neuron, ``sources`` chosen (-1: none)."""

    cutouts: Float32[np.ndarray, "cluster y x"]
    hits: Int[np.ndarray, " neuron"]
    sources: Int[np.ndarray, " cluster"]


def choose_sources(
    bmu: Int[np.ndarray, " source"],
    source_map: SourceMap,
    *,
    choice: str,
    area: Float[np.ndarray, " source"],
    distance: Float[np.ndarray, " source"],
    seed: int,
) -> Int[np.ndarray, " cluster"]:
    """Choose the source that stands for each cluster.

    Parameters
    ----------
    bmu : ndarray, shape (source,)
        Best-matching neuron of each source; -1 for sources that cannot be chosen.
    choice : str
        See `FingerprintRecipe`.
    area, distance : ndarray, shape (source,)
        Of each source: its area, and how far it lies from its neuron.
    seed : int
        For the random choice.

    Returns
    -------
    ndarray, shape (cluster,)
        Rows of sources; -1 for a cluster without one.
    """
    cluster = np.where(bmu >= 0, source_map.cluster[bmu], -1)
    rank = {
        "random": np.random.default_rng(seed).permutation(len(bmu)).astype(float),
        "largest": -area,
        "nearest": distance,
    }[choice]
    chosen = np.full(source_map.n_clusters, -1)
    for number in range(source_map.n_clusters):
        rows = np.flatnonzero(cluster == number)
        if len(rows):
            chosen[number] = rows[np.argmin(rank[rows])]
    return chosen


def cut_sources(
    image: Float[np.ndarray, "y x"], places: Float[np.ndarray, "source 2"], sources: Int[np.ndarray, " cluster"], *,
    fwhm: float, recipe: FingerprintRecipe, level: float, noise: float,
) -> Float32[np.ndarray, "cluster v u"]:  # fmt: skip
    """Cut out sources, resampled so that the usual seeing has one width in pixels for every camera.

    Parameters
    ----------
    image : ndarray, shape (y, x)
        Pixels of the detector.
    places : ndarray, shape (source, 2)
        x and y of all sources [pixel].
    sources : ndarray of int, shape (cluster,)
        Which of them; -1 gives a cutout of zeros.
    fwhm : float
        Of the camera's usual seeing [pixel of the image].
    level, noise : float
        Of the sky over the whole detector [image unit]: what a source's own surroundings have more or less of sky
        stays in the cutout.

    Returns
    -------
    ndarray of float32, shape (cluster, v, u)
        arcsinh((image - level) / noise), interpolated linearly; beyond the edges that of the nearest pixel.
    """
    cutouts = np.zeros((len(sources), recipe.side, recipe.side), np.float32)
    chosen = sources >= 0
    if chosen.any():
        stamps = resample_stamps(image, places[sources[chosen]], step=fwhm / recipe.width, side=recipe.side)
        cutouts[chosen] = np.arcsinh((stamps - level) / max(noise, 1e-30))
    return cutouts

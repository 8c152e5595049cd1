"""What the methods beside ours share: subtracted bands, parents, the records that their columns are made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.ndimage import label

from skysieve.extraction.background import BackgroundMesh, split_cells
from skysieve.extraction.bands import CalibratedBand
from skysieve.extraction.detection import EIGHT_CONNECTED
from skysieve.extraction.footprints import Footprints, flag_touching
from skysieve.extraction.recipe import ExtractionRecipe
from skysieve.records import Band, SourceFlag


@dataclass(frozen=True)
class Subtracted:
    """A band as a method sees it: background subtracted, zero where bad, with the noise of every pixel."""

    band: Band
    data: Float[np.ndarray, "y x"]
    rms: Float[np.ndarray, "y x"]
    mesh: BackgroundMesh

    def describe(self) -> CalibratedBand:
        """Return the band with the mesh of its background."""
        return CalibratedBand(self.band, self.band.bad, self.mesh, np.nan)


def combine_bands(
    bands: Sequence[Subtracted],
) -> tuple[Float[np.ndarray, "y x"], Float[np.ndarray, "y x"], Bool[np.ndarray, "y x"]]:
    """Average bands with weights 1/noise^2: the mean, its noise, and where no band is good."""
    if len(bands) == 1:
        return bands[0].data, bands[0].rms, bands[0].band.bad
    weights = [np.where(one.band.bad | (one.rms <= 0), 0, 1 / np.square(np.maximum(one.rms, 1e-30))) for one in bands]
    total = np.sum(weights, axis=0)
    safe = np.where(total > 0, total, 1)
    mean = np.sum([weight * one.data for weight, one in zip(weights, bands, strict=True)], axis=0) / safe
    return mean.astype(np.float32), (1 / np.sqrt(safe)).astype(np.float32), total == 0


def choose_gain(bands: Sequence[Subtracted]) -> float | None:
    """Return electrons per image unit of a single band, None when unknown or when several bands are averaged."""
    gain = bands[0].band.calibration.gain
    return gain if len(bands) == 1 and np.isfinite(gain) else None


def sample_mesh(
    level: Float[np.ndarray, "y x"], rms: Float[np.ndarray, "y x"], recipe: ExtractionRecipe
) -> BackgroundMesh:
    """Return the mesh whose cells hold the values of background images at their centers."""
    edges_y, edges_x = (split_cells(length, recipe.background.mesh) for length in level.shape)
    centers = np.ix_(*([(a + b - 1) // 2 for a, b in pairwise(edges.tolist())] for edges in (edges_y, edges_x)))
    return BackgroundMesh(level[centers].astype(float), rms[centers].astype(float), edges_y, edges_x)


def find_parents(labels: Int[np.ndarray, "y x"], flux: Float[np.ndarray, " source"]) -> Int[np.ndarray, " source"]:
    """Label of the brightest source whose footprint hangs together with each source's, through others too.

    Examples
    --------
    >>> find_parents(np.array([[1, 2, 0, 3]]), np.array([1.0, 5.0, 9.0])).tolist()
    [2, 2, 3]
    """
    groups, count = label(labels > 0, EIGHT_CONNECTED)
    at = np.flatnonzero(labels)
    group = np.zeros(len(flux) + 1, int)
    group[labels.ravel()[at]] = groups.ravel()[at]
    brightest = np.zeros(count + 1, int)
    ascending = np.argsort(flux, kind="stable")
    brightest[group[1:][ascending]] = ascending + 1
    return brightest[group[1:]]


def limit_kron(radius: Float[np.ndarray, " source"], recipe: ExtractionRecipe) -> Float[np.ndarray, " source"]:
    """Semi-axes of the Kron ellipse in units of a and b; the smallest allowed where no radius was measured."""
    photometry = recipe.photometry
    return np.maximum(photometry.kron_factor * np.nan_to_num(radius), photometry.kron_minimum)


def make_footprints(values: Mapping[str, np.ndarray], labels: Int[np.ndarray, "y x"]) -> Footprints:
    """Fill a record of footprints; what a method does not tell is NaN, what the labels tell is counted.

    Parameters
    ----------
    values : mapping of str to ndarray
        Fields of ``Footprints`` by name; at least ``x``, ``theta``, ``flux``, ``peak_x`` and ``peak_y``. Angles of
        any turn become -pi/2 to pi/2; a width that is not positive is that of a failed fit, and becomes NaN.
    labels : ndarray of int, shape (y, x)
        Segmentation map, source k of the arrays labeled k + 1.
    """
    count = len(values["x"])
    known = {
        "label": np.arange(1, count + 1),
        "group": find_parents(labels, values["flux"]),
        "npix": np.bincount(labels.ravel(), minlength=count + 1)[1:],
        "iso0": np.zeros(count, int),
        "flags": np.zeros(count, int),
        **values,
    }
    floats = ("errx2", "erry2", "errxy", "fwhm", "peak", "filtered_peak", "threshold", "margin")
    filled = {name: np.full(count, np.nan) for name in floats} | known
    theta, fwhm = filled["theta"], filled["fwhm"]
    turned = np.where(np.abs(theta) > np.pi / 2, (theta + np.pi / 2) % np.pi - np.pi / 2, theta)
    return Footprints(**filled | {"theta": turned, "fwhm": np.where(fwhm > 0, fwhm, np.nan)})


def flag_pixels(
    band: Subtracted, footprints: Footprints, labels: Int[np.ndarray, "y x"], *, flux: Float[np.ndarray, " source"]
) -> Int[np.ndarray, " source"]:
    """Return the flags that pixels and flux give by any method: bad pixels, saturation, negative flux."""
    count = len(footprints)
    flags: np.ndarray = np.where(flux < 0, int(SourceFlag.NEGATIVE_FLUX), 0)
    flags |= np.where(flag_touching(labels, band.band.bad, count), int(SourceFlag.BAD_PIXELS), 0)
    saturation = band.band.calibration.saturation
    if np.isfinite(saturation):
        touched = np.zeros(count + 1, bool)
        touched[labels[band.band.data >= saturation]] = True
        flags |= np.where(touched[1:], int(SourceFlag.SATURATED), 0)
    return flags


def sum_footprints(
    band: Subtracted, labels: Int[np.ndarray, "y x"], count: int
) -> tuple[Float[np.ndarray, " source"], Float[np.ndarray, " source"], Float[np.ndarray, " source"]]:
    """Flux, its error and the brightest pixel inside the footprints of sources 1..count."""
    at = np.flatnonzero(labels)
    owner, value = labels.ravel()[at], band.data.ravel()[at]
    flux = np.bincount(owner, value, count + 1)[1:].astype(float)  # whole numbers of no pixels
    variance = np.bincount(owner, np.square(band.rms.ravel()[at], dtype=float), count + 1)[1:].astype(float)
    gain = band.band.calibration.gain
    if np.isfinite(gain):
        variance = variance + np.maximum(flux, 0) / gain
    peak = np.full(count + 1, -np.inf, np.float32)
    np.maximum.at(peak, owner, value)
    return flux, np.sqrt(variance), peak[1:].astype(float)

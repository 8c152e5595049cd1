"""Components of a radio map: peaks above the noise, each with the pixels around it, as a source finder lists them."""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from scipy import ndimage
from skimage.segmentation import watershed

FWHM = math.sqrt(8 * math.log(2))

BLOCK = 24
"""Side of the squares in which noise is measured [pixel]."""

ISLAND = 3.0
"""Pixels of a component lie above this many sigma."""


@dataclass(frozen=True, eq=False)
class Components:
    """What was found, the brightest first.

    Places [pixel], flux [unit of a beam] with its error, peak [the map's unit], FWHM along both axes [pixel] as seen
    through the beam, direction of the long one [radian from +x to +y].
    """

    x: Float[np.ndarray, " component"]
    y: Float[np.ndarray, " component"]
    flux: Float[np.ndarray, " component"]
    flux_err: Float[np.ndarray, " component"]
    peak: Float[np.ndarray, " component"]
    major: Float[np.ndarray, " component"]
    minor: Float[np.ndarray, " component"]
    theta: Float[np.ndarray, " component"]

    def __len__(self) -> int:
        return len(self.x)


def find_components(
    image: Float[np.ndarray, "y x"], *, noise: Float[np.ndarray, "y x"], beam: float, threshold: float = 5.0
) -> Components:
    """Find components: one a peak, divided among peaks along the valleys between them.

    Parameters
    ----------
    image
        Without background, no NaN.
    noise
        Standard deviation [the map's unit], one a pixel; near bright sources it holds their sidelobes, as
        `measure_local_noise` does.
    beam
        FWHM of the beam [pixel].
    threshold
        Peaks above this many sigma count.

    Returns
    -------
    Components
        None where nothing stands out.

    Notes
    -----
    The flux is the sum over the pixels above 3 sigma divided by the beam's area, and by 1 - 3 sigma / peak, the share
    of a Gaussian that lies above that level. Moments grow by the same reasoning.
    """
    island = image > ISLAND * noise
    near = np.hypot(*np.mgrid[-3:4, -3:4]) <= max(1.5, 0.6 * beam)
    highest = (image == ndimage.maximum_filter(image, footprint=near)) & (image > threshold * noise)
    row, column = np.nonzero(highest)
    order = np.argsort(-image[row, column], kind="stable")
    row, column = row[order], column[order]
    seeds = np.zeros(image.shape, np.int64)
    seeds[row, column] = np.arange(1, len(row) + 1)
    labels = watershed(-image, seeds, mask=island)  # type: ignore[no-untyped-call]
    return _measure(image, labels, len(row), noise=noise, beam=beam)


def _measure(
    image: Float[np.ndarray, "y x"],
    labels: Int[np.ndarray, "y x"],
    count: int,
    *,
    noise: Float[np.ndarray, "y x"],
    beam: float,
) -> Components:
    y, x = np.nonzero(labels)
    member, light = labels[y, x] - 1, image[y, x].astype(np.float64)

    def add(weight: Float[np.ndarray, " pixel"]) -> Float[np.ndarray, " component"]:
        return np.bincount(member, weight, minlength=count).astype(np.float64)

    total, pixels = add(light), np.bincount(member, minlength=count)
    peak = np.zeros(count)
    np.maximum.at(peak, member, light)
    sigma = np.bincount(member, noise[y, x], minlength=count) / pixels
    share, area = np.maximum(1 - ISLAND * sigma / peak, 0.2), math.pi * beam**2 / (4 * math.log(2))
    center_x, center_y = add(light * x) / total, add(light * y) / total
    dx, dy = x - center_x[member], y - center_y[member]
    xx, yy, xy = (add(light * product) / total / share for product in (dx * dx, dy * dy, dx * dy))
    middle, half = (xx + yy) / 2, np.hypot((xx - yy) / 2, xy)
    major, minor = FWHM * np.sqrt(middle + half), FWHM * np.sqrt(np.maximum(middle - half, 0))
    flux_err = sigma * np.sqrt(np.maximum(pixels / area, 1)) / share
    theta = 0.5 * np.arctan2(2 * xy, xx - yy)
    return Components(center_x, center_y, total / area / share, flux_err, peak, major, minor, theta)


def measure_local_noise(image: Float[np.ndarray, "y x"], *, least: float) -> Float[np.ndarray, "y x"]:
    """Measure the noise around each pixel, sidelobes included; no less than a given one.

    Notes
    -----
    1.48 times the median absolute value in squares of 24 pixels, interpolated between their middles.
    """
    rows, columns = (-(-side // BLOCK) for side in image.shape)
    wide = np.full((rows * BLOCK, columns * BLOCK), np.nan)
    wide[: image.shape[0], : image.shape[1]] = np.abs(image)
    blocks = wide.reshape(rows, BLOCK, columns, BLOCK).transpose(0, 2, 1, 3).reshape(rows, columns, -1)
    level = 1.4826 * np.nanmedian(blocks, axis=2)
    places = [(np.arange(side) - (BLOCK - 1) / 2) / BLOCK for side in image.shape]
    grid = np.meshgrid(*places, indexing="ij")
    return np.maximum(ndimage.map_coordinates(level, grid, order=1, mode="nearest"), least)

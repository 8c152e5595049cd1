"""What makes pixels comparable: scales from 0 to 1, transfer functions, masks and weights."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float, Real

TransferFunction = Literal["linear", "sqrt", "log", "asinh", "power"]


def minmax(data: Real[np.ndarray, "y x"], mask: Bool[np.ndarray, "y x"] | None = None) -> Float[np.ndarray, "y x"]:
    """Scale pixels so that the smallest becomes 0 and the largest 1.

    Parameters
    ----------
    data : ndarray, shape (y, x)
        Pixels in any unit; NaN and infinite ones do not count and are returned as they are.
    mask : ndarray of bool, shape (y, x), optional
        True where pixels are scaled, all by default; the others are returned as they are, so that islands can be
        scaled one after the other.

    Returns
    -------
    ndarray, shape (y, x)
        Where all selected pixels are the same: 1 if they are positive, else 0.

    Examples
    --------
    >>> minmax(np.array([[2.0, 4.0], [3.0, 9.0]]), np.array([[True, True], [True, False]]))
    array([[0. , 1. ],
           [0.5, 9. ]])
    """
    scaled = np.asarray(data, np.float64).copy()
    chosen = np.isfinite(scaled) if mask is None else mask & np.isfinite(scaled)
    values = scaled[chosen]
    if values.size:
        low, high = values.min(), values.max()
        scaled[chosen] = (values - low) / (high - low) if high > low else float(low > 0)
    return scaled


def transfer(
    data: Real[np.ndarray, "..."], function: TransferFunction, *, softening: float = 1.0, power: float = 0.5
) -> Float[np.ndarray, "..."]:
    """Apply a transfer function, which decides how much faint pixels count beside bright ones.

    Parameters
    ----------
    data : ndarray
        Pixels [image unit]; NaN stays NaN.
    function : {"linear", "sqrt", "log", "asinh", "power"}
        ``log`` is to the base of 10, ``asinh`` is asinh(data / softening), ``power`` is data ** power.
    softening : float
        Where asinh turns from linear to logarithmic [image unit]; positive.
    power : float
        The exponent of ``power``.

    Returns
    -------
    ndarray
        NaN where a function is not defined: sqrt and power below zero, log at and below zero.

    Raises
    ------
    ValueError
        If ``softening`` or ``power`` is not positive.

    Examples
    --------
    >>> transfer(np.array([-1.0, 0.0, 100.0]), "log")
    array([nan, nan,  2.])
    """
    if softening <= 0 or power <= 0:
        raise ValueError(f"transfer: softening = {softening:g}, power = {power:g}; positive numbers are wanted")
    values = np.asarray(data, np.float64)
    if function == "linear":
        return values.copy()
    if function == "asinh":
        return np.arcsinh(values / softening)
    allowed = values > 0 if function == "log" else values >= 0
    result = np.full(values.shape, np.nan)
    if function == "log":
        result[allowed] = np.log10(values[allowed])
    else:
        result[allowed] = values[allowed] ** (0.5 if function == "sqrt" else power)
    return result


def square_mask(
    shape: tuple[int, int], *, size: int | None = None, scale: float | None = None
) -> Bool[np.ndarray, "y x"]:
    """Select a square in the middle of an image.

    Parameters
    ----------
    shape : tuple of int
        Rows and columns of the image [pixel].
    size : int, optional
        Side of the square [pixel]. Where its parity is not that of the image, it lies half a pixel to the lower left.
    scale : float, optional
        Its side as a fraction of the image's shorter side, rounded to pixels. One of the two is wanted.

    Raises
    ------
    ValueError
        If not exactly one of ``size`` and ``scale`` is given, or it is negative.

    Examples
    --------
    >>> square_mask((4, 4), size=2).astype(int)
    array([[0, 0, 0, 0],
           [0, 1, 1, 0],
           [0, 1, 1, 0],
           [0, 0, 0, 0]])
    """
    side = round(_choose_extent(None if size is None else float(size), scale, float(min(shape))))
    rows, columns = (np.arange(n) - (n - side) // 2 for n in shape)
    return ((rows >= 0) & (rows < side))[:, None] & ((columns >= 0) & (columns < side))


def circular_mask(
    shape: tuple[int, int], *, radius: float | None = None, scale: float | None = None
) -> Bool[np.ndarray, "y x"]:
    """Select a disk in the middle of an image.

    Parameters
    ----------
    shape : tuple of int
        Rows and columns of the image [pixel].
    radius : float, optional
        Of the disk [pixel]; pixels whose center lies within it are selected.
    scale : float, optional
        The diameter as a fraction of the image's shorter side. One of the two is wanted.

    Raises
    ------
    ValueError
        If not exactly one of ``radius`` and ``scale`` is given, or it is negative.

    Examples
    --------
    >>> circular_mask((3, 4), radius=1.2).astype(int)
    array([[0, 1, 1, 0],
           [0, 1, 1, 0],
           [0, 1, 1, 0]])
    """
    return measure_radii(shape) <= _choose_extent(radius, scale, min(shape) / 2)


def radial_weights(shape: tuple[int, int], *, sigma: float) -> Float[np.ndarray, "y x"]:
    """Return a Gaussian of height 1 in the middle of an image, by which its outskirts count less.

    Parameters
    ----------
    shape : tuple of int
        Rows and columns of the image [pixel].
    sigma : float
        Standard deviation of the Gaussian [pixel].

    Raises
    ------
    ValueError
        If ``sigma`` is not positive.
    """
    if not sigma > 0:
        raise ValueError(f"radial_weights: sigma = {sigma:g} pixels; a positive number is wanted")
    return np.exp(-0.5 * (measure_radii(shape) / sigma) ** 2)


def measure_radii(shape: tuple[int, int]) -> Float[np.ndarray, "y x"]:
    """Return the distance of every pixel from the middle of an image [pixel]."""
    rows, columns = (np.arange(n) - (n - 1) / 2 for n in shape)
    return np.hypot(rows[:, None], columns)


def balance_channels(sums: Real[np.ndarray, "image channel"], *, shares: Sequence[float] = ()) -> tuple[float, ...]:
    """Return the weights by which the channels' median sums of pixels become equal, or as asked.

    Parameters
    ----------
    sums : ndarray, shape (image, channel)
        Sum of all pixels of each channel at weight 1; NaN and zero (an empty channel) do not count.
    shares : sequence of float
        How much each channel is to count; equal by default.

    Returns
    -------
    tuple of float
        The largest is 1, so that pixels from 0 to 1 stay there.

    Raises
    ------
    ValueError
        If ``shares`` are not one positive number a channel, or a channel is empty in all images.

    Notes
    -----
    Section 9.2 of Vantyghem et al.: a starting point, from which the right weights are found by experiment.

    Examples
    --------
    >>> balance_channels(np.array([[2.0, 30.0], [4.0, 60.0], [6.0, 90.0]]))
    (1.0, 0.06666666666666667)
    """
    wanted = np.asarray(shares or np.ones(sums.shape[1]), np.float64)
    if wanted.shape != sums.shape[1:] or not (wanted > 0).all():
        raise ValueError(f"shares = {list(shares)}: one positive number for each of {sums.shape[1]} channels is wanted")
    medians = np.array([_median_filled(channel) for channel in np.asarray(sums, np.float64).T])
    if not (medians > 0).all():
        empty = int(np.argmin(medians > 0))
        raise ValueError(f"channel {empty}: the median sum of its pixels is {medians[empty]:g}; give weights yourself")
    weights = wanted / medians
    return tuple(float(weight) for weight in weights / weights.max())


def reweight(
    images: Real[np.ndarray, "image channel y x"], *, old: Sequence[float], new: Sequence[float]
) -> Float[np.ndarray, "image channel y x"]:
    """Replace the channel weights that were multiplied into images.

    Parameters
    ----------
    images : ndarray, shape (image, channel, y, x)
        Prepared images; NaN stays NaN.
    old, new : sequence of float
        The weights in the images, and those wanted; one positive number a channel.

    Raises
    ------
    ValueError
        If a weight is missing or not positive.
    """
    for name, weights in (("old", old), ("new", new)):
        if len(weights) != images.shape[1] or not min(weights) > 0:
            raise ValueError(f"{name} = {list(weights)}: one positive number for each channel is wanted")
    factor = np.asarray(new, np.float64) / np.asarray(old, np.float64)
    return images * factor.astype(images.dtype)[:, None, None]


def _choose_extent(extent: float | None, scale: float | None, full: float) -> float:
    """Return the extent that was given, or that fraction of the full one."""
    if (extent is None) == (scale is None):
        raise ValueError("mask: give either its size in pixels or its scale, and not both")
    chosen = extent if extent is not None else (scale or 0.0) * full
    if chosen < 0:
        raise ValueError(f"mask: its extent is {chosen:g}; a positive number is wanted")
    return chosen


def _median_filled(sums: Float[np.ndarray, " image"]) -> float:
    filled = sums[np.isfinite(sums) & (sums != 0)]
    return float(np.median(filled)) if filled.size else 0.0

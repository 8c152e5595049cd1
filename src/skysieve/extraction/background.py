"""Background level and noise on a mesh, and their smooth interpolation over any window of the image."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import final

import numpy as np
import sep
from jaxtyping import Bool, Float, Int
from scipy.interpolate import CubicSpline
from scipy.ndimage import distance_transform_edt, median_filter

from skysieve.extraction.recipe import BackgroundRecipe

LEAST_GOOD = 0.1
"""A cell with a smaller share of good pixels takes its values from its neighbors."""

LEAST_NOISE = 0.05
"""No cell is quieter than this share of the median cell: it holds padding or clipped values, not sky."""

QUANTIZED_NOISE = 12**-0.5
"""Noise of rounding to whole numbers, the least that an image of integers can have [image unit]."""

SAFE_RANGE = (1e-15, 1e15)
"""Cells whose brightest pixel lies outside [image unit] are rescaled: sep takes values beyond 1e30 for blanks."""

ROWS_AT_ONCE = 256

SOURCES_AT_ONCE = 50_000


@dataclass(frozen=True)
class BackgroundMesh:
    """Level and noise in the cells of a regular mesh.

    Parameters
    ----------
    level, rms : ndarray, shape (cell_y, cell_x)
        Background and its standard deviation per pixel [image unit]; finite, ``rms`` zero only if all of it is.
    edges_y, edges_x : ndarray
        Cell borders [pixel], one more than cells.
    least_rms : float
        Noise below which no cell can lie, whatever its pixels say [image unit].
    """

    level: Float[np.ndarray, "cell_y cell_x"]
    rms: Float[np.ndarray, "cell_y cell_x"]
    edges_y: np.ndarray
    edges_x: np.ndarray
    least_rms: float = 0.0

    @cached_property
    def along_y(self) -> "_Weights":
        """How rows weight the cells."""
        return _Weights(self.edges_y)

    @cached_property
    def along_x(self) -> "_Weights":
        """How columns weight the cells."""
        return _Weights(self.edges_x)

    @property
    def median_rms(self) -> float:
        """Median noise of one pixel [image unit]."""
        return float(np.median(self.rms))


def measure_background(
    read_rows: Callable[[slice], tuple[Float[np.ndarray, "y x"], Bool[np.ndarray, "y x"]]],
    shape: tuple[int, int],
    recipe: BackgroundRecipe,
) -> BackgroundMesh:
    """Measure level and noise in every mesh cell, then median-filter the mesh.

    Parameters
    ----------
    read_rows : callable
        Gives data [image unit] and bad mask of a slice of rows; asked for once per row of cells.
    shape : tuple of int
        Rows and columns of the image [pixel].
    recipe : BackgroundRecipe
        Cell size and filter width.

    Returns
    -------
    BackgroundMesh
        Level and noise are 0 when no pixel is good; noise is 0 when the good pixels are constant. Where clipping
        leaves no noise anywhere (photon counts, noiseless simulations), it is the standard deviation of all pixels.

    Notes
    -----
    The estimator is SExtractor's, as sep has it: clip at 3 sigma to convergence, then 2.5 median - 1.5 mean, or the
    mean where clipping changed sigma by less than 20 % (Bertin & Arnouts 1996, section 3).
    """
    edges_y, edges_x = (split_cells(length, recipe.mesh) for length in shape)
    level = np.full((len(edges_y) - 1, len(edges_x) - 1), np.nan)
    rms, spread = level.copy(), np.zeros_like(level)
    integral = True
    for row, (start, stop) in enumerate(pairwise(edges_y)):
        data, bad = read_rows(slice(int(start), int(stop)))
        sample = data[::7][~bad[::7]]  # padding and bad rows are zero, which says nothing about the rest
        integral &= bool((sample == np.rint(sample)).all())
        for column, (left, right) in enumerate(pairwise(edges_x)):
            cell = _take_good(data[:, left:right], bad[:, left:right])
            level[row, column], rms[row, column] = _measure_cell(cell)
            spread[row, column] = _measure_spread(cell) if rms[row, column] == 0 else 0
    level, rms = _fill(level), _fill(rms)
    rms = rms if (rms > 0).any() else spread
    least = 0.0
    if (rms > 0).any():
        least = max(float(LEAST_NOISE * np.median(rms[rms > 0])), QUANTIZED_NOISE if integral else 0)
    return filter_mesh(BackgroundMesh(level, np.maximum(rms, least), edges_y, edges_x, least), recipe)


def filter_mesh(mesh: BackgroundMesh, recipe: BackgroundRecipe) -> BackgroundMesh:
    """Median-filter level and noise, so that one odd cell does not show."""
    size = (recipe.filter, recipe.filter)
    level, rms = (median_filter(values, size, mode="nearest") for values in (mesh.level, mesh.rms))
    return replace(mesh, level=level, rms=rms)


def evaluate_mesh(
    values: Float[np.ndarray, "cell_y cell_x"], mesh: BackgroundMesh, *, rows: slice, columns: slice
) -> Float[np.ndarray, "y x"]:
    """Interpolate mesh values over a window by natural cubic splines, as float32.

    The value of a pixel does not depend on the window it is asked for in.
    """
    along_y = mesh.along_y.at(np.arange(rows.start, rows.stop))
    along_x = mesh.along_x.at(np.arange(columns.start, columns.stop))
    knots = along_y @ values
    low, high = _limit(values)
    window = np.empty((len(along_y), len(along_x)), np.float32)
    for start in range(0, len(knots), ROWS_AT_ONCE):  # in float64, so that the window's place does not show
        block = knots[start : start + ROWS_AT_ONCE] @ along_x.T
        window[start : start + ROWS_AT_ONCE] = np.clip(block, low, high, out=block)
    return window


def evaluate_mesh_at(
    values: Float[np.ndarray, "cell_y cell_x"],
    mesh: BackgroundMesh,
    *,
    x: Float[np.ndarray, " source"],
    y: Float[np.ndarray, " source"],
) -> Float[np.ndarray, " source"]:
    """Interpolate mesh values at positions [pixel]; NaN positions give NaN."""
    found = np.empty(len(x))
    for start in range(0, len(x), SOURCES_AT_ONCE):  # a row of cells a source: a million of them would take gigabytes
        part = slice(start, start + SOURCES_AT_ONCE)
        along_y, along_x = mesh.along_y.at(y[part]), mesh.along_x.at(x[part])
        found[part] = np.einsum("sy,sy->s", along_y, along_x @ values.T)
    return np.clip(found, *_limit(values))


def split_cells(length: int, mesh: int) -> Int[np.ndarray, " edge"]:
    """Borders of near-equal cells of about ``mesh`` pixels; at least one cell."""
    cells = max(1, round(length / mesh))
    return np.round(np.linspace(0, length, cells + 1)).astype(int)


def _take_good(data: np.ndarray, bad: np.ndarray) -> np.ndarray:
    """Pixels of one cell without the bad ones; none where too few are good."""
    good = bad.size - np.count_nonzero(bad)
    if good < max(1, LEAST_GOOD * bad.size):
        return data[:0]
    return data if good == bad.size else data[~bad].reshape(1, -1)


def _measure_cell(data: np.ndarray) -> tuple[float, float]:
    """Level and noise of one cell, NaN without pixels; no noise where clipping leaves one value."""
    if data.size == 0:
        return np.nan, np.nan
    unit = _choose_unit(data)
    data = np.ascontiguousarray(data if unit == 1 else data / np.float32(unit))
    cell = sep.Background(data, bw=data.shape[1], bh=data.shape[0], fw=1, fh=1)
    return unit * cell.globalback, unit * float(cell.rms()[0, 0])  # its globalrms of a constant cell would be 1


def _choose_unit(data: np.ndarray) -> float:
    """Power of two that brings a cell into the range that sep can hold, 1 where it lies there already."""
    low, high = SAFE_RANGE
    brightest = max(float(data.max()), -float(data.min()))
    if low < brightest < high or brightest == 0:
        return 1.0
    typical = float(np.median(np.abs(data))) or brightest
    return float(2.0 ** np.floor(np.log2(typical)))


def _measure_spread(data: np.ndarray) -> float:
    """Return the standard deviation of all pixels of a cell, exactly zero where they are equal."""
    return float(data.std(dtype=float)) if data.size and data.min() < data.max() else 0.0


def _fill(values: np.ndarray) -> np.ndarray:
    """Replace NaN cells by their nearest measured neighbor; all NaN becomes zero."""
    unknown = np.isnan(values)
    if unknown.all():
        return np.zeros_like(values)
    nearest = distance_transform_edt(unknown, return_distances=False, return_indices=True)
    filled: np.ndarray = values[tuple(nearest)]
    return filled


def _limit(values: np.ndarray) -> tuple[float, float]:
    """Bounds that keep a spline from overshooting: the extremes of the mesh and a tenth of their distance beyond."""
    low, high = float(values.min()), float(values.max())
    beyond = 0.1 * (high - low)
    return (max(low / 2, low - beyond) if low > 0 else low - beyond), high + beyond


@final
class _Weights:
    """Natural cubic splines through the centers of cells along one axis, linear beyond the outermost."""

    def __init__(self, edges: np.ndarray) -> None:
        self.centers = (edges[:-1] + edges[1:] - 1) / 2
        self.spline = (
            CubicSpline(self.centers, np.eye(len(self.centers)), bc_type="natural") if len(edges) > 2 else None
        )

    def at(self, positions: np.ndarray) -> Float[np.ndarray, "position cell"]:
        """Matrix that takes cell values to positions [pixel]."""
        if self.spline is None:
            return np.ones((len(positions), 1))
        first, last = self.centers[0], self.centers[-1]
        matrix: np.ndarray = self.spline(np.clip(positions, first, last))
        for end, beyond in ((first, positions < first), (last, positions > last)):
            if beyond.any():
                matrix[beyond] += (positions[beyond] - end)[:, None] * self.spline(end, 1)
        return matrix

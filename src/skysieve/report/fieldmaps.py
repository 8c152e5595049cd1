"""Maps over one detector: PSF size and shape, PSF stamps, background."""

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes

from skysieve.extraction import evaluate_psf
from skysieve.records import Catalog, PsfModel
from skysieve.report.pictures import encode_png, make_gray_palette
from skysieve.report.quantities import get_numbers, select_stars
from skysieve.report.stretch import Limits, average_blocks, stretch_asinh
from skysieve.report.svg import INK, add_colorbar, make_colormap, make_figure, render_svg

_LEAST_STARS = 5
_FRAME_CODE = 90


def draw_psf_field(catalog: Catalog, shape: tuple[int, int]) -> bytes | None:
    """Draw FWHM and ellipticity of the stars over the field.

    Cells of about five stars each: the color is the median FWHM [pixel], the whisker the median ellipticity along its
    angle, combined as (e cos 2 theta, e sin 2 theta).

    Returns
    -------
    bytes or None
        SVG; None where fewer than five stars have a finite FWHM.
    """
    stars = catalog.take(select_stars(catalog))
    x, y, fwhm = (get_numbers(stars, name) for name in ("x", "y", "fwhm"))
    known = np.isfinite(x + y + fwhm)
    if known.sum() < _LEAST_STARS:
        return None
    grid = _choose_grid(shape, int(known.sum()))
    row = np.clip((y[known] + 0.5) / shape[0] * grid[0], 0, grid[0] - 1).astype(int)
    column = np.clip((x[known] + 0.5) / shape[1] * grid[1], 0, grid[1] - 1).astype(int)
    cell = row * grid[1] + column
    figure, axes = make_figure(*_size_figure(shape))
    median = np.ma.masked_invalid(_reduce_cells(fwhm[known], cell, grid))
    image = axes.imshow(median, origin="lower", extent=_get_extent(shape), cmap=make_colormap(low=0.35))
    add_colorbar(figure, image, axes, label="median FWHM [pixel]")
    ellipticity, angle = get_numbers(stars, "ellipticity")[known], np.radians(get_numbers(stars, "theta")[known])
    components = [_reduce_cells(ellipticity * turn(2 * angle), cell, grid) for turn in (np.cos, np.sin)]
    _draw_whiskers(axes, np.stack(components), shape)
    _label_pixels(axes)
    return render_svg(figure)


def draw_background(background: Float[np.ndarray, "v u"], shape: tuple[int, int]) -> bytes | None:
    """Draw the background map with its scale [image unit], as SVG; None where no value is finite.

    Parameters
    ----------
    background : ndarray, shape (v, u)
        Any grid that covers the detector; NaN stays clear.
    shape : tuple of int
        Rows and columns of the detector [pixel].
    """
    bad = ~np.isfinite(background)
    if bad.all():
        return None
    mean, bad_fraction = average_blocks(background, bad, -(-max(background.shape) // 96))
    shown = np.ma.masked_where(bad_fraction >= 1, mean)
    figure, axes = make_figure(*_size_figure(shape))
    image = axes.imshow(
        shown, origin="lower", extent=_get_extent(shape), cmap=make_colormap(low=0.0, high=1.0), interpolation="none"
    )
    add_colorbar(figure, image, axes, label="background [image unit]")
    _label_pixels(axes)
    return render_svg(figure)


def draw_psf_stamps(psf: PsfModel) -> bytes:
    """Draw the PSF model at three by three places of the field as PNG, on a scale that shows its wings."""
    places = (np.array([-0.9, 0.0, 0.9]) + 1) / 2
    y, x = (at.ravel() for at in np.meshgrid(*((side - 1) * places for side in psf.shape), indexing="ij"))
    framed = [_frame(stamp) for stamp in evaluate_psf(psf, x, y)]
    stamps = np.vstack([np.hstack(framed[start : start + 3]) for start in (0, 3, 6)])
    peak = float(np.nanmax(stamps, initial=1e-12))
    brightness = stretch_asinh(stamps, Limits(0.0, 0.01 * peak, peak))
    codes = np.where(np.isnan(stamps), _FRAME_CODE, np.round(249 * brightness)).astype(np.uint8)
    return encode_png(codes, make_gray_palette())


def _frame(stamp: Float[np.ndarray, "y x"]) -> Float[np.ndarray, "v u"]:
    """Put one pixel of nothing around a stamp."""
    return np.pad(stamp, 1, constant_values=np.nan)


def _choose_grid(shape: tuple[int, int], n_stars: int) -> tuple[int, int]:
    """Rows and columns of nearly square cells that hold about five stars each, at most 12 along a side."""
    cell = np.sqrt(shape[0] * shape[1] / max(n_stars / 5, 1))
    rows, columns = (int(np.clip(round(length / cell), 1, 12)) for length in shape)
    return rows, columns


def _reduce_cells(
    values: Float[np.ndarray, " star"], cell: np.ndarray, grid: tuple[int, int]
) -> Float[np.ndarray, "row column"]:
    """Return the median of the values in each cell; NaN where there is none."""
    reduced = np.full(grid[0] * grid[1], np.nan)
    for index in np.unique(cell):
        inside = values[(cell == index) & np.isfinite(values)]
        if inside.size:
            reduced[index] = np.median(inside)
    return reduced.reshape(grid)


def _draw_whiskers(axes: Axes, components: Float[np.ndarray, "2 row column"], shape: tuple[int, int]) -> None:
    """Draw headless lines along the major axes and a key that most of them do not exceed."""
    rows, columns = components.shape[1:]
    size = np.hypot(*components)
    angle = 0.5 * np.arctan2(components[1], components[0])
    x, y = np.meshgrid(*((np.arange(n) + 0.5) * s / n - 0.5 for n, s in ((columns, shape[1]), (rows, shape[0]))))
    if not np.isfinite(size).any():
        return
    typical = float(np.nanpercentile(size, 90))
    key = next((step for step in (0.02, 0.05, 0.1, 0.2, 0.5) if step >= typical), 1.0)
    cell = min(shape[1] / columns, shape[0] / rows)
    arrows = axes.quiver(
        x, y, size * np.cos(angle), size * np.sin(angle), pivot="mid", headwidth=0, headlength=0, headaxislength=0,
        angles="xy", scale_units="x", scale=key / (0.9 * cell), width=0.008, color="white", edgecolor="black",
        linewidth=0.4,
    )  # fmt: skip
    axes.set_title(" ", fontsize=10)
    axes.quiverkey(
        arrows, 0.1, 1.05, key, f"ellipticity {key:g}", labelpos="E", color=INK, labelcolor=INK, edgecolor=INK
    )


def _size_figure(shape: tuple[int, int]) -> tuple[float, float]:
    """Width and height [inch] that suit a detector of this shape."""
    height = float(np.clip(3.6 * shape[0] / shape[1], 2.6, 5.6))
    return float(np.clip(height * shape[1] / shape[0] + 1.6, 3.0, 6.0)), height


def _get_extent(shape: tuple[int, int]) -> tuple[float, float, float, float]:
    return -0.5, shape[1] - 0.5, -0.5, shape[0] - 0.5


def _label_pixels(axes: Axes) -> None:
    axes.set_xlabel("x [pixel]")
    axes.set_ylabel("y [pixel]")

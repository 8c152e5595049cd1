"""Small pictures of flagged sources: which ones, and how they are drawn."""

import numpy as np
from jaxtyping import Int

from skysieve.records import Band, Catalog, SourceFlag, decode_flags
from skysieve.report.pictures import encode_png, find_edges, make_gray_palette
from skysieve.report.preview import Thumbnail
from skysieve.report.quantities import IMAGE_WIDE, get_flags, get_numbers, measure_brightness
from skysieve.report.stretch import Limits, measure_limits, stretch_asinh

_HALF_SIZES = (10, 40)
"""Smallest and largest half side of a thumbnail [pixel]."""


def choose_examples(catalog: Catalog, *, per_flag: int = 4) -> list[tuple[int, SourceFlag]]:
    """Choose the brightest sources of each flag, no source twice, the rarest flags first.

    Parameters
    ----------
    catalog : Catalog
        Sources of one detector; flags that repeat what is missing in the whole image get no examples.
    per_flag : int
        Sources wished for each flag.

    Returns
    -------
    list of (row, flag)
        In the order of the flag bits; empty when nothing is flagged.
    """
    flags = get_flags(catalog)
    order = np.argsort(-measure_brightness(catalog), kind="stable")
    counts = {flag: int(np.count_nonzero(flags & int(flag))) for flag in SourceFlag if not flag & IMAGE_WIDE}
    taken: dict[int, SourceFlag] = {}
    for flag in sorted((f for f in counts if counts[f]), key=lambda f: (counts[f], int(f))):
        rows = [int(row) for row in order[(flags[order] & int(flag)) != 0] if int(row) not in taken]
        taken.update(dict.fromkeys(rows[:per_flag], flag))
    return sorted(taken.items(), key=lambda item: int(item[1]))


def draw_thumbnails(
    band: Band, labels: Int[np.ndarray, "y x"] | None, catalog: Catalog, *, per_flag: int = 4
) -> tuple[Thumbnail, ...]:
    """Draw examples of flagged sources, each with its outline; a source without a finite position is left out."""
    x, y = get_numbers(catalog, "x"), get_numbers(catalog, "y")
    chosen = [(row, flag) for row, flag in choose_examples(catalog, per_flag=per_flag) if np.isfinite(x[row] + y[row])]
    if not chosen:
        return ()
    step = max(1, max(band.data.shape) // 500)
    sample = (slice(None, None, step), slice(None, None, step))
    limits = measure_limits(band.data[sample][~band.bad[sample]])
    ids = catalog["id"] if "id" in catalog.names else np.arange(len(catalog))
    flags = get_flags(catalog)
    return tuple(
        Thumbnail(
            id=str(ids[row]),
            flag=str(flag.name).lower(),
            names=tuple(decode_flags(int(flags[row]))),
            picture=_draw_one(band, labels, catalog.take(np.array([row])), limits=limits),
        )
        for row, flag in chosen
    )


def _draw_one(band: Band, labels: Int[np.ndarray, "y x"] | None, source: Catalog, *, limits: Limits) -> bytes:
    """Cut out one source, magnify it and draw its outline; white is the brightest pixel of the cutout."""
    axis = np.nan_to_num(get_numbers(source, "a")[0])
    half = round(float(np.clip(4 * axis, *_HALF_SIZES)))
    window = tuple(
        slice(max(center - half, 0), min(center + half + 1, length))
        for center, length in zip(_find_center(source, band.data.shape), band.data.shape, strict=True)
    )
    data, bad = band.data[window], band.bad[window]
    times = max(1, 120 // (2 * half + 1))
    white = max(float(data.max(initial=limits.black, where=~bad)), limits.black + 3 * limits.softening)
    brightness = stretch_asinh(data.astype(np.float64), Limits(limits.black, limits.softening, white))
    codes = np.where(bad, 250, np.round(249 * brightness)).astype(np.uint8).repeat(times, axis=0).repeat(times, axis=1)
    if labels is not None:
        large = labels[window].repeat(times, axis=0).repeat(times, axis=1)
        number = int(source["number"][0]) if "number" in source.names else 0
        edges = find_edges(large)
        codes[edges] = np.where(large[edges] == number, 252, 251)
    return encode_png(codes, make_gray_palette())


def _find_center(source: Catalog, shape: tuple[int, ...]) -> tuple[int, int]:
    """Return the row and column of a source, moved inside the image where it lies outside."""
    x, y = get_numbers(source, "x")[0], get_numbers(source, "y")[0]
    return round(float(np.clip(y, 0, shape[0] - 1))), round(float(np.clip(x, 0, shape[1] - 1)))

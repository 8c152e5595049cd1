"""Fluxes of the sources of a real image: windows around groups, told apart, and put back into the catalog's rows."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float, Float32, Int

from skysieve.deblending.flags import DeblendFlag
from skysieve.deblending.grouping import Window, plan_windows
from skysieve.deblending.model import Model, Told, Windows, tell_apart
from skysieve.deblending.network import LEVELS
from skysieve.extraction import Extraction, ExtractionRecipe, evaluate_psf, extract, measure_stamp_shape
from skysieve.extraction.background import BackgroundMesh, evaluate_mesh
from skysieve.extraction.bands import calibrate_band
from skysieve.extraction.psf import adopt_psf
from skysieve.records import Band, Catalog, Column, Detector, PsfModel

GUESSED_FWHM = 3.0
"""Width of the PSF where none is known [pixel]."""

BATCH = 16
"""Windows that are looked at together."""


@dataclass(frozen=True)
class Sky:
    """A band without its background, in units of its noise: ``pixels`` (bad ones 0), ``bad``, and the ``noise``."""

    pixels: Float32[np.ndarray, "y x"]
    bad: Bool[np.ndarray, "y x"]
    noise: Float32[np.ndarray, "y x"]


@dataclass(frozen=True)
class Fluxes:
    """What was measured of each source in one band, NaN where there is no flux; fluxes in the image's unit.

    ``quantiles`` at ``LEVELS``; ``total`` all light of the model; ``first``, ``second``, ``correlation`` are the pairs
    of sources of one group, and the correlation of their errors.
    """

    quantiles: Float[np.ndarray, "source level"]
    total: Float[np.ndarray, " source"]
    blendedness: Float[np.ndarray, " source"]
    p_hidden: Float[np.ndarray, " source"]
    ood: Bool[np.ndarray, " source"]
    group: Int[np.ndarray, " source"]
    flags: Int[np.ndarray, " source"]
    first: Int[np.ndarray, " pair"]
    second: Int[np.ndarray, " pair"]
    correlation: Float[np.ndarray, " pair"]


@dataclass(frozen=True)
class Deblended:
    """Fluxes by band, the forced extraction beside them, and which of its rows is whose (-1 for none)."""

    fluxes: dict[str, Fluxes]
    extraction: Extraction
    row: Int[np.ndarray, " source"]
    messages: tuple[str, ...]


def deblend_detector(
    detector: Detector,
    positions: Catalog,
    model: Model,
    *,
    psf: PsfModel | None = None,
    noise: float | None = None,
    extraction: ExtractionRecipe | None = None,
) -> Deblended:
    """Measure the sources of a catalog on an image, every group of overlapping ones together.

    Parameters
    ----------
    detector : Detector
        The image, one band or several; each band is told apart by itself at the same positions.
    positions : Catalog
        ``x, y`` [pixel] or ``ra, dec`` [deg] of the sources.
    model : Model
        The weights.
    psf : PsfModel, optional
        By default it is measured on the image's stars.
    noise : float, optional
        Standard deviation of a pixel [image unit] in every band; by default it is measured.
    extraction : ExtractionRecipe, optional
        Of the Kron and aperture fluxes, the background and the noise.

    Returns
    -------
    Deblended
        Rows in the order of ``positions``. Positions outside of the image, and all where the image cannot be measured,
        have NaN and a flag; no other flux is NaN.

    Raises
    ------
    ValueError
        If the noise is not positive, or the catalog has no positions that the image can use.
    """
    if noise is not None and not (np.isfinite(noise) and noise > 0):
        raise ValueError(f"noise = {noise:g}: a positive standard deviation of a pixel is wanted, in the image's unit")
    rows = positions.with_column(Column("id", "i8"), np.arange(len(positions)))
    recipe = extraction or ExtractionRecipe()
    measured = extract(detector, recipe, psf=psf, positions=rows)
    catalog = measured.catalog
    row = np.full(len(positions), -1)
    if len(catalog):
        row[catalog["input_id"].astype(int)] = np.arange(len(catalog))
    if psf is not None:
        measured = replace(measured, psf=adopt_psf(psf, detector.shape))
    found = deblend_extraction(detector, measured, model, recipe=recipe, noise=noise, row=row)
    flags = _flag_rows(positions, row, detector, measured)
    return replace(found, fluxes={name: replace(one, flags=one.flags | flags) for name, one in found.fluxes.items()})


def deblend_extraction(
    detector: Detector,
    measured: Extraction,
    model: Model,
    *,
    recipe: ExtractionRecipe,
    noise: float | None = None,
    row: Int[np.ndarray, " source"] | None = None,
) -> Deblended:
    """Tell the sources of an extraction apart, with its background, noise and PSF.

    Parameters
    ----------
    detector : Detector
        The image.
    measured : Extraction
        Of our own method: its sources are measured.
    model : Model
        The weights.
    recipe : ExtractionRecipe
        With which it was extracted.
    noise : float, optional
        Standard deviation of a pixel [image unit] in every band.
    row : ndarray, shape (source,), optional
        Which row of the extraction each row of the result is, -1 for none; by default all in their order.
    """
    catalog = measured.catalog
    row = np.arange(len(catalog)) if row is None else row
    shape, guessed = _describe_psf(measured.psf, detector.shape)
    fluxes = {}
    for number, band in enumerate(detector.bands):
        mesh = measured.mesh if number == detector.reference else calibrate_band(band, recipe.background).mesh
        own = _make_empty(len(catalog))
        if mesh is not None:
            own = _measure_band(_read_sky(band, mesh, noise=noise), catalog, model, shape=shape)
        spread = _spread_rows(own, row)
        extra = np.where(row >= 0, int(DeblendFlag.GUESSED_PSF) if guessed else 0, 0)
        fluxes[band.name] = replace(spread, flags=spread.flags | extra)
    return Deblended(fluxes, measured, row, measured.messages)


def _describe_psf(psf: PsfModel | None, shape: tuple[int, int]) -> tuple[Float[np.ndarray, "3"], bool]:
    """Return FWHM [pixel] and ellipticity of the PSF in the middle of the image, and whether they are a guess."""
    if psf is None:
        return np.array([GUESSED_FWHM, 0.0, 0.0]), True
    rows, columns = shape
    stamp = evaluate_psf(psf, np.array([columns / 2]), np.array([rows / 2]))[0].astype(float)
    _, ellipticity, theta = measure_stamp_shape(stamp)
    turn, flat = 2 * np.radians(theta), ellipticity / (2 - ellipticity)
    return np.array([psf.fwhm, flat * np.cos(turn), flat * np.sin(turn)]), False


def _flag_rows(
    positions: Catalog, row: Int[np.ndarray, " source"], detector: Detector, measured: Extraction
) -> Int[np.ndarray, " source"]:
    """Flag the rows that have no place on the image."""
    flags = np.zeros(len(positions), int)
    names = {name.lower(): name for name in positions.names}
    pair = ("ra", "dec") if {"ra", "dec"} <= set(names) and detector.wcs is not None else ("x", "y")
    known = np.isfinite(sum(positions[names[one]].astype(float) for one in pair)) if set(pair) <= set(names) else True
    lost = row < 0
    nothing = len(measured.catalog) == 0 and measured.mesh is None
    flags[lost & ~known] |= int(DeblendFlag.NO_POSITION)
    flags[lost & known] |= int(DeblendFlag.NO_IMAGE if nothing else DeblendFlag.OFF_IMAGE)
    return flags


def _read_sky(band: Band, mesh: BackgroundMesh, *, noise: float | None) -> Sky:
    """Take the background off, and divide by the noise."""
    everywhere = {"rows": slice(0, band.data.shape[0]), "columns": slice(0, band.data.shape[1])}
    level, rms = (evaluate_mesh(values, mesh, **everywhere) for values in (mesh.level, mesh.rms))
    if noise is not None:
        rms = np.full_like(rms, noise)
    rms = np.maximum(rms, 1e-30)
    bad = band.bad | ~np.isfinite(band.data)
    pixels = np.where(bad, 0, (band.data - level) / rms).astype(np.float32)
    return Sky(pixels, bad, rms.astype(np.float32))


def _measure_band(sky: Sky, catalog: Catalog, model: Model, *, shape: Float[np.ndarray, "3"]) -> Fluxes:
    """Measure all sources of one band."""
    x, y = catalog["x"].astype(float), catalog["y"].astype(float)
    radius = np.nan_to_num(catalog["flux_radius"].astype(float), nan=0.0)
    size = np.clip(radius, 0.5 * shape[0], 20.0)
    windows = plan_windows(x, y, size)
    found = _make_empty(len(catalog))
    pairs: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    for number, window in enumerate(windows):
        found.group[window.own] = number
        found.flags[window.own] |= int(DeblendFlag.LARGE_GROUP) if window.cut else 0
    by_side: dict[int, list[Window]] = defaultdict(list)
    for window in windows:
        by_side[window.side].append(window)
    for same in by_side.values():
        pairs += [
            _tell(sky, same[start : start + BATCH], (x, y), model, shape=shape, found=found)
            for start in range(0, len(same), BATCH)
        ]
    _flag_sources(found, sky, x, y, width=float(shape[0]))
    first, second, ties = (np.concatenate([np.zeros(0, kind), *(pair[place] for pair in pairs)])
                           for place, kind in enumerate((int, int, float)))  # fmt: skip
    return replace(found, first=first, second=second, correlation=ties)


def _make_empty(number: int) -> Fluxes:
    nothing = np.full(number, np.nan)
    none = np.zeros(0, int)
    return Fluxes(
        quantiles=np.full((number, len(LEVELS)), np.nan), total=nothing.copy(), blendedness=nothing.copy(),
        p_hidden=nothing.copy(), ood=np.zeros(number, bool), group=np.full(number, -1), flags=np.zeros(number, int),
        first=none, second=none, correlation=np.zeros(0),
    )  # fmt: skip


def _tell(
    sky: Sky, windows: Sequence[Window], at: tuple[np.ndarray, np.ndarray], model: Model, *, shape: np.ndarray,
    found: Fluxes,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
    """Tell the sources of windows of one size apart and fill in those that are measured here; return their pairs."""
    images = np.stack([_cut(sky.pixels, window) for window in windows])
    rows = np.concatenate([window.sources for window in windows])
    corner = np.concatenate([np.tile([window.x0, window.y0], (len(window.sources), 1)) for window in windows])
    blend = np.repeat(np.arange(len(windows)), [len(window.sources) for window in windows])
    places = np.column_stack([at[0][rows], at[1][rows]]) - corner
    told: Told = tell_apart(model, Windows(images, np.tile(shape, (len(windows), 1)), places, blend), batch=BATCH)
    own = np.concatenate([np.isin(window.sources, window.own) for window in windows])
    mine = rows[own]
    unit = _take_noise(sky, at[0][mine], at[1][mine])
    found.quantiles[mine] = told.quantiles[own] * unit[:, None]
    found.total[mine] = told.total[own] * unit
    for name in ("blendedness", "p_hidden", "ood"):
        getattr(found, name)[mine] = getattr(told, name)[own]
    both = own[told.first] & own[told.second]
    return rows[told.first[both]], rows[told.second[both]], told.correlation[both]


def _cut(pixels: np.ndarray, window: Window) -> np.ndarray:
    """Cut a window; beyond the image there is empty sky."""
    cut = np.zeros((window.side, window.side), np.float32)
    rows, columns = pixels.shape
    low_y, low_x = max(0, -window.y0), max(0, -window.x0)
    part = pixels[max(0, window.y0) : max(0, min(rows, window.y0 + window.side)),
                  max(0, window.x0) : max(0, min(columns, window.x0 + window.side))]  # fmt: skip
    cut[low_y : low_y + part.shape[0], low_x : low_x + part.shape[1]] = part
    return cut


def _take_noise(sky: Sky, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    rows, columns = sky.noise.shape
    row, column = np.clip(np.rint(y).astype(int), 0, rows - 1), np.clip(np.rint(x).astype(int), 0, columns - 1)
    return sky.noise[row, column].astype(float)


def _flag_sources(found: Fluxes, sky: Sky, x: np.ndarray, y: np.ndarray, *, width: float) -> None:
    """Flag what is amiss at each source's place."""
    rows, columns = sky.bad.shape
    row, column = np.clip(np.rint(y).astype(int), 0, rows - 1), np.clip(np.rint(x).astype(int), 0, columns - 1)
    near = max(1, round(width))
    for source in range(len(x)):
        r, c = row[source], column[source]
        patch = sky.bad[max(0, r - near) : r + near + 1, max(0, c - near) : c + near + 1]
        if sky.bad[r, c]:
            found.flags[source] |= int(DeblendFlag.BAD_CENTER)
        if patch.any():
            found.flags[source] |= int(DeblendFlag.BAD_PIXELS)
        if min(r, c, rows - 1 - r, columns - 1 - c) < 2 * width:
            found.flags[source] |= int(DeblendFlag.EDGE)
    _, place, count = np.unique(row * columns + column, return_inverse=True, return_counts=True)
    found.flags[count[place] > 1] |= int(DeblendFlag.SAME_PIXEL)


def _spread_rows(found: Fluxes, row: Int[np.ndarray, " source"]) -> Fluxes:
    """Put what was measured into the order of the given rows; rows without a place stay empty."""
    spread = _make_empty(len(row))
    has = np.flatnonzero(row >= 0)
    for name in ("quantiles", "total", "blendedness", "p_hidden", "ood", "group", "flags"):
        getattr(spread, name)[has] = getattr(found, name)[row[has]]
    back = np.zeros(max(len(found.group), 1), int)
    back[row[has]] = has
    return replace(spread, first=back[found.first], second=back[found.second], correlation=found.correlation)

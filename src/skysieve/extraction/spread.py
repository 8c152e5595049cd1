"""How far the light of a source spreads beyond the PSF: the discriminant that SExtractor calls SPREAD_MODEL."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from skysieve.extraction.bands import BandWindows, Scene
from skysieve.extraction.detection import Found
from skysieve.extraction.field import list_terms
from skysieve.extraction.footprints import GAUSSIAN_FWHM
from skysieve.extraction.psf import LANCZOS, make_shift_matrices
from skysieve.extraction.recipe import ExtractionRecipe
from skysieve.extraction.tiles import make_tiles
from skysieve.records import PsfModel

EXTENT = 1 / 16
"""Scale length of the exponential in units of the PSF's FWHM (Desai et al. 2012)."""

REACH = 1.25
"""Half side of the stamps in units of the FWHM; what lies beyond hardly counts in either template."""

SMALLEST, LARGEST = 4, 24
"""Limits of that half side [pixel]."""

STEPS = 2
"""Times the template is moved toward the light before it is compared."""

FARTHEST = 0.75
"""How far it may move [pixel]."""

CORE = 0.4
"""Pixels above this share of the peak tell the width of the PSF, and the nearest four of an undersampled one."""

SOURCES_AT_ONCE = 1024


@dataclass(frozen=True)
class Spread:
    """Spread and its error (no unit), and the PSF's width [pixel FWHM], at each source; NaN where unknown."""

    value: Float[np.ndarray, " source"]
    error: Float[np.ndarray, " source"]
    psf_fwhm: Float[np.ndarray, " source"]

    def take(self, rows: np.ndarray) -> "Spread":
        """Return the rows of a mask or of an index array."""
        return Spread(self.value[rows], self.error[rows], self.psf_fwhm[rows])


def measure_spread(
    windows: BandWindows, found: Found, psf: PsfModel | None, *, recipe: ExtractionRecipe, reference: int
) -> Spread:
    """Measure the spread of every source of an image in its reference band.

    Parameters
    ----------
    windows : BandWindows
        All bands of the image.
    found : Found
        Sources and label map of the whole image.
    psf : PsfModel or None
        The PSF; None gives NaN everywhere.
    recipe : ExtractionRecipe
        Tiles.
    reference : int
        Index of the band.

    Returns
    -------
    Spread
        Near 0 for point sources, positive for extended ones, negative for what is sharper than the PSF. Value and error
        are NaN where the PSF template finds no positive light.

    Notes
    -----
    Desai et al. (2012, ApJ 757, 83), equation 2: with the local PSF phi, G = phi convolved with a circular exponential
    of scale length FWHM/16, and the pixels p, the spread is G'Wp / phi'Wp - G'Wphi / phi'Wphi. W is 0 on bad pixels and
    on those of other sources, else 1. phi is first moved to where it fits the pixels best. The error is that of the
    ratio for independent pixels of the noise at the source, and of Poisson noise where the gain is known.
    """
    count, shape = len(found.footprints), found.labels.shape
    value, error, width = np.full((3, count), np.nan)
    if psf is None:
        return Spread(value, error, width)
    templates = _make_templates(psf)
    gain = windows.bands[reference].band.calibration.gain
    f = found.footprints
    for tile in make_tiles((shape[0], shape[1]), size=recipe.tile, halo=recipe.halo):
        rows = np.flatnonzero(tile.owns(f.peak_y, f.peak_x))
        if len(rows) == 0:
            continue
        (y0, x0), scene = tile.origin, windows.scene(reference, tile, found.labels)
        for start in range(0, len(rows), SOURCES_AT_ONCE):
            part = rows[start : start + SOURCES_AT_ONCE]
            planes = templates.evaluate(f.x[part], f.y[part])
            width[part] = _measure_width(planes[0])
            stamps = _cut_stamps(scene, f.x[part] - x0, f.y[part] - y0, label=f.label[part], half=templates.half)
            value[part], error[part] = _compare(stamps, planes, gain=gain)
    return Spread(value, error, width)


@dataclass(frozen=True)
class _Templates:
    """Coefficients of the PSF and of its extended twin, a Lanczos kernel wider than the stamps of ``half`` pixels."""

    planes: Float[np.ndarray, "two term y x"]
    half: int
    psf: PsfModel

    def evaluate(self, x: np.ndarray, y: np.ndarray) -> Float[np.ndarray, "two source y x"]:
        """Both templates at each position [pixel], centered on the middle pixel."""
        rows, columns = self.psf.shape
        at = {"x": np.clip(x, 0, columns - 1), "y": np.clip(y, 0, rows - 1)}
        terms = list_terms(**at, shape=self.psf.shape, degree=self.psf.degree).astype(np.float32)
        return np.stack([np.tensordot(terms, plane, axes=1) for plane in self.planes])


@dataclass(frozen=True)
class _Stamps:
    """Pixels around sources in units of the local noise ``unit`` [image unit], zero where ``weight`` is.

    ``center`` is the source's place from the middle pixel [pixel].
    """

    pixels: Float[np.ndarray, "source y x"]
    weight: Float[np.ndarray, "source y x"]
    unit: Float[np.ndarray, " source"]
    center: tuple[Float[np.ndarray, " source"], Float[np.ndarray, " source"]]


def _make_templates(psf: PsfModel) -> _Templates:
    """Convolve every coefficient of the PSF with the exponential, whose transform is (1 + k^2 h^2)^(-3/2)."""
    fwhm = _measure_typical_width(psf)
    half = int(np.clip(np.ceil(REACH * fwhm), SMALLEST, LARGEST))
    given = psf.coefficients.shape[1] // 2
    side = 2 * (given + LANCZOS) + 1
    padded = np.zeros((len(psf.coefficients), side, side))
    padded[:, LANCZOS:-LANCZOS, LANCZOS:-LANCZOS] = psf.coefficients
    wave_y, wave_x = np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)
    transfer = (1 + (2 * np.pi * EXTENT * fwhm) ** 2 * (wave_y**2 + wave_x**2)) ** -1.5
    extended = np.fft.irfft2(np.fft.rfft2(padded) * transfer, s=(side, side))
    return _Templates(_recut(np.stack([padded, extended]), half + 1 + LANCZOS).astype(np.float32), half, psf)


def _measure_typical_width(psf: PsfModel) -> float:
    """Width [pixel FWHM] of the model at the middle of the field; the stars' own where the stamp tells none."""
    width = float(_measure_width(psf.coefficients[:1].astype(float))[0])
    return width if np.isfinite(width) else psf.fwhm


def _recut(planes: np.ndarray, half: int) -> np.ndarray:
    """Cut planes about their middle pixel, or pad them with zeros, to sides of ``2 half + 1``."""
    given = planes.shape[-1] // 2
    cut = max(0, given - half)
    inner = planes[..., cut : planes.shape[-2] - cut, cut : planes.shape[-1] - cut]
    pad = max(0, half - given)
    return np.pad(inner, [(0, 0)] * (planes.ndim - 2) + [(pad, pad)] * 2)


def _cut_stamps(scene: Scene, x: np.ndarray, y: np.ndarray, *, label: np.ndarray, half: int) -> _Stamps:
    """Cut the pixels around positions in a scene [pixel]; what is bad, outside or another source's weighs nothing."""
    height, width = scene.data.shape
    column, row = np.rint(x).astype(int), np.rint(y).astype(int)
    offset = np.arange(-half, half + 1)
    rows, columns = row[:, None] + offset, column[:, None] + offset
    inside = ((rows >= 0) & (rows < height))[:, :, None] & ((columns >= 0) & (columns < width))[:, None, :]
    flat = np.clip(rows, 0, height - 1)[:, :, None] * width + np.clip(columns, 0, width - 1)[:, None, :]
    labels = scene.labels.ravel()[flat]
    weight = inside & ((labels == 0) | (labels == label.astype(labels.dtype)[:, None, None]))
    weight &= ~scene.bad.ravel()[flat]
    noise = scene.noise.at(x, y)
    unit = np.where(noise > 0, noise, np.nan)
    pixels = np.where(weight, scene.data.ravel()[flat], 0) / unit[:, None, None]
    return _Stamps(pixels.astype(np.float32), weight.astype(np.float32), unit, (x - column, y - row))


def _compare(
    stamps: _Stamps, planes: np.ndarray, *, gain: float
) -> tuple[Float[np.ndarray, " source"], Float[np.ndarray, " source"]]:
    """Compare the pixels with both templates, once these lie where the PSF fits best."""
    moved = _move(planes, stamps.center)
    place = _find_place(stamps, moved[0])
    psf, extended = (_shift_slightly(plane, *place) * stamps.weight for plane in moved)
    pixels = stamps.pixels
    point = _dot(psf, pixels)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        ratio = _dot(extended, pixels) / point
        value = ratio - _dot(extended, psf) / _dot(psf, psf)
        excess = extended - ratio[:, None, None] * psf
        poisson = np.maximum(pixels, 0) / (gain * stamps.unit[:, None, None]) if np.isfinite(gain) else np.zeros(1)
        error = np.sqrt(_dot((1 + poisson) * excess, excess)) / point
    known = (point > 0) & np.isfinite(value) & (error > 0)
    return np.where(known, value, np.nan), np.where(known, error, np.nan)


def _find_place(stamps: _Stamps, psf: np.ndarray) -> tuple[Float[np.ndarray, " source"], Float[np.ndarray, " source"]]:
    """Step from the barycenter to where the PSF fits the pixels best (Gauss-Newton); return the way [pixel]."""
    along_x = (psf[:, 1:-1, 2:] - psf[:, 1:-1, :-2]) / 2 * stamps.weight
    along_y = (psf[:, 2:, 1:-1] - psf[:, :-2, 1:-1]) / 2 * stamps.weight
    x, y = np.zeros((2, len(psf)))
    for _ in range(STEPS):
        here = _shift_slightly(psf, x, y) * stamps.weight
        with np.errstate(divide="ignore", invalid="ignore"):
            flux = _dot(here, stamps.pixels) / _dot(here, here)
            excess = flux[:, None, None] * here - stamps.pixels
            steps = (_dot(slope, excess) / (flux * _dot(slope, slope)) for slope in (along_x, along_y))
            x, y = (
                np.clip(way + np.where((flux > 0) & np.isfinite(step), step, 0), -FARTHEST, FARTHEST)
                for way, step in zip((x, y), steps, strict=True)
            )
    return x, y


def _shift_slightly(planes: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Shift planes by less than a pixel to second order, losing their outermost pixels."""
    x, y = (shift.astype(np.float32)[:, None, None] for shift in (x, y))
    middle = planes[:, 1:-1, 1:-1]
    left, right = planes[:, 1:-1, :-2], planes[:, 1:-1, 2:]
    low, high = planes[:, :-2, 1:-1], planes[:, 2:, 1:-1]
    cross = planes[:, 2:, 2:] - planes[:, 2:, :-2] - planes[:, :-2, 2:] + planes[:, :-2, :-2]
    shifted: np.ndarray = (1 - x * x - y * y) * middle + (x * y / 4) * cross
    shifted += (x * (x - 1) / 2) * right
    shifted += (x * (x + 1) / 2) * left
    shifted += (y * (y - 1) / 2) * high
    shifted += (y * (y + 1) / 2) * low
    return shifted


def _move(planes: np.ndarray, center: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """Shift templates from the middle pixel to ``center`` [pixel], cutting off the margin of the kernel."""
    half = planes.shape[-1] // 2 - LANCZOS
    along_x, along_y = (make_shift_matrices(-shift, half).astype(np.float32) for shift in center)
    moved: np.ndarray = along_y @ planes @ along_x.transpose(0, 2, 1)
    return moved


def _dot(one: np.ndarray, other: np.ndarray) -> Float[np.ndarray, " source"]:
    return np.einsum("syx,syx->s", one, other)


def _measure_width(psf: np.ndarray) -> Float[np.ndarray, " source"]:
    """Full width at half maximum [pixel] of a Gaussian fitted to the core, as the column fwhm is measured."""
    half = psf.shape[-1] // 2
    offset = np.arange(-half, half + 1)
    r2 = (offset[:, None] ** 2 + offset**2).ravel().astype(float)
    value = psf.reshape(len(psf), -1)
    core = (value > 0) & ((value > CORE * value[:, [value.shape[1] // 2]]) | (r2 <= 1))
    near = core.any(axis=0)
    r2, value, core = r2[near], value[:, near].astype(float), core[:, near]
    weight = np.where(core, value, 0) ** 2
    logarithm = np.log(np.where(core, value, 1))
    s, sr, srr = weight.sum(axis=1), weight @ r2, weight @ r2**2
    sz, srz = (weight * logarithm).sum(axis=1), (weight * logarithm) @ r2
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = (s * srz - sr * sz) / (s * srr - sr**2)
        return np.where(slope < 0, GAUSSIAN_FWHM * np.sqrt(-0.5 / slope), np.nan)

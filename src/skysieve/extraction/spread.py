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

REACH = 1.5
"""Half side of the stamps in units of the FWHM; what lies beyond hardly counts in either template."""

SMALLEST, LARGEST = 4, 24
"""Limits of that half side [pixel]."""

STEPS = 2
"""Times the template is moved toward the light before it is compared."""

FARTHEST = 0.5
"""How far it may move, in units of the FWHM."""

CORE = 0.4
"""Pixels above this share of the peak tell the width of the PSF."""

SOURCES_AT_ONCE = 4096


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
    ratio for independent pixels of the local noise, and of Poisson noise where the gain is known.
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
            value[part], error[part] = _compare(stamps, planes, gain=gain, most=FARTHEST * psf.fwhm)
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
        terms = list_terms(
            np.clip(x, 0, columns - 1), np.clip(y, 0, rows - 1), shape=self.psf.shape, degree=self.psf.degree
        )
        return np.tensordot(terms, self.planes, axes=(1, 1)).transpose(1, 0, 2, 3)


@dataclass(frozen=True)
class _Stamps:
    """Pixels around sources, zero where ``weight`` is; ``center`` the source's place from the middle pixel [pixel]."""

    pixels: Float[np.ndarray, "source y x"]
    weight: Float[np.ndarray, "source y x"]
    noise: Float[np.ndarray, "source #y #x"]
    center: tuple[Float[np.ndarray, " source"], Float[np.ndarray, " source"]]


def _make_templates(psf: PsfModel) -> _Templates:
    """Convolve every coefficient of the PSF with the exponential, whose transform is (1 + k^2 h^2)^(-3/2)."""
    half = int(np.clip(np.ceil(REACH * psf.fwhm), SMALLEST, LARGEST))
    given = psf.coefficients.shape[1] // 2
    side = 2 * (given + LANCZOS) + 1
    padded = np.zeros((len(psf.coefficients), side, side))
    padded[:, LANCZOS:-LANCZOS, LANCZOS:-LANCZOS] = psf.coefficients
    wave_y, wave_x = np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)
    transfer = (1 + (2 * np.pi * EXTENT * psf.fwhm) ** 2 * (wave_y**2 + wave_x**2)) ** -1.5
    extended = np.fft.irfft2(np.fft.rfft2(padded) * transfer, s=(side, side))
    return _Templates(_recut(np.stack([padded, extended]), half + LANCZOS), half, psf)


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
    weight = inside & ((labels == 0) | (labels == label[:, None, None])) & ~scene.bad.ravel()[flat]
    pixels = np.where(weight, scene.data.ravel()[flat], 0).astype(float)
    plane = scene.noise.plane
    noise = scene.noise.at(x, y)[:, None, None] if plane is None else plane.ravel()[flat].astype(float)
    return _Stamps(pixels, weight.astype(float), noise, (x - column, y - row))


def _compare(
    stamps: _Stamps, planes: np.ndarray, *, gain: float, most: float
) -> tuple[Float[np.ndarray, " source"], Float[np.ndarray, " source"]]:
    """Compare the pixels with both templates, once these lie where the PSF fits best."""
    psf, extended = _move(planes, _find_center(stamps, planes[0], most=most))
    psf, extended = psf * stamps.weight, extended * stamps.weight
    pixels = stamps.pixels
    point, spread = _dot(psf, pixels), _dot(extended, pixels)
    variance = stamps.noise**2 + (np.maximum(pixels, 0) / gain if np.isfinite(gain) else 0.0)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        value = spread / point - _dot(extended, psf) / _dot(psf, psf)
        ratio = (spread / point)[:, None, None]
        error = np.sqrt(_dot(variance * (extended - ratio * psf), extended - ratio * psf)) / point
    known = (point > 0) & np.isfinite(value) & (error > 0)
    return np.where(known, value, np.nan), np.where(known, error, np.nan)


def _find_center(stamps: _Stamps, psf: np.ndarray, *, most: float) -> tuple[np.ndarray, np.ndarray]:
    """Move the PSF to where it fits the pixels best, by Gauss-Newton steps from the barycenter."""
    first_x, first_y = stamps.center
    x, y = first_x, first_y
    padded = np.pad(psf, ((0, 0), (1, 1), (1, 1)))
    for _ in range(STEPS):
        (moved,) = _move(padded[None], (x, y))
        middle = moved[:, 1:-1, 1:-1] * stamps.weight
        along_x = (moved[:, 1:-1, 2:] - moved[:, 1:-1, :-2]) / 2 * stamps.weight
        along_y = (moved[:, 2:, 1:-1] - moved[:, :-2, 1:-1]) / 2 * stamps.weight
        with np.errstate(divide="ignore", invalid="ignore"):
            flux = _dot(middle, stamps.pixels) / _dot(middle, middle)
            step_x, step_y = (
                (flux * _dot(slope, middle) - _dot(slope, stamps.pixels)) / (flux * _dot(slope, slope))
                for slope in (along_x, along_y)
            )
        sound = (flux > 0) & np.isfinite(step_x) & np.isfinite(step_y)
        x = np.clip(x + np.where(sound, np.clip(step_x, -1, 1), 0), first_x - most, first_x + most)
        y = np.clip(y + np.where(sound, np.clip(step_y, -1, 1), 0), first_y - most, first_y + most)
    return x, y


def _move(planes: np.ndarray, center: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """Shift templates from the middle pixel to ``center`` [pixel], cutting off the margin of the kernel."""
    half = planes.shape[-1] // 2 - LANCZOS
    along_x, along_y = (make_shift_matrices(-shift, half) for shift in center)
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
    core = value > CORE * value[:, [value.shape[1] // 2]]
    near = core.any(axis=0)
    r2, value, core = r2[near], value[:, near], core[:, near]
    weight = np.where(core, value, 0) ** 2
    logarithm = np.log(np.where(core, value, 1))
    s, sr, srr = weight.sum(axis=1), weight @ r2, weight @ r2**2
    sz, srz = (weight * logarithm).sum(axis=1), (weight * logarithm) @ r2
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = (s * srz - sr * sz) / (s * srr - sr**2)
        return np.where(slope < 0, GAUSSIAN_FWHM * np.sqrt(-0.5 / slope), np.nan)

"""The PSF model: star stamps, centered and scaled, fitted pixel by pixel with a polynomial over the field."""

from dataclasses import replace

import numpy as np
import sep
from jaxtyping import Bool, Float, Int

from skysieve.extraction.bands import Scene
from skysieve.extraction.field import list_terms
from skysieve.extraction.recipe import PsfRecipe
from skysieve.records import PsfModel

LANCZOS = 4
STARS_PER_TERM = 5


def fit_psf(
    stamps: Float[np.ndarray, "star y x"],
    *,
    x: Float[np.ndarray, " star"],
    y: Float[np.ndarray, " star"],
    fwhm: Float[np.ndarray, " star"],
    shape: tuple[int, int],
    recipe: PsfRecipe,
) -> PsfModel | None:
    """Fit a field-dependent PSF to star stamps.

    Parameters
    ----------
    stamps : ndarray, shape (star, y, x)
        From ``cut_centered``; NaN where a star is unusable.
    x, y, fwhm : ndarray, shape (star,)
        Positions and widths of the stars [pixel].
    shape : tuple of int
        Rows and columns of the image [pixel].
    recipe : PsfRecipe
        Degree, how many stars.

    Returns
    -------
    PsfModel or None
        None when fewer than ``min_stars`` stamps are usable or survive clipping. The degree is lowered until there
        are five stars a term.

    Notes
    -----
    Every pixel of the stamp is a polynomial of the position; stars whose residual is three sigma above the usual are
    dropped in two rounds. As PSFEx (Bertin 2011) without its oversampling: below two pixels FWHM the interpolation
    aliases, and the image is flagged as undersampled.
    """
    usable = np.isfinite(stamps).all(axis=(1, 2))
    stamps, x, y, fwhm = stamps[usable], x[usable], y[usable], fwhm[usable]
    if len(stamps) < recipe.min_stars:
        return None
    degree = recipe.degree
    while degree > 0 and len(stamps) < STARS_PER_TERM * (degree + 1) * (degree + 2) // 2:
        degree -= 1
    coefficients, kept = _fit_clipped(stamps, list_terms(x, y, shape=shape, degree=degree))
    count = int(np.count_nonzero(kept))
    if count < recipe.min_stars:
        return None
    return PsfModel(coefficients.astype(np.float32), degree, shape, count, float(np.median(fwhm[kept])))


def cut_centered(
    scene: Scene,
    x: Float[np.ndarray, " star"],
    y: Float[np.ndarray, " star"],
    *,
    label: Int[np.ndarray, " star"],
    recipe: PsfRecipe,
) -> Float[np.ndarray, "star y x"]:
    """Cut stamps of stars, centered on the middle pixel and scaled to a sum of one.

    Parameters
    ----------
    scene : Scene
        Pixels and labels.
    x, y : ndarray, shape (star,)
        Positions in the scene [pixel].
    label : ndarray, shape (star,)
        Labels in the scene.
    recipe : PsfRecipe
        Stamp size.

    Returns
    -------
    ndarray, shape (star, y, x)
        Moved by Lanczos interpolation, neighbors and bad pixels filled from the opposite side; NaN where the stamp
        leaves the scene or holds no light.
    """
    half = (recipe.size | 1) // 2
    reach = half + LANCZOS
    column, row = np.rint(x).astype(int), np.rint(y).astype(int)
    height, width = scene.data.shape
    inside = (column >= reach) & (row >= reach) & (column < width - reach) & (row < height - reach)
    offset = np.arange(-reach, reach + 1)
    rows = np.where(inside, row, reach)[:, None, None] + offset[:, None]
    columns = np.where(inside, column, reach)[:, None, None] + offset
    if not inside.any():
        return np.full((len(x), 2 * half + 1, 2 * half + 1), np.nan)
    labels = scene.labels[rows, columns]
    defect = ((labels != 0) & (labels != label[:, None, None])) | scene.bad[rows, columns]
    stamps = scene.data[rows, columns].astype(float)
    stamps = np.where(defect, np.where(defect[:, ::-1, ::-1], 0, stamps[:, ::-1, ::-1]), stamps)
    along_y, along_x = make_shift_matrices(y - row, half), make_shift_matrices(x - column, half)
    stamps = along_y @ stamps @ along_x.transpose(0, 2, 1)
    total = stamps.sum(axis=(1, 2))
    usable = inside & (total > 0)
    return np.where(usable[:, None, None], stamps / np.where(usable, total, 1)[:, None, None], np.nan)


def evaluate_psf(
    model: PsfModel, x: Float[np.ndarray, " source"], y: Float[np.ndarray, " source"]
) -> Float[np.ndarray, "source y x"]:
    """Return the PSF stamp at each position.

    Parameters
    ----------
    model : PsfModel
        Its coefficients sum to more than zero everywhere on the detector.
    x, y : ndarray, shape (source,)
        Positions [pixel]; beyond the detector the PSF stays as on its border.

    Returns
    -------
    ndarray, shape (source, y, x)
        Centered on the middle pixel, each summing to one; NaN where a position is.
    """
    rows, columns = model.shape
    terms = list_terms(np.clip(x, 0, columns - 1), np.clip(y, 0, rows - 1), shape=model.shape, degree=model.degree)
    stamps = np.einsum("st,tyx->syx", terms, model.coefficients)
    return stamps / stamps.sum(axis=(1, 2), keepdims=True)


def adopt_psf(model: PsfModel, shape: tuple[int, int]) -> PsfModel:
    """Make a given PSF model one of an image: a constant one takes its shape, a missing width is measured.

    Raises
    ------
    ValueError
        If the model varies over a detector of another shape, or has no width.
    """
    if model.degree > 0 and model.shape != shape:
        there, here = (f"{columns}x{rows}" for rows, columns in (model.shape, shape))
        raise ValueError(f"the given PSF varies over {there} pixels, the image has {here}; give a single stamp")
    width = model.fwhm
    if not np.isfinite(width):
        width = measure_stamp_shape(model.coefficients[0].astype(float))[0]
    if not width > 0:
        raise ValueError("the given PSF has no measurable width; give a stamp several pixels wide")
    return replace(model, shape=shape, fwhm=float(width))


def measure_half_light(stamp: Float[np.ndarray, "y x"]) -> float:
    """Radius [pixel] of the circle around the middle pixel that holds half the light of a stamp."""
    half = stamp.shape[0] // 2
    center = np.array([float(half)])
    image = np.ascontiguousarray(stamp, np.float32)
    total = np.array([float(stamp.sum())])
    radius, _ = sep.flux_radius(image, center, center, np.array([float(half)]), 0.5, normflux=total)
    return float(radius[0])


def measure_stamp_shape(stamp: Float[np.ndarray, "y x"]) -> tuple[float, float, float]:
    """Measure width, ellipticity and angle of a PSF stamp.

    Parameters
    ----------
    stamp : ndarray, shape (y, x)
        Odd sides, centered on the middle pixel, in any unit.

    Returns
    -------
    fwhm, ellipticity, angle : float
        Width [pixel FWHM], 1 - b/a, and angle of the major axis [deg, -90 to 90, from +x toward +y]. All NaN where the
        stamp has no shape: no positive sum, or a single line of pixels.

    Notes
    -----
    Moments weighted by a round Gaussian of the stamp's own width, found by iteration, then freed of that weight.
    """
    half = stamp.shape[0] // 2
    dy, dx = np.mgrid[-half : half + 1, -half : half + 1]
    variance = 2.0
    for _ in range(20):
        weight = stamp * np.exp(-0.5 * (dx**2 + dy**2) / variance)
        if not weight.sum() > 0:
            return np.nan, np.nan, np.nan
        moments = [float((weight * p).sum() / weight.sum()) for p in (dx * dx, dy * dy, dx * dy)]
        measured = max(0.05, (moments[0] + moments[1]) / 2)
        variance = 1 / max(1 / measured - 1 / variance, 0.5 / measured)
    covariance = np.array([[moments[0], moments[2]], [moments[2], moments[1]]])
    if not np.linalg.eigvalsh(covariance).min() > 0:  # a single line of pixels
        return np.nan, np.nan, np.nan
    freed = np.linalg.inv(np.linalg.inv(covariance) - np.eye(2) / variance)
    (minor, major), vectors = np.linalg.eigh(freed)
    angle = np.degrees(np.arctan2(vectors[1, 1], vectors[0, 1]))
    width = 2 * np.sqrt(2 * np.log(2) * np.sqrt(max(minor, 0) * max(major, 0)))
    ellipticity = 1 - np.sqrt(max(minor, 0) / major) if major > 0 else np.nan
    return float(width), float(ellipticity), float((angle + 90) % 180 - 90)


def make_shift_matrices(shift: np.ndarray, half: int) -> Float[np.ndarray, "star out into"]:
    """Lanczos matrices that resample a line of pixels at its positions plus ``shift``."""
    out, into = np.arange(-half, half + 1), np.arange(-half - LANCZOS, half + LANCZOS + 1)
    steps = out[:, None] - into
    distance = np.arange(steps.min(), steps.max() + 1) + shift[:, None]
    weight = np.where(np.abs(distance) < LANCZOS, np.sinc(distance) * np.sinc(distance / LANCZOS), 0)
    kernel = weight[:, steps - steps.min()]
    return kernel / kernel.sum(axis=2, keepdims=True)


def _fit_clipped(
    stamps: np.ndarray, terms: np.ndarray
) -> tuple[Float[np.ndarray, "term y x"], Bool[np.ndarray, " star"]]:
    """Fit all pixels at once, twice dropping the stars that fit worst."""
    flat = stamps.reshape(len(stamps), -1)
    kept = np.ones(len(flat), bool)
    for _ in range(3):
        coefficients = np.linalg.lstsq(terms[kept], flat[kept], rcond=None)[0]
        residual = np.sqrt(np.mean((flat - terms @ coefficients) ** 2, axis=1))
        usual = np.median(residual[kept])
        spread = 1.4826 * np.median(np.abs(residual[kept] - usual))
        stay = kept & (residual <= usual + 3 * spread + 1e-12)
        if stay.sum() < terms.shape[1]:
            break
        kept = stay
    return coefficients.reshape(-1, *stamps.shape[1:]), kept

"""What the SExtractor program reads and writes: its settings, kernel, list of columns and images; and its run."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy.io import fits
from jaxtyping import Float, Int

from skysieve.extraction.photometry import LIGHT_FRACTIONS
from skysieve.extraction.recipe import DetectionRecipe, ExtractionRecipe
from skysieve.extraction.smoothing import make_kernel
from skysieve.records import Calibration

PROGRAM_NAMES = ("source-extractor", "sex", "sextractor")

COLUMNS = (
    "NUMBER", "X_IMAGE_DBL", "Y_IMAGE_DBL", "X2_IMAGE", "Y2_IMAGE", "XY_IMAGE", "ERRX2_IMAGE", "ERRY2_IMAGE",
    "ERRXY_IMAGE", "A_IMAGE", "B_IMAGE", "THETA_IMAGE", "FWHM_IMAGE", "ISO0", "XPEAK_IMAGE", "YPEAK_IMAGE",
    "FLUX_ISO", "FLUXERR_ISO", "FLUX_AUTO", "FLUXERR_AUTO", "KRON_RADIUS", "FLUX_MAX", "THRESHOLD", "FLAGS",
    f"FLUX_RADIUS({len(LIGHT_FRACTIONS)})",
)  # fmt: skip

LARGEST_BUFFER = 8192
"""Lines of the image that the program keeps at most; sources taller than that are cut."""


@dataclass(frozen=True)
class Plane:
    """An image for the program: pixels, and weights (inverse variance, 0 where bad) where they vary."""

    data: Float[np.ndarray, "y x"]
    weight: Float[np.ndarray, "y x"] | None


@dataclass(frozen=True)
class ProgramOutput:
    """What the program wrote: its table, its segmentation map, background level and noise of the measured image."""

    table: np.ndarray
    labels: Int[np.ndarray, "y x"]
    level: Float[np.ndarray, "y x"]
    rms: Float[np.ndarray, "y x"]


def find_program() -> Path:
    """Path of the SExtractor program.

    Raises
    ------
    FileNotFoundError
        If it is not installed under any of its names.
    """
    for name in PROGRAM_NAMES:
        found = shutil.which(name)
        if found:
            return Path(found)
    raise FileNotFoundError(
        f"the method source-extractor needs that program, and none of {', '.join(PROGRAM_NAMES)} is in PATH; "
        "install the Debian package source-extractor or choose the method skysieve"
    )


def find_star_network(program: Path) -> Path | None:
    """Path of the weights behind CLASS_STAR that came with the program, None when they are not there."""
    shares = [program.resolve().parent.parent / "share", Path("/usr/share")]
    places = [share / name / "default.nnw" for share in shares for name in ("source-extractor", "sextractor")]
    return next((place for place in places if place.is_file()), None)


def run_program(
    program: Path, folder: Path, planes: tuple[Plane, ...], *, settings: dict[str, str], columns: list[str]
) -> ProgramOutput:
    """Write the inputs into a folder, run the program there and read what it wrote.

    Parameters
    ----------
    program : Path
        From ``find_program``.
    folder : Path
        An empty folder.
    planes : tuple of Plane
        The image to measure; before it, when it is another one, the image to detect on.
    settings : dict of str to str
        From ``make_settings``.
    columns : list of str
        Parameters to measure.

    Raises
    ------
    RuntimeError
        If the program fails; the message ends with its last words.
    """
    files = [_write_plane(folder / f"{place}.fits", plane) for place, plane in enumerate(planes)]
    weights = [weight for _, weight in files]
    settings = settings | {
        "WEIGHT_TYPE": ",".join("MAP_WEIGHT" if weight else "BACKGROUND" for weight in weights),
        "WEIGHT_IMAGE": ",".join(weight or "none.fits" for weight in weights),
    }
    (folder / "columns.param").write_text("\n".join(columns) + "\n", encoding="ascii")
    lines = [f"{name} {value}" for name, value in settings.items()]
    (folder / "settings.sex").write_text("\n".join(lines) + "\n", encoding="ascii")
    command = [str(program), ",".join(image for image, _ in files), "-c", "settings.sex"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, errors="replace", check=False)  # noqa: S603
    if done.returncode != 0 or not (folder / "catalog.fits").is_file():
        words = " ".join(done.stderr.split())[-300:] or "no message"
        raise RuntimeError(f"{program.name} ended with code {done.returncode}: {words}; or use the method skysieve")
    return ProgramOutput(
        np.asarray(fits.getdata(folder / "catalog.fits", 1)),
        fits.getdata(folder / "segmentation.fits").astype(np.int32),
        fits.getdata(folder / "background.fits").astype(np.float32),
        fits.getdata(folder / "noise.fits").astype(np.float32),
    )


def make_settings(
    folder: Path,
    recipe: ExtractionRecipe,
    *,
    detection: DetectionRecipe,
    calibration: Calibration,
    shape: tuple[int, int],
    seeing: float,
    network: Path | None,
) -> dict[str, str]:
    """Translate a recipe into the program's settings; also writes the kernel into the folder.

    Parameters
    ----------
    folder : Path
        Where the program will run.
    recipe, detection
        What to translate.
    calibration : Calibration
        Gain and saturation of the measured image; unknown ones are set to "none" and to a level nothing reaches.
    shape : tuple of int
        Rows and columns [pixel].
    seeing : float
        FWHM of stars [pixel], on which CLASS_STAR depends.
    network : Path or None
        Weights behind CLASS_STAR.
    """
    photometry, pixels = recipe.photometry, shape[0] * shape[1]
    known = np.isfinite([calibration.gain, calibration.saturation])
    return {
        "CATALOG_NAME": "catalog.fits", "CATALOG_TYPE": "FITS_1.0", "PARAMETERS_NAME": "columns.param",
        "DETECT_THRESH": f"{detection.threshold:g}", "ANALYSIS_THRESH": f"{detection.threshold:g}",
        "DETECT_MINAREA": str(detection.min_area), **_write_kernel(folder / "kernel.conv", detection.smoothing),
        "DEBLEND_NTHRESH": str(detection.levels), "DEBLEND_MINCONT": f"{detection.contrast:g}",
        "CLEAN": "Y" if detection.clean > 0 else "N", "CLEAN_PARAM": f"{max(detection.clean, 0.1):g}",
        "MASK_TYPE": "CORRECT", "WEIGHT_GAIN": "N", "INTERP_TYPE": "NONE",
        "PHOT_APERTURES": ",".join(f"{diameter:g}" for diameter in photometry.diameters or (5.0,)),
        "PHOT_AUTOPARAMS": f"{photometry.kron_factor:g},{photometry.kron_minimum:g}",
        "PHOT_FLUXFRAC": ",".join(f"{fraction:g}" for fraction in LIGHT_FRACTIONS),
        "SATUR_LEVEL": f"{calibration.saturation:g}" if known[1] else "1e29", "SATUR_KEY": "NONE",
        "GAIN": f"{calibration.gain:g}" if known[0] else "0", "GAIN_KEY": "NONE",
        "PIXEL_SCALE": "1.0", "SEEING_FWHM": f"{seeing:g}", "STARNNW_NAME": str(network or "none.nnw"),
        "BACK_SIZE": str(recipe.background.mesh), "BACK_FILTERSIZE": str(recipe.background.filter),
        "CHECKIMAGE_TYPE": "SEGMENTATION,BACKGROUND,BACKGROUND_RMS",
        "CHECKIMAGE_NAME": "segmentation.fits,background.fits,noise.fits",
        "MEMORY_OBJSTACK": "10000", "MEMORY_PIXSTACK": str(max(300_000, pixels // 4)),
        "MEMORY_BUFSIZE": str(int(np.clip(shape[0], 1024, LARGEST_BUFFER))), "VERBOSE_TYPE": "QUIET",
    }  # fmt: skip


def list_columns(diameters: tuple[float, ...], *, network: Path | None) -> list[str]:
    """Names of the parameters to measure."""
    apertures = [f"{name}({len(diameters)})" for name in ("FLUX_APER", "FLUXERR_APER")] if diameters else []
    return [*COLUMNS, *apertures, *(["CLASS_STAR"] if network else [])]


def _write_plane(path: Path, plane: Plane) -> tuple[str, str]:
    """Write an image and its weights, if any; return their names."""
    fits.PrimaryHDU(plane.data).writeto(path)
    if plane.weight is None:
        return path.name, ""
    weight = path.with_name(f"{path.stem}.weight.fits")
    fits.PrimaryHDU(plane.weight).writeto(weight)
    return path.name, weight.name


def _write_kernel(path: Path, smoothing: float) -> dict[str, str]:
    """Write the detection kernel and return the settings that name it."""
    taps = make_kernel(smoothing)
    if len(taps) == 1:
        return {"FILTER": "N"}
    rows = [" ".join(f"{value:.8f}" for value in row) for row in np.outer(taps, taps)]
    path.write_text("\n".join(["CONV NORM", f"# {smoothing:g} pixels FWHM", *rows]) + "\n", encoding="ascii")
    return {"FILTER": "Y", "FILTER_NAME": path.name}

"""An exposure on disk: its detectors read one at a time and looked at, with what was wrong with them."""

import functools
import hashlib
import math
import operator
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from skysieve.io.exposures import InputRecipe, list_detectors, measure_local_scale, read_detector
from skysieve.quality.assess_recipe import UsualRecipe
from skysieve.quality.camera import Usual
from skysieve.quality.detectors import DetectorRecipe, DetectorView, measure_conditions, view_detector
from skysieve.quality.fingerprint import SourceMap
from skysieve.quality.flags import ExposureFlag
from skysieve.quality.learning import Views
from skysieve.records import Detector, DetectorAddress, ImageFlag

SEEING = 1.2
"""Of a site about which nothing is known [arcsec]."""

NARROWEST = 2.2
"""FWHM of the narrowest PSF that pixels sample [pixel]; seeing cannot look narrower."""

UNKNOWN_WIDTH = 4.0
"""FWHM where neither seeing nor pixel scale is known [pixel]."""

SUMMED = 8
"""Rows of pixels from one to the next that take part in the checksum: no two exposures of the sky agree in so many."""

LEAST_EXPOSURES = 3
"""From so many on the usual is found from the exposures themselves."""


@dataclass(frozen=True)
class Glimpse:
    """What was seen of one detector; ``view`` is None, and ``message`` says why, where it could not be read.

    ``checksum`` is that of every eighth row of pixels, "" where none is usable; ``zeropoint`` is the measured one [AB
    magnitude of one image unit a second], NaN where the header does not tell.
    """

    view: DetectorView | None
    flags: ExposureFlag
    message: str = ""
    checksum: str = ""
    zeropoint: float = math.nan


@dataclass(frozen=True)
class Seen:
    """One exposure as it was seen: its name, the readable detectors, what was wrong.

    ``addresses`` are those of the rows of ``views``; ``unread`` counts detectors that could not be read; ``zeropoint``
    and ``scatter`` [arcsec] are medians over the detectors, NaN where no header tells.
    """

    name: str
    addresses: tuple[DetectorAddress, ...]
    views: Views | None
    unread: int
    flags: ExposureFlag
    messages: tuple[str, ...]
    zeropoint: float = math.nan
    scatter: float = math.nan


def see_exposure(
    path: Path, source_map: SourceMap, *, recipe: DetectorRecipe, inputs: InputRecipe, usual: UsualRecipe, seed: int
) -> Seen:
    """Read an exposure and look at its detectors, one at a time.

    Parameters
    ----------
    path : Path
        A file, or ``FILE[3]``.
    source_map : SourceMap
        To look through.
    recipe : DetectorRecipe
        As in training.
    inputs : InputRecipe
        What headers do not say.
    usual : UsualRecipe
        Of the camera; without seeing or fwhm these are guessed from the pixel scale.

    Returns
    -------
    Seen
        Whatever is wrong with the file; ``views`` is None when no detector could be read.
    """
    addresses = list_detectors([path], recipe=inputs)
    glimpses = [
        see_detector(one, source_map, recipe=recipe, inputs=inputs, usual=usual, seed=seed + number)
        for number, one in enumerate(addresses)
    ]
    return gather_glimpses(path.name, addresses, glimpses)


def see_detector(
    address: DetectorAddress, source_map: SourceMap, *, recipe: DetectorRecipe, inputs: InputRecipe,
    usual: UsualRecipe, seed: int,
) -> Glimpse:  # fmt: skip
    """Read one detector and look at it; the arguments are those of `see_exposure`."""
    detector, complaint = _read(address, inputs)
    if detector is None:
        return Glimpse(None, ExposureFlag.UNREADABLE, complaint)
    band, (yardstick, guessed) = detector.bands[detector.reference], find_usual(detector, usual)
    view = view_detector(detector, source_map, recipe, usual=yardstick, seed=seed)
    empty = bool(band.bad.all())
    time = band.calibration.exptime
    return Glimpse(
        view, _check(detector, yardstick, guessed=guessed) | (ExposureFlag.NO_PIXELS if empty else ExposureFlag(0)),
        f"{address.label}: no pixel is usable, all are NaN, blank or masked" if empty else "",
        "" if empty else hashlib.sha256(np.ascontiguousarray(band.data[::SUMMED]).data).hexdigest(),
        band.calibration.zeropoint - 2.5 * math.log10(time) if time > 0 else math.nan,
    )  # fmt: skip


def gather_glimpses(name: str, addresses: Sequence[DetectorAddress], glimpses: Sequence[Glimpse]) -> Seen:
    """Put what was seen of the detectors of one exposure together, and say what is wrong with them as a whole."""
    read = [(address, one) for address, one in zip(addresses, glimpses, strict=True) if one.view is not None]
    views = [one.view for _, one in read if one.view is not None]
    flags = functools.reduce(operator.or_, (one.flags for one in glimpses), ExposureFlag(0))
    messages = [one.message for one in glimpses if one.message]
    sums = [one.checksum for _, one in read if one.checksum]
    repeats = len(sums) - len(set(sums))
    if repeats:
        flags |= ExposureFlag.DUPLICATE_DETECTORS
        messages.append(f"{name}: {repeats} detectors repeat others pixel by pixel; each should come once")
    timeless = sum(ExposureFlag.NO_EXPTIME in one.flags for _, one in read)
    if timeless:
        wrong = "is not a positive number" if ExposureFlag.BAD_EXPTIME in flags else "is missing"
        messages.append(f"{name}: EXPTIME {wrong} ({timeless} of {len(read)} detectors); repair the header or give it")
    known = [one.zeropoint for _, one in read if math.isfinite(one.zeropoint)]
    return Seen(
        name, tuple(address for address, _ in read), stack_views(views), len(glimpses) - len(read), flags,
        tuple(messages), float(np.median(known)) if known else math.nan,
    )  # fmt: skip


def stack_views(found: Sequence[DetectorView]) -> Views | None:
    """Put detectors of one exposure together, without truth; None where there are none."""
    if not found:
        return None
    count = len(found)
    seen = {one.name for one in fields(DetectorView)} & {one.name for one in fields(Views)}
    return Views(
        **{name: np.stack([np.asarray(getattr(one, name)) for one in found]) for name in seen},
        label=np.zeros(count, int), excess=np.zeros((count, 4)), exposure=np.zeros(count, int),
        detector=np.arange(count),
    )  # fmt: skip


def find_usual(detector: Detector, usual: UsualRecipe) -> tuple[Usual, bool]:
    """Return what is usual for a detector's camera, and whether the seeing was guessed."""
    sky = math.nan if usual.sky is None else usual.sky
    zeropoint = math.nan if usual.zeropoint is None else usual.zeropoint
    if usual.fwhm is not None:
        return Usual(usual.fwhm, sky, zeropoint), False
    scale = math.nan
    if detector.wcs is not None:
        rows, columns = detector.shape
        scale = float(measure_local_scale(detector.wcs, np.array([columns / 2]), np.array([rows / 2]))[0])
    width = (usual.seeing or SEEING) / scale
    return Usual(max(width, NARROWEST) if width > 0 else UNKNOWN_WIDTH, sky, zeropoint), usual.seeing is None


def find_night(paths: Sequence[Path], inputs: InputRecipe) -> UsualRecipe:
    """Find what is usual from several exposures: of one detector each, the 20th percentile of FWHM and of the sky.

    Returns
    -------
    UsualRecipe
        With nothing in it for fewer than three exposures, and without what fewer than three tell.
    """
    widths, skies = [], []
    for path in paths if len(paths) >= LEAST_EXPOSURES else ():
        addresses = [one for one in list_detectors([path], recipe=inputs) if one.bands]
        detector = _read(addresses[len(addresses) // 2], inputs)[0] if addresses else None
        if detector is None:
            continue
        fwhm, sky = measure_conditions(detector, fwhm=UNKNOWN_WIDTH)
        widths.append(fwhm)
        skies.append(sky)
    return UsualRecipe(fwhm=_find_low(widths), sky=_find_low(skies))


def _find_low(values: Sequence[float]) -> float | None:
    known = [one for one in values if one > 0 and math.isfinite(one)]
    return float(np.percentile(known, 20)) if len(known) >= LEAST_EXPOSURES else None


def _read(address: DetectorAddress, inputs: InputRecipe) -> tuple[Detector | None, str]:
    """Return a detector, or what is wrong with it."""
    if not address.bands:
        return None, " ".join(address.messages) or f"{address.label}: there is no image to read"
    try:
        return read_detector(address, inputs), ""
    except (OSError, ValueError) as error:
        return None, str(error)


def _check(detector: Detector, usual: Usual, *, guessed: bool) -> ExposureFlag:
    """Return what is not known of a detector."""
    calibration = detector.bands[detector.reference].calibration
    absent = {
        ExposureFlag.GUESSED_SEEING: guessed,
        ExposureFlag.NO_EXPTIME: not calibration.exptime > 0,
        ExposureFlag.BAD_EXPTIME: ImageFlag.BAD_EXPTIME in detector.flags,
        ExposureFlag.NO_USUAL_SKY: math.isnan(usual.sky),
        ExposureFlag.NO_ZEROPOINT: math.isnan(usual.zeropoint + calibration.zeropoint),
    }
    return ExposureFlag(sum(int(flag) for flag, true in absent.items() if true))

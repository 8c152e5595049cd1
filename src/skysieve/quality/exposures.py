"""An exposure on disk: its detectors read one at a time and looked at, with what was wrong with them."""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from skysieve.extraction import extract
from skysieve.io.exposures import InputRecipe, list_detectors, measure_local_scale, read_detector
from skysieve.quality.assess_recipe import UsualRecipe
from skysieve.quality.camera import Usual
from skysieve.quality.detectors import QUICK, DetectorRecipe, DetectorView, view_detector
from skysieve.quality.fingerprint import SourceMap
from skysieve.quality.flags import ExposureFlag
from skysieve.quality.learning import Views
from skysieve.records import Detector, DetectorAddress

SEEING = 1.2
"""Of a site about which nothing is known [arcsec]."""

NARROWEST = 2.2
"""FWHM of the narrowest PSF that pixels sample [pixel]; seeing cannot look narrower."""

UNKNOWN_WIDTH = 4.0
"""FWHM where neither seeing nor pixel scale is known [pixel]."""

LEAST_EXPOSURES = 3
"""From so many on the usual is found from the exposures themselves."""


@dataclass(frozen=True)
class Seen:
    """One exposure as it was seen: its name, the readable detectors, what was wrong.

    ``addresses`` are those of the rows of ``views``; ``unread`` counts detectors that could not be read.
    """

    name: str
    addresses: tuple[DetectorAddress, ...]
    views: Views | None
    unread: int
    flags: ExposureFlag
    messages: tuple[str, ...]


def see_exposure(
    path: Path, source_map: SourceMap, *, recipe: DetectorRecipe, inputs: InputRecipe, usual: UsualRecipe, seed: int
) -> Seen:
    """Read an exposure and look at its detectors.

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
    found, addresses, messages, sums = [], [], [], []
    flags, unread = ExposureFlag(0), 0
    for number, address in enumerate(list_detectors([path], recipe=inputs)):
        detector, complaint = _read(address, inputs)
        messages += [complaint] if complaint else []
        if detector is None:
            unread += 1
            continue
        yardstick, guessed = find_usual(detector, usual)
        flags |= _check(detector, yardstick, guessed=guessed)
        found.append(view_detector(detector, source_map, recipe, usual=yardstick, seed=seed + number))
        addresses.append(address)
        sums.append(hashlib.sha256(detector.bands[detector.reference].data.tobytes()).hexdigest())
    if unread:
        flags |= ExposureFlag.UNREADABLE
    if len(set(sums)) < len(sums):
        flags |= ExposureFlag.DUPLICATE_DETECTORS
        messages.append(f"{path.name}: {len(sums) - len(set(sums))} detectors repeat others; each should come once")
    return Seen(path.name, tuple(addresses), stack_views(found), unread, flags, tuple(messages))


def stack_views(found: Sequence[DetectorView]) -> Views | None:
    """Put detectors of one exposure together, without truth; None where there are none."""
    if not found:
        return None
    count = len(found)
    return Views(
        cutouts=np.stack([one.cutouts for one in found]),
        hits=np.stack([one.hits for one in found]),
        statistics=np.stack([one.statistics for one in found]),
        label=np.zeros(count, int), excess=np.zeros((count, 4)), exposure=np.zeros(count, int),
        detector=np.arange(count), dead=np.array([one.dead for one in found]),
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
        facts, time = extract(detector, QUICK).facts, detector.bands[detector.reference].calibration.exptime
        widths.append(facts.get("fwhm", math.nan))
        skies.append(facts.get("background", math.nan) / time if time > 0 else math.nan)
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
        ExposureFlag.NO_USUAL_SKY: math.isnan(usual.sky),
        ExposureFlag.NO_ZEROPOINT: math.isnan(usual.zeropoint + calibration.zeropoint),
    }
    return ExposureFlag(sum(int(flag) for flag, true in absent.items() if true))

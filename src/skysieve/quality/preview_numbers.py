"""The numbers beside an exposure that a person labels: each in the words and units of an observer."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from skysieve.quality.exposure_preview import ExposurePreview
from skysieve.quality.statistics import STATISTICS


@dataclass(frozen=True)
class Number:
    """One line: what it is, its median over the detectors with light, the lowest and highest, and the usual."""

    name: str
    value: str
    spread: str = ""
    usual: str = ""


def list_numbers(preview: ExposurePreview) -> tuple[Number, ...]:
    """Return the numbers of an exposure; what nobody measured is left out."""
    snapshots = preview.snapshots
    lit = np.ones(len(snapshots), bool) if preview.seen.views is None else ~preview.seen.views.dead.astype(bool)
    scale = np.array([one.scale for one in snapshots])
    usual = np.array([one.fwhm for one in snapshots])
    level, time = (np.array([getattr(one, name) for one in snapshots]) for name in ("level", "exptime"))
    sky = level / np.where(time > 0, time, np.nan)
    on_sky = bool(np.isfinite(scale).all()) and len(scale) > 0
    unit = "arcsec" if on_sky else "pixel"
    step = scale if on_sky else np.ones(len(scale))
    lines = [
        _describe(f"FWHM [{unit}]", np.exp(get_statistic(preview, "log_fwhm")) * usual * step, lit, digits=2,
                  usual=_write(_middle(usual * step), 2) + (" guessed" if preview.guessed else "")),
        _describe("ellipticity of the PSF", get_statistic(preview, "psf_ellipticity"), lit, digits=3),
        _describe("ellipticity of sources", get_statistic(preview, "ellipticity"), lit, digits=3),
        _describe("one direction, 0 to 1", get_statistic(preview, "alignment"), lit, digits=2),
        _describe("sky [unit/s]", sky, lit, digits=_choose_digits(sky)),
        _describe("sky over the usual", 10 ** get_statistic(preview, "log_sky"), lit, digits=2, usual="1"),
        _describe("transparency", 10 ** get_statistic(preview, "log_transparency"), lit, digits=2, usual="1"),
        _describe("sky structure [noise]", get_statistic(preview, "structure_32"), lit, digits=2),
        _describe("usable sources", _count_sources(preview), lit, digits=0),
        _describe("exposure time [s]", time, np.ones(len(time), bool), digits=1),
    ]  # fmt: skip
    return (*(one for one in lines if one is not None), Number("detectors", _count_detectors(preview, lit)))


def get_statistic(preview: ExposurePreview, name: str) -> Float[np.ndarray, " detector"]:
    """Return a statistic of each detector; NaN where it was not measured, or no longer is."""
    views = preview.seen.views
    if views is None or name not in STATISTICS:
        return np.full(len(preview.snapshots), math.nan)
    return np.asarray(views.statistics[:, STATISTICS.index(name)], float)


def describe_detectors(preview: ExposurePreview) -> tuple[str, ...]:
    """Return a line about each detector."""
    sources, width = _count_sources(preview), np.exp(get_statistic(preview, "log_fwhm"))
    shape = get_statistic(preview, "ellipticity")
    lines = []
    for number, (address, one) in enumerate(zip(preview.seen.addresses, preview.snapshots, strict=True)):
        known = math.isfinite(one.scale)
        seeing = width[number] * one.fwhm * (one.scale if known else 1)
        lines.append(
            f"detector {address.extension or 0}: FWHM {_write(seeing, 2)} {'arcsec' if known else 'pixel'}, "
            f"ellipticity {_write(shape[number], 3)}, {sources[number]:.0f} sources, sky {_write(one.level, 1)}"
        )
    return tuple(lines)


def _describe(
    name: str, values: Float[np.ndarray, " detector"], lit: np.ndarray, *, digits: int, usual: str = ""
) -> Number | None:
    """Return a line; None where no detector has the number."""
    known = values[lit & np.isfinite(values)]
    if not len(known):
        return None
    write: Callable[[float], str] = lambda value: _write(value, digits)
    low, high = write(known.min()), write(known.max())
    spread = f"{low} \N{EN DASH} {high}" if low != high else ""
    return Number(name, write(_middle(known)), spread, usual)


def _count_sources(preview: ExposurePreview) -> Float[np.ndarray, " detector"]:
    views = preview.seen.views
    return np.zeros(len(preview.snapshots)) if views is None else views.hits.sum(axis=1).astype(float)


def _count_detectors(preview: ExposurePreview, lit: np.ndarray) -> str:
    told = [str(len(lit))]
    told += [f"{int((~lit).sum())} without light"] if not lit.all() else []
    told += [f"{preview.seen.unread} cannot be read"] if preview.seen.unread else []
    return ", ".join(told)


def _middle(values: Sequence[float] | np.ndarray) -> float:
    return float(np.median(values)) if len(values) else math.nan


def _choose_digits(values: Float[np.ndarray, " detector"]) -> int:
    """Return the decimals that show four digits of the usual value."""
    known = np.abs(values[np.isfinite(values) & (values != 0)])
    return int(np.clip(3 - np.floor(np.log10(np.median(known))), 0, 5)) if len(known) else 0


def _write(value: float, digits: int) -> str:
    """Write a number, with an exponent where the digits would show nothing of it."""
    if not math.isfinite(value):
        return "\N{EN DASH}"
    small = value != 0 and abs(value) < 10.0**-digits
    return f"{value:.2e}" if small or abs(value) >= 1e6 else f"{value:.{digits}f}"

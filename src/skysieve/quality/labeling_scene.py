"""An exposure as plain values that a page draws: packed pixels, lines of numbers, what the model says."""

import math
from typing import Any

import numpy as np
from jaxtyping import Float

from skysieve.pages.pixels import pack_image
from skysieve.quality.exposure_preview import Crop, ExposurePreview
from skysieve.quality.flags import EXPOSURE_FLAG_SENTENCES, ExposureFlag
from skysieve.quality.labels import CLASSES
from skysieve.quality.preview_numbers import describe_detectors, list_numbers
from skysieve.report.stretch import Limits

DEEPEST, BRIGHTEST = -8.0, 400.0
"""What is sent of pixels, in units of the noise around the sky; the page chooses the contrast within."""


def pack_scene(preview: ExposurePreview, crop: Crop | None) -> dict[str, Any]:
    """Return what is shown of an exposure."""
    return {
        "mosaic": pack_pixels(preview.mosaic, preview.limits),
        "binning": preview.binning,
        "tiles": [[one.x, one.y, one.columns, one.rows] for one in preview.tiles],
        "details": list(describe_detectors(preview)),
        "crop": _pack_crop(preview, crop),
        "cutouts": _pack_cutouts(preview, crop),
        "numbers": [[one.name, one.value, one.spread, one.usual] for one in list_numbers(preview)],
        "messages": _list_messages(preview),
    }


def pack_pixels(pixels: Float[np.ndarray, "y x"], limits: Limits) -> dict[str, Any]:
    """Pack pixels with what a page needs to stretch them: the level of the sky, its noise, and where white begins."""
    noise, sky = limits.softening / 2, limits.black + limits.softening
    high = max(sky + BRIGHTEST * noise, limits.white)
    clipped = np.clip(pixels, sky + DEEPEST * noise, high)
    return {**pack_image(clipped), "sky": sky, "noise": noise, "white": limits.white}


def describe_opinion(preview: ExposurePreview) -> dict[str, Any]:
    """Return what the model says: chances by class, verdict, cause, causes that may be, and the cause by detector."""
    verdict = preview.verdict
    if verdict is None:
        return {"chances": [], "verdict": "bad", "cause": "other", "causes": [], "ood": True, "found": []}
    chances = zip(CLASSES, verdict.probability.tolist(), strict=True)
    return {
        "chances": [[name, chance] for name, chance in chances if math.isfinite(chance)],
        "verdict": verdict.verdict,
        "cause": verdict.cause,
        "causes": list(verdict.causes),
        "ood": verdict.ood,
        "found": list(verdict.found),
    }


def _pack_crop(preview: ExposurePreview, crop: Crop | None) -> dict[str, Any]:
    """Pack a crop with the usual width of a star [pixel] and the scale [arcsec/pixel], 0 where nobody knows it."""
    if crop is None:
        return {}
    snapshot = preview.snapshots[crop.tile]
    known = {"fwhm": snapshot.fwhm, "scale": snapshot.scale if math.isfinite(snapshot.scale) else 0.0}
    return {"tile": crop.tile, "x": crop.x, "y": crop.y, **known, **pack_pixels(crop.pixels, crop.limits)}


def _pack_cutouts(preview: ExposurePreview, crop: Crop | None) -> list[dict[str, Any]]:
    """Pack the cutouts of the detector that is shown in full; empty values for clusters without a source."""
    if crop is None or preview.seen.views is None:
        return []
    found = np.sinh(preview.seen.views.cutouts[crop.tile].astype(float))
    full = np.abs(found).max(axis=(1, 2)) > 0
    white = max(20.0, float(np.percentile(found[full], 99.5))) if full.any() else 20.0
    limits = Limits(-2.0, 2.0, white)
    return [pack_pixels(one, limits) if known else {} for one, known in zip(found, full, strict=True)]


def _list_messages(preview: ExposurePreview) -> list[str]:
    flags = [flag for flag in ExposureFlag if flag & preview.seen.flags]
    return [*preview.seen.messages, *(EXPOSURE_FLAG_SENTENCES[flag] for flag in flags)]

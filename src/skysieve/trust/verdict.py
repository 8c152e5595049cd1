"""What a trust report finds, in sentences with numbers: the one that matters first."""

from collections.abc import Mapping, Sequence
from typing import Any

NOMINAL68 = 0.68
TOLERANCE = 0.04
"""Coverage is called right within this of its nominal value, or within three standard errors: bins are many."""

PSF_WORDS = {
    "given": "the PSF that was given",
    "measured": "the PSF measured on its stars",
    "sharpest": "a Moffat profile as wide as its sharpest sources, since too few stars show the PSF",
    "assumed": "a Moffat profile of 3 pixels FWHM, since nothing in it shows the PSF",
}

CROWDED = 0.1
COVERED = 0.4
CLIPPED = 0.05
"""Shares from which an image counts as crowded (of bright injected sources lost, of its pixels) or as clipped."""

LEAST_ROOM = 2.0
FEW = 300


def state_verdict(method: str, scores: Mapping[str, Any], *, calibrated: bool) -> str:
    """Put depth, coverage and purity of a method into one sentence.

    Parameters
    ----------
    method : str
        Its name.
    scores : mapping
        Its part of ``trust.json``.
    calibrated : bool
        Whether magnitudes are on a zeropoint.
    """
    if not scores["n"]:
        return f"Nothing is known of the method {method}: no source could be injected and measured."
    half = scores["completeness50"]
    kinds = [
        f"{_write_crossing(half[name])} for {name}" for name in ("stars", "galaxies") if half[name]["mag"] is not None
    ]
    unit = "" if calibrated else " (at zeropoint 0)"
    depth = "Completeness does not cross 50 % within the injected magnitudes"
    if kinds:
        depth = f"Completeness falls to 50 % at {' and at '.join(kinds)}{unit}"
    return f"{depth}; {_state_coverage(scores)}; {_state_purity(scores)}."


def _write_crossing(half: Mapping[str, Any]) -> str:
    """Write the magnitude of 50 % with its error."""
    if half["mag_lo"] is None or half["mag_hi"] is None:
        return f"{half['mag']:.2f} mag"
    return f"{half['mag']:.2f} ± {(half['mag_hi'] - half['mag_lo']) / 2:.2f} mag"


def list_cautions(images: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Say what limits the report, as pairs of weight ("problem" or "caution") and sentence; alike images together."""
    found: dict[tuple[str, str], list[str]] = {}
    own: list[tuple[str, str]] = []
    for image in images:
        weight = "caution" if image["facts"] else "problem"
        own += [(weight, words) for words in image["messages"]]
        for words in _judge_image(image) if image["facts"] else ():
            found.setdefault(("caution", words), []).append(image["image"])
    return [*own, *((weight, f"{_list_some(labels)}: {words}") for (weight, words), labels in found.items())]


def _judge_image(image: Mapping[str, Any]) -> list[str]:
    """Say what limits the report of one image, with words that images in the same plight share."""
    facts, words = image["facts"], []
    conditions = facts["conditions"]
    if conditions["psf_kind"] in {"sharpest", "assumed"}:
        words.append(f"sources were drawn with {PSF_WORDS[conditions['psf_kind']]}.")
    if not conditions["calibrated"]:
        words.append("no zeropoint is known; magnitudes are at zeropoint 0.")
    if facts["range"][0] > facts["depth_mag"] - LEAST_ROOM:
        words.append("stars saturate close to the depth, so that only faint sources could be injected.")
    if facts["lowest_share"] > CLIPPED:
        words.append(
            "many pixels have the lowest value, so the noise is cut off: negative image and flux errors say little."
        )
    if 0 < image["n"] < FEW:
        words.append(f"fewer than {FEW} sources were injected: bins are coarse and errors large.")
    if not image["n"] and not image["messages"]:
        words.append("no source could be injected.")
    return words + _judge_crowding(image)


def _list_some(labels: Sequence[str], *, limit: int = 3) -> str:
    rest = len(labels) - limit
    return ", ".join(labels[:limit]) + (f" and {rest} more" if rest > 0 else "")


def list_failures(method: str, scores: Mapping[str, Any]) -> list[str]:
    """Say at which magnitudes the stated errors fail."""
    failing = [one for one in scores["bins"] if _fails(one)]
    if not failing:
        return []
    low, high = min(one["mag_lo"] for one in failing), max(one["mag_hi"] for one in failing)
    worst = max(failing, key=lambda one: abs(one["coverage68"] - NOMINAL68))
    direction = "too small" if worst["coverage68"] < NOMINAL68 else "too large"
    isolated = worst["isolated"]["coverage68"]
    alone = "" if isolated is None else f" ({isolated:.0%} of the isolated ones)"
    words = (
        f"Flux errors of {method} fail in {len(failing)} of {len(scores['bins'])} bins between {low:.1f} and "
        f"{high:.1f} mag; worst at {worst['mag']:.1f} mag, where the 68 % interval holds the noise-free flux in "
        f"{worst['coverage68']:.0%} of all {worst['n_coverage']} cases{alone}: they are {direction}."
    )
    return [words]


def _fails(scores: Mapping[str, Any]) -> bool:
    """Tell whether coverage misses its nominal value by more than its error allows."""
    value = scores["coverage68"]
    if value is None or scores["n_coverage"] < 50:
        return False
    error = (scores["coverage68_hi"] - scores["coverage68_lo"]) / 2
    return abs(value - NOMINAL68) > max(TOLERANCE, 3 * error)


def _state_coverage(scores: Mapping[str, Any]) -> str:
    isolated, every = scores["overall"]["isolated"], scores["overall"]
    if isolated["coverage68"] is None:
        return "flux errors could not be judged"
    one, two = (_write_percent(isolated, key) for key in ("coverage68", "coverage95"))
    return (
        f"the 68 % flux interval holds the truth for {one} of isolated sources ({every['coverage68']:.0%} of all), "
        f"the 95 % interval for {two} ({every['coverage95']:.0%})"
    )


def _write_percent(scores: Mapping[str, Any], key: str) -> str:
    """Write a share with its error in percent."""
    return f"{100 * scores[key]:.1f} ± {50 * (scores[f'{key}_hi'] - scores[f'{key}_lo']):.1f} %"


def _state_purity(scores: Mapping[str, Any]) -> str:
    purity = scores["purity_overall"]
    if purity["purity"] is None:
        return "purity could not be judged"
    words = f"{_write_percent(purity, 'purity')} of the detections that the injections brought are injected sources"
    return f"{words}, and the negative image has {purity['n_negated']} detections against {purity['n_catalog']}"


def _judge_crowding(image: Mapping[str, Any]) -> list[str]:
    """Say where sources swallow one another."""
    first = next(iter(image["methods"].values()), None)
    half = first["completeness50"]["all"]["mag"] if first and first["n"] else None
    bright = [one for one in first["bins"] if one["n"] and half is not None and one["mag"] < half] if first else []
    total = sum(one["n"] for one in bright)
    lost = sum(one["blended"] * one["n"] for one in bright) / total if total else 0.0
    covered = image["facts"]["covered"]
    if lost < CROWDED and covered < COVERED:
        return []
    words = f"crowded: {covered:.0%} of its pixels belong to sources, and {lost:.0%} of the injected ones brighter than"
    return [f"{words} the 50 % limit are swallowed by sources that were there before."]

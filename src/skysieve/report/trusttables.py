"""Tables of a trust report: scores as short texts."""

from collections.abc import Mapping, Sequence
from typing import Any

Rows = list[list[str]]

FEWEST = 5
"""Coverage of fewer sources than these is not shown."""

BIN_HEAD = (
    "mag", "n", "completeness", "swallowed", "flux bias", "scatter", "68 % holds", "95 % holds", "isolated 68 %",
    "isolated 95 %", "x, y scatter", "FWHM bias",
)  # fmt: skip
METHOD_HEAD = (
    "method", "injected", "50 % stars", "50 % galaxies", "isolated 68 %", "isolated 95 %", "all 68 %", "all 95 %",
    "pull width", "flux bias", "purity", "image, negative, noise",
)  # fmt: skip
IMAGE_HEAD = (
    "image", "injected", "rounds", "sources", "FWHM [pixel]", "PSF", "5 sigma depth", "50 % stars", "50 % galaxies",
    "isolated 68 %", "flags", "message",
)  # fmt: skip


def list_method_rows(methods: Mapping[str, Mapping[str, Any]]) -> Rows:
    """Return a row a method under ``METHOD_HEAD``."""
    rows = []
    for name, scores in methods.items():
        if not scores["n"]:
            rows.append([name, "0", *[""] * (len(METHOD_HEAD) - 2)])
            continue
        overall, half, purity = scores["overall"], scores["completeness50"], scores["purity_overall"]
        isolated = overall["isolated"]
        rows.append([
            name, f"{scores['n']}", _write_interval(half["stars"]), _write_interval(half["galaxies"]),
            _write_share(isolated, "coverage68"), _write_share(isolated, "coverage95"),
            _write_share(overall, "coverage68"), _write_share(overall, "coverage95"),
            _write(isolated["pull_sigma"]), _write(overall["flux_bias"], 3), _write_share(purity, "purity"),
            f"{purity['n_catalog']}, {purity['n_negated']}, {purity['n_blank']}",
        ])  # fmt: skip
    return rows


def list_bin_rows(scores: Mapping[str, Any]) -> Rows:
    """Return a row a bin of magnitude under ``BIN_HEAD``."""
    rows = []
    for one in scores["bins"]:
        places = ", ".join(_write(one[name], 3) for name in ("x_sigma", "y_sigma") if one[name] is not None)
        error = "" if one["flux_bias_err"] is None else f" ± {one['flux_bias_err']:.3f}"
        rows.append([
            f"{one['mag']:.2f}", f"{one['n']}", _write_share(one, "completeness"), _write(one["blended"]),
            _write(one["flux_bias"], 3) + error, _write(one["sigma_mag"], 3), _write_share(one, "coverage68"),
            _write_share(one, "coverage95"), _write_share(one["isolated"], "coverage68"),
            _write_share(one["isolated"], "coverage95"), places, _write(one["fwhm_bias"], 3),
        ])  # fmt: skip
    return rows


def list_image_rows(images: Sequence[Mapping[str, Any]]) -> Rows:
    """Return a row an image under ``IMAGE_HEAD``."""
    rows = []
    for image in images:
        facts, first = image["facts"], next(iter(image["methods"].values()), None)
        scored = first if facts and first is not None and first["n"] > 0 else None
        conditions = facts.get("conditions", {})
        rows.append([
            image["image"], f"{image['n']}", f"{image['rounds']}", f"{facts.get('n_sources', '')}",
            _write(conditions.get("fwhm")), conditions.get("psf_kind", ""), _write(facts.get("depth_mag")),
            _write_interval(scored["completeness50"]["stars"]) if scored else "",
            _write_interval(scored["completeness50"]["galaxies"]) if scored else "",
            _write_share(scored["overall"]["isolated"], "coverage68") if scored else "",
            ", ".join(image["flags"]), " ".join(image["messages"]),
        ])  # fmt: skip
    return rows


def _write(value: float | None, digits: int = 2) -> str:
    return "" if value is None else f"{value:.{digits}f}"


def _write_share(scores: Mapping[str, Any], key: str) -> str:
    """Write a share with its error."""
    if scores[key] is None or (key.startswith("coverage") and scores["n_coverage"] < FEWEST):
        return ""
    return f"{scores[key]:.3f} ± {(scores[f'{key}_hi'] - scores[f'{key}_lo']) / 2:.3f}"


def _write_interval(half: Mapping[str, float | None]) -> str:
    """Write a magnitude with its error."""
    mag, low, high = (half[key] for key in ("mag", "mag_lo", "mag_hi"))
    if mag is None:
        return ""
    return f"{mag:.2f}" if low is None or high is None else f"{mag:.2f} ± {(high - low) / 2:.2f}"


def list_facts(content: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the numbers at the head of the page: one image's own, or the middle of several."""
    images = [image for image in content["images"] if image["facts"]]
    facts = [("injected sources", f"{sum(image['n'] for image in images):,}")]
    if not images:
        return facts
    rounds = sorted(image["rounds"] for image in images)
    fwhm = sorted(image["facts"]["conditions"]["fwhm"] for image in images)
    depth = sorted(image["facts"]["depth_mag"] for image in images)
    many = "median " if len(images) > 1 else ""
    return [
        *facts,
        ("images", f"{len(images)} of {len(content['images'])}"),
        (f"{many}rounds", f"{rounds[len(rounds) // 2]}"),
        (f"{many}PSF FWHM", f"{fwhm[len(fwhm) // 2]:.2f} pixel"),
        (f"{many}5 sigma depth for white noise", f"{depth[len(depth) // 2]:.2f} mag"),
    ]

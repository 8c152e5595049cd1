"""An explanation of a verdict in words, and as a page."""

import math
from pathlib import Path

from skysieve.io.exposures import InputRecipe, read_detector
from skysieve.quality.drivers import Driver
from skysieve.quality.explaining import DrivingCutout, Explanation
from skysieve.quality.labels import CLASSES
from skysieve.quality.reference import NO_REFERENCE, Similar
from skysieve.report.qualitydrivers import (
    DriversSummary,
    MarkedDetector,
    PulledPicture,
    draw_cutout,
    draw_pull_map,
    draw_pulls,
    draw_small,
    write_drivers_page,
)
from skysieve.som.lattice import Lattice

BARS, CUTOUTS, DETECTORS = 16, 24, 4
"""Parts, cutouts and detectors that a page shows."""

SIMILAR_NOTE = (
    "Distances in units of that within which nearly all exposures like those learned from lie: beyond 1 from the "
    "nearest, an exposure is unlike anything labeled. Numbers are those of the learning set."
)


def write_explanation(path: Path, explanation: Explanation, inputs: InputRecipe) -> None:
    """Write the page of an explanation; the detectors with the strongest cutouts are read again for it."""
    row, cause = explanation.row, explanation.cause
    shown = [one for one in explanation.drivers if one.kind != "neuron"][:BARS]
    facts = [(f"P({name})", f"{row[f'p_{name}']:.3f}") for name in CLASSES]
    write_drivers_page(path, DriversSummary(
        title=f"Why {row['exposure']} is {row['verdict']}",
        lead=describe_verdict(explanation),
        facts=[*facts, (f"log-odds of {cause}", f"{explanation.log_odds:+.2f}"), ("causes 95 %", row["causes95"])],
        panels=[
            draw_pulls([describe_driver(one) for one in shown], [one.pull for one in shown], cause=cause),
            draw_pull_map(explanation.neurons, _make_lattice(len(explanation.neurons)), cause=cause),
        ],
        cutouts=[PulledPicture(draw_cutout(one.pixels), describe_cutout(one), one.pull)
                 for one in explanation.cutouts[:CUTOUTS]],
        detectors=_mark_detectors(explanation, inputs),
        tables=[
            ("The most similar labeled exposures", ("exposure", "label", "distance"),
             _list_similar(explanation.similar),
             f"{describe_similar(explanation.similar)[0]} {SIMILAR_NOTE if explanation.similar else ''}"),
            ("Detectors", ("ccd", "pull"), [(name, f"{pull:+.3f}") for name, pull in explanation.detectors.items()],
             "Change of the log-odds of the exposure that each detector brings; none for a single detector."),
            ("All parts", ("part", "pull"), [(describe_driver(one), f"{one.pull:+.4f}") for one in explanation.drivers],
             "Each was taken away in all detectors together, and the network was run again."),
        ],
    ))  # fmt: skip


def describe_verdict(explanation: Explanation) -> str:
    """Say the verdict, and what it was made of, in a sentence or two."""
    row = explanation.row
    text = f"{row['exposure']}: {row['verdict']} ({row['cause']}), P(good) {row['p_good']:.3f}."
    if explanation.decisive:
        told = ", ".join(f"{name} = {value:.3g}" for name, value in explanation.decisive.items())
        text += f" Nothing was trained for {row['cause']}: it is told by {told}."
    return f"{text} {row['message']}".strip()


def describe_driver(driver: Driver) -> str:
    """Say what a part is.

    Examples
    --------
    >>> describe_driver(Driver("statistic", "ellipticity", 0.3127, 1.5))
    'ellipticity = 0.313'
    """
    count = f"{driver.value:.0f}"
    return {
        "statistic": f"{driver.name} = {driver.value:.3g}",
        "cutout": f"cutouts of cluster {driver.name}" + (f" ({count} detectors)" if driver.value > 1 else ""),
        "hits": f"number of sources in cluster {driver.name}: {count}",
        "neuron": f"number of sources on neuron {driver.name}: {count}",
        "star": "mean star",
    }[driver.kind]


def list_told(explanation: Explanation) -> list[Driver]:
    """Return the parts to tell of, without neurons that are alone in their cluster: the cluster says the same."""
    clusters = {(one.value, round(one.pull, 5)) for one in explanation.drivers if one.kind == "hits"}
    return [
        one for one in explanation.drivers if one.kind != "neuron" or (one.value, round(one.pull, 5)) not in clusters
    ]


def describe_cutout(cutout: DrivingCutout) -> str:
    """Say where a cutout comes from."""
    return f"ccd {cutout.ccd}, cluster {cutout.cluster}, x {cutout.x:.1f}, y {cutout.y:.1f}"


def describe_similar(similar: Similar | None) -> list[str]:
    """Say in lines which labeled exposures are most like one, or why there are none."""
    if similar is None:
        return [f"similar exposures: {NO_REFERENCE}"]
    shares = ", ".join(f"{share:.0%} {cause}" for cause, share in similar.share.items())
    lines = [f"  {label}: exposure {number}, distance {text}" for number, label, text in _list_similar(similar)]
    return [f"most similar labeled exposures ({shares}):", *lines]


def _list_similar(similar: Similar | None) -> list[tuple[str, str, str]]:
    if similar is None:
        return []
    return [
        (str(number), label, f"{distance:.2f}")
        for number, label, distance in zip(similar.exposure, similar.label, similar.distance, strict=True)
    ]


def _mark_detectors(explanation: Explanation, inputs: InputRecipe) -> list[MarkedDetector]:
    """Draw the detectors of the strongest cutouts, with the sources of theirs that are shown."""
    names = list(dict.fromkeys(one.ccd for one in explanation.cutouts))[:DETECTORS]
    addresses = {one.extension or "0": one for one in explanation.addresses}
    found = []
    for name in names:
        detector = read_detector(addresses[name], inputs)
        marks = [(one.x, one.y, one.pull) for one in explanation.cutouts[:CUTOUTS] if one.ccd == name]
        picture = draw_small(detector.bands[detector.reference])
        found.append(MarkedDetector(f"ccd {name}", picture, detector.shape, marks))
    return found


def _make_lattice(neurons: int) -> Lattice:
    side = math.isqrt(neurons)
    return Lattice((side, side) if side**2 == neurons else (neurons,))

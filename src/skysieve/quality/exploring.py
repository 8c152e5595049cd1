"""Exposures in the plane of their widths and ellipticities, with all that a page opens behind each point."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from jaxtyping import Float

from skysieve.quality.assessments import Assessment, find_layouts, find_worst, place_detectors
from skysieve.quality.galleries import Looker, choose_spread
from skysieve.report.qualityexplorer import Explorer
from skysieve.report.qualityfocal import FocalPlane

WIDTH, SHAPE = "log_fwhm", "ellipticity"
"""Columns of detectors: the natural logarithm of the width of bright sources over the usual one, and 1 - b/a."""

AXES = ("log_fwhm", "ellipticity")
"""Names of the two for queries; ``log_fwhm`` is a decimal logarithm there, as the paper's Figure 11 has it."""


def gather_explorer(
    assessment: Assessment, *, title: str, looker: Looker, pictures: int, on_done: Callable[[str], None]
) -> Explorer:
    """Gather what the interactive page shows: Figures 11 and 12 of Teimoorinia et al. (2021).

    Parameters
    ----------
    assessment : Assessment
        With its table of detectors.
    looker : Looker
        Draws pictures of exposures.
    pictures : int
        Exposures of which there are pictures at most, spread evenly over the plane.
    on_done : callable
        Gets the name of each exposure that was drawn.

    Raises
    ------
    ValueError
        If there is no table of detectors, or it lacks widths and ellipticities.
    """
    points = measure_points(assessment)
    planes = find_layouts(assessment, looker.folder)
    names = [str(one) for one in assessment.verdicts["exposure"].tolist()]
    drawn: dict[int, list[tuple[str, bytes]]] = {}
    for row in choose_spread(points, count=pictures):
        drawn[row] = looker.draw(names[row], find_worst(assessment, names[row]) or "0")
        on_done(names[row])
    return Explorer(
        title=title,
        columns=_list_columns(assessment, points),
        planes=list({plane.names: plane for plane in planes.values()}.values()),
        detectors=[_write_detectors(assessment, name, planes.get(name)) for name in names],
        pictures={row: found for row, found in drawn.items() if found},
        provenance=dict(assessment.verdicts.meta),
    )


def measure_points(assessment: Assessment) -> Float[np.ndarray, "exposure 2"]:
    """Return for each exposure log10 of the FWHM over the usual one, and the ellipticity: medians over lit detectors.

    NaN where no detector has bright sources enough.
    """
    table = assessment.detectors
    if table is None or WIDTH not in table.names or SHAPE not in table.names:
        raise ValueError(
            f"the table of detectors must hold {WIDTH} and {SHAPE}; give --ccds of skysieve quality assess"
        )
    points = np.full((len(assessment), 2), math.nan)
    lit = ~table["no_light"].astype(bool)
    values = np.stack([table[WIDTH].astype(float) / math.log(10), table[SHAPE].astype(float)], axis=1)
    for row, name in enumerate(assessment.verdicts["exposure"].tolist()):
        found = assessment.rows.get(name)
        known = values[found[lit[found]]] if found is not None else values[:0]
        known = known[np.isfinite(known).all(axis=1)]
        if len(known):
            points[row] = np.median(known, axis=0)
    return points


def _list_columns(assessment: Assessment, points: Float[np.ndarray, "exposure 2"]) -> dict[str, list[Any]]:
    """Return what can be asked for: all columns of the verdicts, and the two axes; None for NaN."""
    table = assessment.verdicts
    columns = {name: _plain(table[name]) for name in table.names}
    return columns | {name: _plain(points[:, number]) for number, name in enumerate(AXES)}


def _plain(values: np.ndarray) -> list[Any]:
    if values.dtype.kind == "f":
        return [float(f"{value:.5g}") if math.isfinite(value) else None for value in values.tolist()]
    return [value if isinstance(value, bool | int) else str(value) for value in values.tolist()]


def _write_detectors(assessment: Assessment, exposure: str, plane: FocalPlane | None) -> tuple[tuple[str, ...], str]:
    """Return the detectors of an exposure, and two characters for each: P(good) in hundredths, -- dead, .. unread."""
    if plane is None:
        return (), ""
    good, dark = (place_detectors(assessment, exposure, plane, name) for name in ("p_good", "no_light"))
    texts = [
        "--" if no_light == 1 else ".." if math.isnan(value) else f"{min(int(100 * value), 99):02d}"
        for value, no_light in zip(good.tolist(), dark.tolist(), strict=True)
    ]
    return plane.names, "".join(texts)

"""Tables of verdicts read again: exposures with their detectors, flags in words, in the order in which they began."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int

from skysieve.io.catalogs import read_catalog
from skysieve.io.exposures.layout import read_layout, read_start
from skysieve.quality.flags import CutFlag
from skysieve.quality.labels import CLASSES
from skysieve.records import Catalog
from skysieve.report.qualityfocal import FocalPlane, make_grid

LAYOUT_WORDS = {"DETSEC": "by DETSEC in their headers", "WCS": "by their world coordinates, north up"}

NEEDED = ("exposure", "verdict", "cause", "causes95", "n_dead_ccd", *(f"p_{name}" for name in CLASSES))


@dataclass(frozen=True)
class Assessment:
    """Verdicts in order, and the rows of each exposure among the detectors.

    ``start`` [MJD] is when exposures began, NaN where nobody knows; ``order`` says in words how they are sorted.
    """

    verdicts: Catalog
    detectors: Catalog | None
    rows: Mapping[str, Int[np.ndarray, " detector"]]
    start: Float[np.ndarray, " exposure"]
    order: str

    def __len__(self) -> int:
        return len(self.verdicts)

    @property
    def probability(self) -> Float[np.ndarray, "exposure label"]:
        """Of ``CLASSES``."""
        return np.stack([self.verdicts[f"p_{name}"].astype(float) for name in CLASSES], axis=1)


def read_assessment(verdicts: Path, ccds: Path | None, *, folder: Path | None) -> Assessment:
    """Read the tables of ``skysieve quality assess``.

    Parameters
    ----------
    verdicts, ccds : Path
        With a row an exposure, and with a row a detector where there is one.
    folder : Path, optional
        Of the exposures: they are sorted by when their headers say that they began.

    Raises
    ------
    ValueError
        If a table is none of these, or the two are of different exposures.
    """
    found = read_catalog(verdicts)
    _refuse(found, verdicts, NEEDED, "--out")
    detectors = None if ccds is None else read_catalog(ccds)
    if detectors is not None and ccds is not None:
        _refuse(detectors, ccds, ("exposure", "ccd", "cause", "no_light", "p_good"), "--ccds")
        strange = set(detectors["exposure"].tolist()) - set(found["exposure"].tolist())
        if strange:
            raise ValueError(f"{ccds}: detectors of {min(strange)}, which {verdicts} lacks; give tables of one run")
    names = found["exposure"].tolist()
    start = np.array([_read_start(folder, name) for name in names])
    order, unknown = np.argsort(start, kind="stable"), int(np.isnan(start).sum())
    words = "in the order of the table" if unknown == len(start) else "by the time at which they began"
    words += f", {unknown} of unknown time last" if 0 < unknown < len(start) else ""
    return Assessment(found.take(order), detectors, _group(detectors), start[order], words)


def name_flags(table: Catalog, row: int) -> list[str]:
    """Return the flags of an exposure in words, by the dictionary that the table holds."""
    if "flags" not in table.names:
        return []
    value = int(table["flags"][row])
    names = json.loads(table.meta.get("exposure_flags", "{}"))
    return [name.replace("_", " ") for name, (bit, _) in names.items() if value & bit]


def name_cuts(table: Catalog, row: int) -> list[str]:
    """Return the cuts that an exposure fails, in words."""
    value = int(table["cuts"][row]) if "cuts" in table.names else 0
    return [str(one.name).lower().replace("_", " ") for one in CutFlag if value & one]


def find_layouts(assessment: Assessment, folder: Path | None) -> dict[str, FocalPlane]:
    """Find where the detectors of each exposure lie.

    Returns
    -------
    dict of str to FocalPlane
        As the exposure's own headers say, else as those of another exposure with the same detectors, else on a grid.
        Exposures without a row among the detectors have none.
    """
    if assessment.detectors is None:
        return {}
    known: dict[tuple[str, ...], FocalPlane] = {}
    found: dict[str, FocalPlane] = {}
    names = {one: tuple(str(ccd) for ccd in assessment.detectors["ccd"][rows]) for one, rows in assessment.rows.items()}
    for exposure, ccds in names.items():
        path = None if folder is None else folder / exposure
        places, source = read_layout(path) if path is not None and path.is_file() else ({}, "")
        if places and set(ccds) <= set(places):
            plane = FocalPlane(tuple(places), np.stack(list(places.values())), LAYOUT_WORDS[source])
            found[exposure] = known.setdefault(ccds, plane)
    return {one: found.get(one) or known.get(ccds) or make_grid(ccds) for one, ccds in names.items()}


def place_detectors(
    assessment: Assessment, exposure: str, plane: FocalPlane, column: str
) -> Float[np.ndarray, " detector"]:
    """Return a column of an exposure's detectors in the order of the focal plane; NaN where one is not there."""
    values = np.full(len(plane.names), math.nan)
    table, rows = assessment.detectors, assessment.rows.get(exposure)
    if table is None or rows is None:
        return values
    place = {name: number for number, name in enumerate(plane.names)}
    for row in rows.tolist():
        number = place.get(str(table["ccd"][row]))
        if number is not None:
            values[number] = float(table[column][row])
    return values


def find_worst(assessment: Assessment, exposure: str) -> str:
    """Return the detector of an exposure that has light and the lowest probability of being good; "" without one."""
    table, rows = assessment.detectors, assessment.rows.get(exposure)
    if table is None or rows is None:
        return ""
    lit = rows[~table["no_light"][rows].astype(bool)]
    return str(table["ccd"][lit[np.argmin(table["p_good"][lit])]]) if len(lit) else ""


def _group(detectors: Catalog | None) -> dict[str, Int[np.ndarray, " detector"]]:
    if detectors is None:
        return {}
    rows: dict[str, list[int]] = {}
    for row, name in enumerate(detectors["exposure"].tolist()):
        rows.setdefault(name, []).append(row)
    return {name: np.array(found) for name, found in rows.items()}


def _read_start(folder: Path | None, name: str) -> float:
    path = None if folder is None else folder / name
    return read_start(path) if path is not None and path.is_file() else math.nan


def _refuse(table: Catalog, path: Path, needed: Sequence[str], option: str) -> None:
    missing = [name for name in needed if name not in table.names]
    if missing:
        raise ValueError(
            f"{path}: has no column {missing[0]}; give the table that skysieve quality assess {option} wrote"
        )

"""A person's last word: a small table that replaces values of sources or exposures, kept beside what it replaced."""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from skysieve.io.catalogs import read_catalog
from skysieve.records import Catalog, Column, SourceFlag

VERDICTS = {
    "stellarity": (0.0, 1.0), "flags": (0.0, float(2**62)), "p_unrecognized": (0.0, 1.0), "flux": (-1e300, 1e300),
}  # fmt: skip
"""Columns of numbers that may be overruled, and the values they take."""

LABELS = ("som_label", "verdict")
"""Columns of names that may be overruled."""

EXPOSURE_COLUMNS = {"verdict": ("good", "acceptable", "hole", "bad")}
"""Columns that speak of whole exposures, whose id is the name of the exposure's file, and the values they take."""

OVERRULED_BY = Column("overruled_by", "str", "", "who overruled a value of this row, and why", "meta.note")


@dataclass(frozen=True)
class Overrule:
    """One replacement: of which source, or which exposure, in which column, by what, by whom and why."""

    id: int | str
    column: str
    value: float | str
    who: str
    why: str


def read_overrules(path: Path, *, column: str = "stellarity") -> list[Overrule]:
    """Read an overrule table.

    Parameters
    ----------
    path : Path
        CSV, or any format of ``read_catalog``, with columns ``id, value, who, why`` and optionally ``column``.
    column : str
        What is overruled where ``column`` is missing or empty.

    Raises
    ------
    ValueError
        If a column is missing, a column cannot be overruled, a value is out of range, or ``who`` or ``why`` is empty.

    Notes
    -----
    Values of ``stellarity`` and ``flags`` are numbers, those of ``som_label`` and ``verdict`` names. The ``id`` of a
    verdict is the name of the exposure's file.
    """
    table = read_catalog(path)
    missing = {"id", "value", "who", "why"} - set(table.names)
    if missing:
        raise ValueError(
            f"{path.name}: column {', '.join(sorted(missing))} is missing; an overrule is id, value, who, why"
        )
    rows = [table.row(index) for index in range(len(table))]
    return [_check(f"{path.name}, row {number}", row, usual=column) for number, row in enumerate(rows, start=1)]


def split_overrules(overrules: list[Overrule]) -> tuple[list[Overrule], list[Overrule]]:
    """Part the overrules of sources from those of whole exposures."""
    sources = [one for one in overrules if one.column not in EXPOSURE_COLUMNS]
    return sources, [one for one in overrules if one.column in EXPOSURE_COLUMNS]


def apply_overrules(
    catalog: Catalog, overrules: list[Overrule], *, key: str = "id"
) -> tuple[Catalog, list[dict[str, object]]]:
    """Replace values, set the flag OVERRULED, name who did it; return the catalog and what was replaced.

    Parameters
    ----------
    catalog : Catalog
        Of sources or, with the key ``exposure``, of exposures, whose ``flags`` are left alone.
    overrules : list of Overrule
        What to replace.
    key : str
        The column that ``id`` is looked up in.

    Raises
    ------
    ValueError
        If an id is not in the catalog, or the same value is overruled twice.
    """
    if not overrules:
        return catalog, []
    what = "source" if key == "id" else key
    row_of = {identifier: row for row, identifier in enumerate(catalog[key].tolist())}
    absent = sorted({one.column for one in overrules} - set(catalog.names))
    if absent:
        raise ValueError(f"overrule: the catalog has no column {absent[0]}; make it first, or leave that row out")
    named = {*(["flags"] if key == "id" else []), *(one.column for one in overrules)} & set(catalog.names)
    columns = {name: catalog[name].copy() for name in named}
    notes = np.full(len(catalog), "", dtype=object)
    replaced: list[dict[str, object]] = []
    seen = set()
    for one in overrules:
        if one.id not in row_of:
            raise ValueError(f"overrule: there is no {what} {one.id} in the catalog; its ids are in the column {key}")
        if (one.id, one.column) in seen:
            raise ValueError(f"overrule: {one.column} of {what} {one.id} is given twice; keep one row")
        seen.add((one.id, one.column))
        row = row_of[one.id]
        replaced.append({"id": one.id, "column": one.column, "value": one.value, "who": one.who, "why": one.why,
                         "before": _name_before(catalog[one.column][row])})  # fmt: skip
        columns[one.column][row] = one.value
        if key == "id" and "flags" in columns:
            columns["flags"][row] |= int(SourceFlag.OVERRULED)
        notes[row] = "; ".join(filter(None, [notes[row], f"{one.who}: {one.why}"]))
    for column in catalog.schema:
        if column.name in columns:
            catalog = catalog.with_column(column, columns[column.name])
    return catalog.with_column(OVERRULED_BY, notes), replaced


def _name_before(value: object) -> float | str | None:
    """Return a replaced value as JSON knows it."""
    if isinstance(value, str):
        return value
    number = float(str(value))
    return number if math.isfinite(number) else None


def _check(where: str, row: dict[str, object], *, usual: str) -> Overrule:
    """Validate one row of the table."""
    column = str(row.get("column") or usual)
    column = usual if column == "nan" else column
    if column not in VERDICTS and column not in LABELS:
        raise ValueError(f"{where}: {column} cannot be overruled; {', '.join((*VERDICTS, *LABELS))} can")
    name = str(row["id"]).strip()
    value: float | str = str(row["value"]).strip()
    if column in EXPOSURE_COLUMNS and value not in EXPOSURE_COLUMNS[column]:
        raise ValueError(f"{where}: {column} {value} must be one of {', '.join(EXPOSURE_COLUMNS[column])}")
    try:
        identifier = name if column in EXPOSURE_COLUMNS else int(name.removesuffix(".0"))
        value = value if column in LABELS else _check_number(where, column, row["value"])
    except ValueError as problem:
        if str(problem).startswith(where):
            raise
        raise ValueError(f"{where}: id {row['id']} is no whole number or value {row['value']} is no number") from None
    who, why = str(row["who"]).strip(), str(row["why"]).strip()
    if who in {"", "nan"} or why in {"", "nan"}:
        raise ValueError(f"{where}: who and why must both be given, so that the change can be traced")
    return Overrule(identifier, column, value, who, why)


def _check_number(where: str, column: str, given: object) -> float:
    """Return a value that its column may have."""
    value, (low, high) = float(str(given)), VERDICTS[column]
    if not low <= value <= high:
        raise ValueError(f"{where}: value {value:g} of {column} must lie between {low:g} and {high:g}")
    return value

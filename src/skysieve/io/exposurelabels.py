"""Labels that people gave to exposures, on disk: a small CSV table, and who may write to it at the moment."""

import csv
import fcntl
import io
import math
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path

from skysieve.io.atomic import write_whole

SURENESS = (1, 2, 3)
"""A guess, fairly sure, certain."""

CERTAIN = SURENESS[-1]


@dataclass(frozen=True)
class ExposureLabel:
    """What one person said of one exposure.

    Parameters
    ----------
    exposure : str
        Name of its file.
    rater : str
        Who said it.
    label : str
        The class.
    sureness : int
        One of ``SURENESS``.
    time : str
        When, ISO 8601 in UTC; "" where nobody knows.
    seconds : float
        From seeing the exposure to the label [s]; NaN where nobody knows.
    blind : bool
        Whether the rater had not asked what the model thinks.
    """

    exposure: str
    rater: str
    label: str
    sureness: int = CERTAIN
    time: str = ""
    seconds: float = math.nan
    blind: bool = True


COLUMNS = tuple(one.name for one in fields(ExposureLabel))


def format_labels(labels: Iterable[ExposureLabel]) -> str:
    """Return the text of a table of labels, a row a label, in their order."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(COLUMNS)
    for one in labels:
        seconds = "" if math.isnan(one.seconds) else f"{one.seconds:.2f}"
        blind = "true" if one.blind else "false"
        rows.writerow([one.exposure, one.rater, one.label, one.sureness, one.time, seconds, blind])
    return text.getvalue()


def write_labels(path: Path, labels: Iterable[ExposureLabel]) -> None:
    """Write a table of labels, whole or not at all."""
    with write_whole(path) as temporary:
        temporary.write_bytes(format_labels(labels).encode())


def read_labels(path: Path) -> tuple[ExposureLabel, ...]:
    """Read a table of labels.

    Parameters
    ----------
    path : Path
        CSV with the columns ``exposure, rater, label``; the others of `ExposureLabel` may be left out, or empty.

    Raises
    ------
    ValueError
        If there is no such file, a column is missing, a cell is not what its column wants, or a rater labeled an
        exposure twice.
    """
    try:
        rows = list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline=""), strict=True))
    except FileNotFoundError:
        raise ValueError(f"{path}: there is no such table of labels") from None
    except (UnicodeDecodeError, csv.Error) as problem:
        raise ValueError(f"{path.name}: not a table in CSV ({problem})") from None
    labels = [_parse(row, f"{path.name}, row {number}") for number, row in enumerate(rows, start=1)]
    seen = set()
    for number, one in enumerate(labels, start=1):
        if (one.exposure, one.rater) in seen:
            raise ValueError(f"{path.name}, row {number}: {one.rater} labels {one.exposure} again; keep one row")
        seen.add((one.exposure, one.rater))
    return tuple(labels)


@contextmanager
def lock_labels(path: Path) -> Iterator[None]:
    """Wait until nobody else writes to a table of labels, and keep others waiting.

    The kernel holds the lock on a file beside the table: a killed writer locks nobody out.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_name(f".{path.name}.lock").open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _parse(row: dict[str | None, str | None], where: str) -> ExposureLabel:
    cells = {str(name).strip(): (text or "").strip() for name, text in row.items() if isinstance(text, str)}
    for name in ("exposure", "rater", "label"):
        if not cells.get(name):
            raise ValueError(f"{where}: {name} is missing; a label is exposure, rater, label")
    sureness, seconds = cells.get("sureness") or str(CERTAIN), cells.get("seconds") or "nan"
    try:
        known = ExposureLabel(
            cells["exposure"], cells["rater"], cells["label"], int(sureness), cells.get("time", ""), float(seconds),
            blind=(cells.get("blind") or "true").lower() != "false",
        )  # fmt: skip
    except ValueError:
        raise ValueError(f"{where}: sureness {sureness} or seconds {seconds} is no number") from None
    if known.sureness not in SURENESS:
        raise ValueError(f"{where}: sureness {sureness}; {SURENESS[0]} to {SURENESS[-1]} are wanted")
    return known

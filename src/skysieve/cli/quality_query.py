"""``skysieve quality query``: the rows of a table of verdicts that meet a condition."""

import json
from pathlib import Path
from typing import Annotated

import typer

NAMES = ("exposure", "ccd")
"""Columns by which a printed row is named, as far as the table has them."""


def query_verdicts(
    table: Annotated[Path, typer.Argument(help="Verdicts, as skysieve quality assess writes them.")],
    query: Annotated[str, typer.Argument(help="As \"p_bt > 0.2 and p_bseeing > 0.2 and verdict != 'bad'\".")],
    *,
    out: Annotated[Path | None, typer.Option(help="Table of the rows found; the suffix gives the format.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable result on stdout.")] = False,
) -> None:
    """Find exposures by a combination of probabilities, verdicts, and whatever else the table holds."""
    from skysieve.io.catalogs import read_catalog, write_catalog  # noqa: PLC0415 -- takes time, which --help need not
    from skysieve.quality.querying import list_columns, select_rows  # noqa: PLC0415 -- as above

    verdicts = read_catalog(table)
    found = verdicts.take(select_rows(verdicts, query))
    if out is not None:
        write_catalog(found, out)
    rows = [found.row(number) for number in range(len(found))]
    if as_json:
        # NaN differs from itself, and JSON has no name for it.
        plain = [{name: value if value == value else None for name, value in row.items()} for row in rows]  # noqa: PLR0124
        typer.echo(json.dumps({"query": query, "found": len(rows), "of": len(verdicts), "rows": plain}, indent=1))
        return
    shown = [name for name in list_columns(query) if name not in NAMES]
    for number, row in enumerate(rows):
        title = " ".join(str(row[name]) for name in NAMES if name in row) or f"row {number}"
        typer.echo(f"{title}: {', '.join(f'{name} {_show(row[name])}' for name in shown)}")
    typer.echo(f"{len(rows)} of {len(verdicts)} rows")
    if out is not None:
        typer.echo(f"table: {out}")


def _show(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)

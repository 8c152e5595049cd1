"""``skysieve quality inspect``: what a training made: its map of sources, fingerprints, learning curves."""

import json
from pathlib import Path
from typing import Annotated

import typer


def inspect_command(
    runs: Annotated[list[Path], typer.Argument(help="Folders of skysieve quality train; curves are drawn of all.")],
    *,
    out: Annotated[Path, typer.Option(help="The page, one file.")] = Path("training.html"),
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable result on stdout.")] = False,
) -> None:
    """Write the page of a training: hit map, clusters and their sources, fingerprints, learning curves."""
    from skysieve.quality.showing import describe_run, draw_run  # noqa: PLC0415 -- takes seconds, which --help need not
    from skysieve.report.qualitypage import RunPage, write_run_page  # noqa: PLC0415 -- as above

    first, *others = runs
    panels = draw_run(first, others=others)
    write_run_page(out, RunPage(f"What {first.resolve().name} has learned from", panels, describe_run(first)))
    drawn = sum(panel.svg is not None for panel in panels)
    typer.echo(json.dumps({"figures": drawn, "page": str(out)}, indent=1) if as_json else f"{drawn} figures: {out}")

"""``skysieve quality explore``: all exposures by width and ellipticity, on one page that opens each."""

import json
from pathlib import Path
from typing import Annotated

import typer

from skysieve.cli.quality_looking import Folder, Json, Prints, make_looker


def explore_command(
    verdicts: Annotated[Path, typer.Argument(help="Table of skysieve quality assess --out.")],
    *,
    ccds: Annotated[Path, typer.Option(help="Table of its --ccds.")],
    exposures: Folder = None,
    prints: Prints = None,
    pictures: Annotated[int, typer.Option(min=0, help="Exposures with pictures, spread over the plot.")] = 200,
    out: Annotated[Path, typer.Option(help="The page, one file.")] = Path("explorer.html"),
    as_json: Json = False,
) -> None:
    """Write the interactive page of width against ellipticity, colored by any probability, filtered by queries."""
    from skysieve.quality.assessments import read_assessment  # noqa: PLC0415 -- takes seconds, which --help need not
    from skysieve.quality.exploring import gather_explorer  # noqa: PLC0415 -- as above
    from skysieve.report.qualityexplorer import write_explorer  # noqa: PLC0415

    explorer = gather_explorer(
        read_assessment(verdicts, ccds, folder=exposures), title=f"Exposures of {verdicts.name}",
        looker=make_looker(exposures, prints, side=200), pictures=pictures,
        on_done=lambda name: typer.echo(f"drew {name}", err=True),
    )  # fmt: skip
    write_explorer(out, explorer)
    found = {"exposures": len(explorer.detectors), "pictures": len(explorer.pictures), "page": str(out)}
    typer.echo(json.dumps(found, indent=1) if as_json else f"page of {found['exposures']} exposures: {out}")

"""``skysieve quality show``: the page of judged exposures."""

import json
from pathlib import Path
from typing import Annotated

import typer

from skysieve.cli.quality_looking import Folder, Json, Prints, make_looker


def show_command(
    verdicts: Annotated[Path, typer.Argument(help="Table of skysieve quality assess --out.")],
    *,
    ccds: Annotated[Path | None, typer.Option(help="Table of its --ccds.")] = None,
    exposures: Folder = None,
    prints: Prints = None,
    out: Annotated[Path, typer.Option(help="The page, one file.")] = Path("report.html"),
    as_json: Json = False,
) -> None:
    """Write the page of judged exposures: which are usable, what ruins the others, where and at what cost."""
    from skysieve.quality.assess_report import make_title, summarize_assessment  # noqa: PLC0415 -- takes seconds, --help need not
    from skysieve.quality.assessments import read_assessment  # noqa: PLC0415 -- as above
    from skysieve.report.qualitypage import write_quality_page  # noqa: PLC0415

    assessment = read_assessment(verdicts, ccds, folder=exposures)
    summary = summarize_assessment(
        assessment, title=make_title(verdicts), looker=make_looker(exposures, prints, side=256),
        on_done=lambda name: typer.echo(f"looked at {name}", err=True),
    )  # fmt: skip
    write_quality_page(out, summary)
    found = {"exposures": len(assessment), "focal_planes": len(summary.maps), "cases": len(summary.cases),
             "page": str(out)}  # fmt: skip
    typer.echo(json.dumps(found, indent=1) if as_json else f"page of {len(assessment)} exposures: {out}")

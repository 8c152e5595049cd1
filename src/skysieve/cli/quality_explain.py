"""``skysieve quality explain``: what drove the verdict on an exposure, and which labeled exposures are like it."""

import json
from pathlib import Path
from typing import Annotated

import typer

from skysieve.cli.quality_options import Fwhm, Json, Model, RecipeFile, Seeing, Settings, read_assess_recipe


def explain(
    exposure: Annotated[Path, typer.Argument(help="A FITS file.")],
    *,
    ccd: Annotated[str | None, typer.Option(help="Explain this detector alone: its extension number.")] = None,
    cause: Annotated[str | None, typer.Option(help="Explain this class instead of the verdict's.")] = None,
    number: Annotated[int, typer.Option(min=1, help="Parts, cutouts and detectors to print.")] = 10,
    out: Annotated[Path | None, typer.Option(help="Page with figures (.html).")] = None,
    model: Model = None,
    seeing: Seeing = None,
    fwhm: Fwhm = None,
    recipe: RecipeFile = None,
    setting: Settings = None,
    as_json: Json = False,
) -> None:
    """Explain the verdict on an exposure: what pulled toward it, where, and what it is like."""
    from skysieve.quality.explained_page import (  # noqa: PLC0415 -- takes seconds, which --help need not
        describe_cutout,
        describe_driver,
        describe_similar,
        describe_verdict,
        list_told,
        write_explanation,
    )
    from skysieve.quality.explaining import describe_explanation, explain_exposure  # noqa: PLC0415 -- as above

    resolved = read_assess_recipe(recipe, setting, model=model, seeing=seeing, fwhm=fwhm)
    found = explain_exposure(exposure, resolved, ccd=ccd, cause=cause)
    if out is not None:
        write_explanation(out, found, resolved.input)
    if as_json:
        typer.echo(json.dumps(describe_explanation(found) | {"page": None if out is None else str(out)}, indent=1))
        return
    lines = [describe_verdict(found), f"pull toward {found.cause} (log-odds {found.log_odds:+.2f}):"]
    lines += [f"  {one.pull:+.3f}  {describe_driver(one)}" for one in list_told(found)[:number]]
    lines += ["cutouts, each on its own detector:"] if found.cutouts else []
    lines += [f"  {one.pull:+.3f}  {describe_cutout(one)}" for one in found.cutouts[:number]]
    lines += ["detectors:"] if found.detectors else []
    lines += [f"  {pull:+.3f}  ccd {name}" for name, pull in list(found.detectors.items())[:number]]
    lines += describe_similar(found.similar) + ([] if out is None else [f"page: {out}"])
    typer.echo("\n".join(lines))

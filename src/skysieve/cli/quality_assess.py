"""``skysieve quality assess``: many exposures judged, on several processes where asked for."""

import json
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from skysieve.cli.quality_options import Fwhm, Json, Model, RecipeFile, Seeing, Settings, read_assess_recipe
from skysieve.execution import prepare_workers

NOTHING_USABLE, INTERRUPTED = 2, 130

Detectors = Annotated[Path | None, typer.Option(help="Table with a row a detector.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Forget what was judged there before.")]


def assess(
    exposures: Annotated[list[Path], typer.Argument(help="FITS files, each an exposure of one detector or of many.")],
    *,
    out: Annotated[Path, typer.Option(help="Table with a row an exposure; the suffix gives the format.")],
    ccds: Detectors = None,
    model: Model = None,
    seeing: Seeing = None,
    fwhm: Fwhm = None,
    recipe: RecipeFile = None,
    setting: Settings = None,
    overrule: Annotated[
        Path | None, typer.Option(help="Table of verdicts to replace: id (the exposure), value, who, why.")
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes on this machine.")] = 1,
    run: Annotated[
        Path | None, typer.Option(help="Folder of the run, kept. Default: a hidden one, removed at the end.")
    ] = None,
    learn_layout: Annotated[
        Path | None, typer.Option(help="File for the layouts of the mosaics, to be named in a recipe.")
    ] = None,
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Judge exposures: good, acceptable, hole or bad, and why; killed, the same command goes on."""
    if workers > 1:
        prepare_workers(["skysieve.quality.parts"])
    from skysieve.cli.progress import show_progress  # noqa: PLC0415 -- takes seconds, while the workers import too
    from skysieve.execution import ExecutionRecipe  # noqa: PLC0415 -- as above
    from skysieve.quality.assess_run import Products, run_assessment  # noqa: PLC0415

    resolved = read_assess_recipe(recipe, setting, model=model, seeing=seeing, fwhm=fwhm)
    products = Products(out, detectors=ccds, layouts=learn_layout, run=run, overwrite=overwrite)
    try:
        with show_progress("judging") as progress:
            verdicts = run_assessment(
                exposures, resolved, products, execution=ExecutionRecipe(workers=workers), overrule=overrule,
                on_start=progress.start, on_done=progress.advance,
            )  # fmt: skip
    except KeyboardInterrupt:
        typer.echo("skysieve: interrupted; the same command resumes where it stopped", err=True)
        raise typer.Exit(INTERRUPTED) from None
    counts = Counter(verdicts["verdict"].tolist())
    if as_json:
        typer.echo(json.dumps({"exposures": len(verdicts), "verdicts": dict(counts), "table": str(out)}, indent=1))
    for row in map(verdicts.row, range(0 if as_json else len(verdicts))):
        typer.echo(
            f"{row['exposure']}: {row['verdict']} ({row['cause']}), P(good) {row['p_good']:.3f} {row['message']}"
        )
    if not verdicts["n_ccd"].any():
        typer.echo("skysieve: no exposure could be read; the table says why of each", err=True)
        raise typer.Exit(NOTHING_USABLE)

"""``skysieve som preprocess``: cutouts in, images of a map out, with a report on what a map would learn from them."""

import json
from pathlib import Path
from typing import Annotated

import typer

INTERRUPTED = 130


def preprocess(
    source: Annotated[Path, typer.Argument(help="Cutout store, NAME.zarr, or images in PINK's format.")],
    recipe: Annotated[Path | None, typer.Argument(help="TOML file with the steps; by default those for radio.")] = None,
    *,
    out: Annotated[Path, typer.Option(help="NAME.zarr, or NAME.bin for PINK; a killed command resumes.")],
    setting: Annotated[list[str] | None, typer.Option("--set", help="One setting: section.key=value. Repeat.")] = None,
    drop: Annotated[bool, typer.Option("--drop", help="Leave unusable images out.")] = False,
    label: Annotated[str, typer.Option(help="Column with the class of each cutout.")] = "",
    balance: Annotated[str, typer.Option(help="Make classes count alike: undersample, weights or smote.")] = "",
    seed: Annotated[int, typer.Option(min=0, help="Of the random choices of --balance.")] = 0,
    report: Annotated[bool, typer.Option(help="Write NAME.sanity.json and NAME.sanity.html.")] = True,
    workers: Annotated[int, typer.Option(min=1, help="Processes on this machine.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable result on stdout.")] = False,
) -> None:
    """Prepare cutouts for a map: clip noise, mask, apply a transfer function, scale, weigh the channels."""
    if workers > 1:
        from skysieve.execution import prepare_workers  # noqa: PLC0415

        prepare_workers(["skysieve.morphology.preparing"])
    from skysieve.cli import som_preparing  # noqa: PLC0415 -- takes seconds, which --help need not

    task = som_preparing.Task(source, recipe, tuple(setting or ()), out, drop, label, balance, seed, workers)
    try:
        summary = som_preparing.prepare(task, with_report=report)
    except KeyboardInterrupt:
        typer.echo("skysieve: interrupted; the same command resumes where it stopped", err=True)
        raise typer.Exit(INTERRUPTED) from None
    if as_json:
        typer.echo(json.dumps(summary, indent=1))
        return
    amiss = ", ".join(f"{count} {name}" for name, count in summary["flags"].items() if count)
    typer.echo(f"{summary['n_written']} images of {summary['n_read']} cutouts{f' ({amiss})' if amiss else ''}: {out}")
    if report:
        typer.echo(f"report: {summary['report']}")

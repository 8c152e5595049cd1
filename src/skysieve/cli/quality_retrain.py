"""``skysieve quality retrain``: a judge of exposures learns from labels that people gave."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer


def retrain_command(
    recipe: Annotated[Path | None, typer.Argument(help="TOML file with the settings.")] = None,
    *,
    labels: Annotated[Path, typer.Option(help="Table of labels (CSV), as `quality label` writes it.")],
    exposures: Annotated[Path, typer.Option(help="Folder with the labeled exposures.")],
    out: Annotated[Path, typer.Option(help="Run folder; a killed run in it resumes.")],
    model: Annotated[str | None, typer.Option(help="Weights that learn: shipped ones by name, or a file.")] = None,
    training: Annotated[
        Path | None, typer.Option(help="Run folder of the training of these weights, to mix in what it saw.")
    ] = None,
    seeing: Annotated[float | None, typer.Option(min=0.01, help="The camera's usual seeing [arcsec FWHM].")] = None,
    setting: Annotated[list[str] | None, typer.Option("--set", help="One setting: section.key=value. Repeat.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable result on stdout.")] = False,
) -> None:
    """Let a model learn from labels; exposures that it was unsure of count more."""
    from skysieve.cli.scores import print_metrics  # noqa: PLC0415 -- takes seconds, which --help need not
    from skysieve.config import read_recipe  # noqa: PLC0415
    from skysieve.io.exposurelabels import read_labels  # noqa: PLC0415
    from skysieve.quality.relearning import relearn  # noqa: PLC0415
    from skysieve.quality.relearning_recipe import RelearnRecipe  # noqa: PLC0415

    given = [] if model is None else [f"assess.model={json.dumps(model)}"]
    given += [] if seeing is None else [f"assess.usual.seeing={seeing}"]
    resolved = read_recipe(RelearnRecipe, recipe, settings=[*(setting or []), *given])
    card, told = relearn(
        read_labels(labels), exposures, resolved, out=out.resolve(), simulated=training,
        on_done=lambda name: typer.echo(name, err=True),
    )  # fmt: skip
    weights = out / "weights" / f"{card.name}.safetensors"
    if as_json:
        typer.echo(json.dumps({"weights": str(weights), "learned": asdict(told), "card": asdict(card)}, indent=1))
        return
    print_metrics(card.metrics)
    for name, value in asdict(told).items():
        typer.echo(f"{name:<20} {value}")
    typer.echo(f"weights: {weights}")

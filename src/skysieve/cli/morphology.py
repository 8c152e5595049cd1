"""``skysieve morphology``: train, apply and evaluate a map of sources with the classes that it gives."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Morphology by a map of sources: train, apply, evaluate.", no_args_is_help=True)

Settings = Annotated[list[str] | None, typer.Option("--set", help="One setting: section.key=value. Repeat.")]
Json = Annotated[bool, typer.Option("--json", help="Machine-readable result on stdout.")]


@app.command("train")
def train_command(
    recipe: Annotated[Path, typer.Argument(help="TOML file; recipes/morphology.toml made the shipped weights.")],
    *,
    out: Annotated[Path, typer.Option(help="Run folder; a killed training in it resumes.")],
    setting: Settings = None,
    as_json: Json = False,
) -> None:
    """Simulate fields, train a map on their sources, learn classes, export weights with their card."""
    from skysieve.cli.progress import show_progress  # noqa: PLC0415 -- as below
    from skysieve.cli.scores import print_metrics  # noqa: PLC0415
    from skysieve.config import read_recipe  # noqa: PLC0415 -- takes seconds, which --help need not
    from skysieve.morphology import TrainRecipe, train  # noqa: PLC0415

    resolved = read_recipe(TrainRecipe, recipe, settings=setting or [])
    with show_progress("simulating") as progress:
        progress.start(resolved.fields.number)
        card = train(resolved, out=out, on_done=progress.advance)
    if as_json:
        typer.echo(json.dumps(asdict(card), indent=1))
        return
    print_metrics(card.metrics)
    typer.echo(f"weights: {out / 'weights' / f'{card.name}.safetensors'}")


@app.command("apply")
def apply_command(
    source: Annotated[Path, typer.Argument(help="Cutouts: a store, HDF5, a folder, or a binary of PINK.")],
    *,
    out: Annotated[Path, typer.Option(help="Folder for the judged catalog.")],
    model: Annotated[str | None, typer.Option(help="Name of shipped weights, a .safetensors file, or a map.")] = None,
    recipe: Annotated[Path | None, typer.Option(help="TOML file with the settings.")] = None,
    setting: Settings = None,
    overrule: Annotated[Path | None, typer.Option(help="Table of values to replace: id, value, who, why.")] = None,
    as_json: Json = False,
) -> None:
    """Judge cutouts by a map: best-matching unit, distance, orientation, classes, outliers."""
    from skysieve.config import read_recipe  # noqa: PLC0415 -- takes seconds, which --help need not
    from skysieve.morphology import ApplyRecipe, apply  # noqa: PLC0415

    given = [] if model is None else [f"model={json.dumps(model)}"]
    applied = apply(
        source, read_recipe(ApplyRecipe, recipe, settings=[*(setting or []), *given]), out=out, overrule=overrule
    )
    if as_json:
        typer.echo(json.dumps({**applied.facts, "files": [str(path) for path in applied.files]}, indent=1))
        return
    facts = applied.facts
    typer.echo(f"{facts['rows']} cutouts; {facts['ood']} outside of what the map knows, {facts['unknown']} unknown")
    typer.echo(f"catalog: {applied.files[0]}")


@app.command("evaluate")
def evaluate_command(
    recipe: Annotated[Path | None, typer.Argument(help="TOML file; the defaults judge the shipped weights.")] = None,
    *,
    out: Annotated[Path, typer.Option(help="Run folder; a killed evaluation in it resumes.")],
    model: Annotated[str | None, typer.Option(help="Name of shipped weights, or a .safetensors file.")] = None,
    setting: Settings = None,
    as_json: Json = False,
) -> None:
    """Measure the classes on simulated fields of other seeds; write scores and figures."""
    from skysieve.cli.progress import show_progress  # noqa: PLC0415 -- as below
    from skysieve.cli.scores import print_metrics  # noqa: PLC0415
    from skysieve.config import read_recipe  # noqa: PLC0415 -- takes seconds, which --help need not
    from skysieve.morphology import EvaluateRecipe, evaluate  # noqa: PLC0415

    given = [] if model is None else [f"apply.model={json.dumps(model)}"]
    resolved = read_recipe(EvaluateRecipe, recipe, settings=[*(setting or []), *given])
    with show_progress("evaluating") as progress:
        progress.start(resolved.fields.number)
        metrics = evaluate(resolved, out=out, on_done=progress.advance)
    if as_json:
        typer.echo(json.dumps({name: asdict(one) for name, one in metrics.items()}, indent=1))
        return
    print_metrics(metrics)
    typer.echo(f"report: {out / 'report.html'}")

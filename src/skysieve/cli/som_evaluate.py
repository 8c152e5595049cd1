"""``skysieve som evaluate``: how well classes from a map agree with labels."""

import json
from pathlib import Path
from typing import Annotated

import typer

from skysieve.cli.som_transfer import Choice


def evaluate(
    mapping: Annotated[Path, typer.Argument(help="Folder of skysieve som map, or a mapping file of PINK.")],
    *,
    labels: Annotated[Path, typer.Option(help="Table with the columns id and label.")],
    out: Annotated[Path, typer.Option(help="Folder for scores.json and report.html.")],
    classifier: Annotated[
        Path | None, typer.Option(help="classifier.safetensors made from other images; else cross-validation.")
    ] = None,
    som: Annotated[
        Path | None, typer.Option(help="The trained map of a bare mapping file, where it is periodic.")
    ] = None,
    method: Annotated[Choice | None, typer.Option(help="One way to judge. Default: all, side by side.")] = None,
    group: Annotated[str | None, typer.Option(help="Column of images to keep together; default: sky cells.")] = None,
    cell: Annotated[float, typer.Option(min=1e-6, help="Side of these cells [deg].")] = 1.0,
    seed: Annotated[int, typer.Option(help="Of folds and forest.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable result on stdout.")] = False,
) -> None:
    """Measure accuracy, confusion and calibration of classes from a map, with errors by groups."""
    from skysieve.morphology.evaluating import WAYS, evaluate_labels, list_evaluation  # noqa: PLC0415 -- takes seconds

    found = evaluate_labels(
        mapping, labels, out=out, classifier=classifier, som=som, ways=(method,) if method else WAYS, group=group,
        cell=cell, seed=seed,
    )  # fmt: skip
    if as_json:
        typer.echo(json.dumps({"folder": str(out), **list_evaluation(found)}, indent=1))
        return
    for way, one in found.scores.items():
        typer.echo(
            f"{way:<11} accuracy {one.accuracy.value:.3f} +- {one.accuracy.error:.3f}, calibration error "
            f"{one.calibration_error.value:.3f} +- {one.calibration_error.error:.3f}  (n = {one.accuracy.n})"
        )
    typer.echo(f"report: {out / 'report.html'}")

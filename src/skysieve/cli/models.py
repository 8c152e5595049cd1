"""``skysieve models``: what weights there are, what is known of them, whether they are whole."""

import importlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

app = typer.Typer(help="Weights that ship with the package: list, show, check.", no_args_is_help=True)

MAIN = ("auc", "calibration_error")
"""Metrics that the list shows where a card has them."""

BROKEN = 1


@app.command("list")
def list_models(
    *, as_json: Annotated[bool, typer.Option("--json", help="Machine-readable result on stdout.")] = False
) -> None:
    """List the weights of all capabilities."""
    models = [_describe(capability, path) for capability, path in _find_models()]
    if as_json:
        typer.echo(json.dumps(models, indent=1))
        return
    for one in models:
        numbers = ", ".join(_format_metric(name, one["metrics"][name]) for name in MAIN if name in one["metrics"])
        typer.echo(f"{one['capability']:<14} {one['name']:<16} {one['version']:<6} {one['bytes'] / 1000:8.1f} kB  "
                   f"{one['sha256'][:12]}  {numbers}")  # fmt: skip


@app.command("show")
def show_model(name: Annotated[str, typer.Argument(help="Name of the weights.")]) -> None:
    """Print the model card."""
    from skysieve.io.weights import read_weights  # noqa: PLC0415 -- takes time, which --help need not

    typer.echo(json.dumps(asdict(read_weights(_find_model(name)[1])[1]), indent=1))


@app.command("check")
def check_models(name: Annotated[str | None, typer.Argument(help="Name of the weights; all without.")] = None) -> None:
    """Check checksum and content, and run each model on the example in its file; exit code 1 if one fails."""
    failed = False
    for capability, path in [_find_model(name)] if name else _find_models():
        try:
            difference = importlib.import_module(f"skysieve.{capability}").check(path)
        except ValueError as error:
            typer.echo(f"skysieve: {error}", err=True)
            failed = True
        else:
            typer.echo(f"{path.stem}: whole; its example is off by {difference:.1g}")
    if failed:
        raise typer.Exit(BROKEN)


def _find_models() -> list[tuple[str, Path]]:
    """Capability and file of all shipped weights."""
    from skysieve.chain.capabilities import CAPABILITIES  # noqa: PLC0415 -- takes time, which --help need not
    from skysieve.io.shipped import list_shipped  # noqa: PLC0415

    return [(capability, path) for capability in CAPABILITIES for path in list_shipped(capability)]


def _find_model(name: str) -> tuple[str, Path]:
    models = _find_models()
    for capability, path in models:
        if path.stem == name:
            return capability, path
    raise ValueError(f"{name}: there are no such weights; there are {', '.join(path.stem for _, path in models)}")


def _describe(capability: str, path: Path) -> dict[str, Any]:
    from skysieve.io.weights import read_weights  # noqa: PLC0415 -- takes time, which --help need not

    _, card = read_weights(path)
    metrics = {name: asdict(metric) for name, metric in card.metrics.items()}
    return {"capability": capability, "name": card.name, "version": card.version, "bytes": path.stat().st_size,
            "sha256": card.sha256, "metrics": metrics}  # fmt: skip


def _format_metric(name: str, metric: dict[str, Any]) -> str:
    error = "" if metric["error"] is None else f" +- {metric['error']:.4f}"
    return f"{name} {metric['value']:.4f}{error} (n = {metric['n']})"

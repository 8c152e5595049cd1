"""What ``skysieve trust`` does once its arguments are read; apart from them, since these imports take seconds."""

import json
from dataclasses import replace
from pathlib import Path

import typer

from skysieve.chain import ChainRecipe, Inputs
from skysieve.cli.measuring import INTERRUPTED, NOTHING_USABLE
from skysieve.cli.progress import show_progress
from skysieve.config import read_recipe
from skysieve.trust import TrustRecipe, TrustResult, run_trust


def resolve_trust_recipe(path: Path | None, settings: list[str]) -> TrustRecipe:
    """Read the recipe and apply the settings of the command line."""
    return read_recipe(TrustRecipe, path, settings=settings)


def adopt_chain(path: Path | None, chain: ChainRecipe) -> TrustRecipe:
    """Read a trust recipe for a run whose own recipe takes the place of its section ``chain``."""
    return replace(read_recipe(TrustRecipe, path), chain=chain)


def report_trust(inputs: Inputs, out: Path, *, recipe: TrustRecipe, overwrite: bool, as_json: bool) -> None:
    """Measure with a progress bar, print the result, leave with its exit code."""
    result = measure_with_progress(inputs, out, recipe=recipe, overwrite=overwrite)
    for image in result.content["images"]:
        for words in image["messages"]:
            typer.echo(f"skysieve: {words}", err=True)
    if as_json:
        typer.echo(json.dumps(describe(result), indent=1))
    else:
        typer.echo(result.content["verdict"])
        typer.echo(f"report: {result.folder / 'trust.html'}")
    if not result.usable:
        raise typer.Exit(NOTHING_USABLE)


def measure_with_progress(inputs: Inputs, out: Path, *, recipe: TrustRecipe, overwrite: bool) -> TrustResult:
    """Run with a progress bar; an interruption is one sentence and an exit code."""
    try:
        with show_progress("trust") as progress:
            return run_trust(
                inputs, out, recipe=recipe, overwrite=overwrite, on_done=progress.advance,
                on_plan=progress.start,
            )  # fmt: skip
    except KeyboardInterrupt:
        typer.echo("skysieve: interrupted; the same command resumes where it stopped", err=True)
        raise typer.Exit(INTERRUPTED) from None


def describe(result: TrustResult) -> dict[str, object]:
    """Return the result as ``--json`` prints it: the sentences, and where the scores are."""
    content = result.content
    return {
        "out": str(result.folder), "n_images": len(content["images"]), "n_usable": result.usable,
        "n_injected": sum(image["n"] for image in content["images"]), "verdict": content["verdict"],
        "failures": content["failures"], "cautions": [one["text"] for one in content["cautions"]],
        "scores": str(result.folder / "trust.json"),
    }  # fmt: skip

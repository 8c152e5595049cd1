"""What ``skysieve trust`` does once its arguments are read; apart from them, since these imports take seconds."""

import json
from dataclasses import replace
from pathlib import Path

import typer

from skysieve.chain import ChainRecipe, Inputs, run_chain
from skysieve.cli.measuring import INTERRUPTED, NOTHING_USABLE, print_result, run_with_progress
from skysieve.cli.progress import show_progress
from skysieve.config import read_recipe
from skysieve.trust import TrustRecipe, TrustResult, run_trust


def resolve_trust_recipe(path: Path | None, settings: list[str]) -> TrustRecipe:
    """Read the recipe and apply the settings of the command line."""
    return read_recipe(TrustRecipe, path, settings=settings)


def adopt_chain(path: Path | None, chain: ChainRecipe) -> TrustRecipe:
    """Read a trust recipe for a run, whose own recipe is its section ``chain``."""
    recipe = read_recipe(TrustRecipe, path)
    if path is not None and recipe.chain != ChainRecipe():
        raise ValueError(f"{path.name}: leave out the section chain; the run's own recipe takes its place")
    return replace(recipe, chain=chain)


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


def measure_with_trust(
    inputs: Inputs,
    out: Path,
    *,
    recipe: ChainRecipe,
    trust_recipe: Path | None,
    overrule: Path | None,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Run the chain, measure its trust in the same folder, and write the report anew with a link to it."""
    settings = adopt_chain(trust_recipe, recipe)
    if inputs.catalog is not None:
        raise ValueError("--trust measures what detection finds; leave out --catalog")
    result = run_with_progress(inputs, out, recipe=recipe, overrule=overrule, overwrite=overwrite)
    more: dict[str, object] = {}
    if result.usable:
        trust = measure_with_progress(inputs, out, recipe=settings, overwrite=overwrite)
        run_chain(inputs, out, recipe=recipe, overrule=overrule)
        more = {"trust": describe(trust)}
    print_result(result, as_json=as_json, more=more)
    if not result.usable:
        raise typer.Exit(NOTHING_USABLE)
    if not as_json:
        typer.echo(f"trust: {result.folder / 'trust.html'}")

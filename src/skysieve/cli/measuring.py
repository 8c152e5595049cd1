"""What ``skysieve run`` does once its arguments are read; apart from them, since these imports take seconds."""

import json
from collections.abc import Mapping
from pathlib import Path

import typer

from skysieve.chain import ChainRecipe, Inputs, RunResult, plan_run, run_chain
from skysieve.cli.bands import split_band
from skysieve.cli.progress import show_progress
from skysieve.config import dump_recipe, read_recipe
from skysieve.records import ImageFlag, decode_flags

NOTHING_USABLE, INTERRUPTED = 2, 130


def measure_images(
    inputs: Inputs, out: Path, *, recipe: ChainRecipe, overrule: Path | None, overwrite: bool, as_json: bool
) -> None:
    """Run the chain with a progress bar, print its result, leave with its exit code."""
    result = run_with_progress(inputs, out, recipe=recipe, overrule=overrule, overwrite=overwrite)
    print_result(result, as_json=as_json)
    if not result.usable:
        raise typer.Exit(NOTHING_USABLE)


def run_with_progress(
    inputs: Inputs, out: Path, *, recipe: ChainRecipe, overrule: Path | None, overwrite: bool
) -> RunResult:
    """Run the chain with a progress bar; an interruption is one sentence and an exit code."""
    try:
        with show_progress("measuring") as progress:
            return run_chain(
                inputs, out, recipe=recipe, overrule=overrule, overwrite=overwrite,
                on_plan=lambda plan: progress.start(plan.n_items), on_done=progress.advance,
            )  # fmt: skip
    except KeyboardInterrupt:
        typer.echo("skysieve: interrupted; the same command resumes where it stopped", err=True)
        raise typer.Exit(INTERRUPTED) from None


def resolve_recipe(path: Path | None, settings: list[str]) -> ChainRecipe:
    """Read the recipe and apply the settings of the command line."""
    return read_recipe(ChainRecipe, path, settings=settings)


def split_zeropoint(text: str) -> str:
    """Turn ``MAG`` or ``BAND=MAG`` into a setting of the recipe."""
    band, equals, value = text.rpartition("=")
    try:
        float(value)
    except ValueError:
        raise ValueError(f"--zeropoint {text}: write a magnitude, or BAND=MAG, for example r=25.3") from None
    return f"input.zeropoints.{band}={float(value)}" if equals else f"input.zeropoint={float(value)}"


def make_inputs(
    images: list[str], bands: list[str], *, masks: list[str], weights: list[str], psf: Path | None, catalog: Path | None
) -> Inputs:
    """Put together what the command line names."""
    named = tuple(split_band(one) for one in bands)
    return Inputs(tuple(images), named, tuple(masks), tuple(weights), psf, catalog)


def print_plan(inputs: Inputs, recipe: ChainRecipe, *, as_json: bool) -> None:
    """Say what a run would do; only headers are read."""
    plan = plan_run(inputs, recipe)
    if not as_json:
        for address in plan.detectors:
            height, width = address.shape
            bands = ",".join(band.name for band in address.bands) or "-"
            flags = " ".join(decode_flags(int(address.flags), ImageFlag))
            words = " ".join(address.messages)
            typer.echo(f"{address.label}  {width}x{height}  bands {bands}  {flags} {words}".rstrip())
        typer.echo(f"{len(plan.detectors)} images; nothing was written")
        return
    images = [
        {"image": a.label, "shape": list(a.shape), "bands": [b.name for b in a.bands],
         "flags": decode_flags(int(a.flags), ImageFlag), "message": " ".join(a.messages)}
        for a in plan.detectors
    ]  # fmt: skip
    content = {"fingerprint": plan.fingerprint, "images": images, "recipe": dump_recipe(plan.recipe)}
    typer.echo(json.dumps(content, indent=1))


def print_result(result: RunResult, *, as_json: bool, more: Mapping[str, object] | None = None) -> None:
    """Print what a run gave, with ``more`` keys in JSON; what could not be used goes to stderr, a sentence each."""
    table = result.images
    for row in range(len(table)):
        if table["message"][row]:
            typer.echo(f"skysieve: {table['message'][row]}", err=True)
    if as_json:
        images = [
            {"image": table["image"][row], "n_sources": int(table["n_sources"][row]),
             "flags": decode_flags(int(table["flags"][row]), ImageFlag), "message": table["message"][row]}
            for row in range(len(table))
        ]  # fmt: skip
        content = {"out": str(result.folder), "n_images": len(table), "n_usable": result.usable,
                   "n_sources": result.n_sources, "images": images, **(more or {})}  # fmt: skip
        typer.echo(json.dumps(content, indent=1))
        return
    typer.echo(f"{result.n_sources} sources on {result.usable} of {len(table)} images")
    typer.echo(f"report: {result.folder / 'report.html'}")

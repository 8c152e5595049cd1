"""``skysieve run``: images in, run folder out."""

import json
from pathlib import Path
from typing import Annotated

import typer

from skysieve.chain import ChainRecipe, Inputs, RunPlan, RunResult, plan_run, run_chain
from skysieve.cli.progress import show_progress
from skysieve.config import dump_recipe, read_recipe
from skysieve.records import ImageFlag, decode_flags

NOTHING_USABLE, INTERRUPTED = 2, 130

Images = Annotated[list[str] | None, typer.Argument(help="FITS (.fz, .gz, .bz2), PNG or JPEG; file.fits[3]; @list.txt")]


def run(
    images: Images = None,
    *,
    out: Annotated[Path, typer.Option(help="Run folder; a killed run in it resumes.")],
    band: Annotated[list[str] | None, typer.Option(help="One band of one field: NAME=FILE. Repeat.")] = None,
    mask: Annotated[list[str] | None, typer.Option(help="Bad-pixel plane, one for all images or one each.")] = None,
    weight: Annotated[list[str] | None, typer.Option(help="Weight plane, one for all images or one each.")] = None,
    psf: Annotated[Path | None, typer.Option(help="PSF stamp or model to use instead of the measured one.")] = None,
    catalog: Annotated[
        Path | None, typer.Option(help="Measure at the sources of this catalog, not at detections.")
    ] = None,
    zeropoint: Annotated[float | None, typer.Option(help="AB magnitude of one image unit [mag].")] = None,
    gain: Annotated[float | None, typer.Option(help="Electrons per image unit.")] = None,
    exptime: Annotated[float | None, typer.Option(help="Exposure time [s].")] = None,
    saturation: Annotated[float | None, typer.Option(help="Level from which pixels are saturated.")] = None,
    method: Annotated[str | None, typer.Option(help="skysieve, source-extractor, sep or photutils.")] = None,
    recipe: Annotated[Path | None, typer.Option(help="TOML file with all settings.")] = None,
    setting: Annotated[list[str] | None, typer.Option("--set", help="One setting: section.key=value. Repeat.")] = None,
    overrule: Annotated[Path | None, typer.Option(help="Table of values to replace: id, value, who, why.")] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes on this machine.")] = None,
    scheduler: Annotated[str | None, typer.Option(help="Dask scheduler: tcp://HOST:PORT.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace another run in the folder.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done; write nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable result on stdout.")] = False,
) -> None:
    """Measure every source on the images: catalog, segmentation maps, report."""
    shorthands = {
        "input.zeropoint": zeropoint, "input.gain": gain, "input.exptime": exptime, "input.saturation": saturation,
        "extraction.method": method, "execution.workers": workers, "execution.scheduler": scheduler,
    }  # fmt: skip
    given = [f"{key}={json.dumps(value)}" for key, value in shorthands.items() if value is not None]
    resolved = read_recipe(ChainRecipe, recipe, settings=[*(setting or []), *given])
    inputs = Inputs(
        tuple(images or ()), tuple(_split_band(one) for one in band or ()), tuple(mask or ()), tuple(weight or ()),
        psf, catalog,
    )  # fmt: skip
    if dry_run:
        _print_plan(plan_run(inputs, resolved), as_json=as_json)
        return
    try:
        with show_progress("measuring") as progress:
            result = run_chain(
                inputs, out, recipe=resolved, overrule=overrule, overwrite=overwrite,
                on_plan=lambda plan: progress.start(len(plan.detectors)), on_done=progress.advance,
            )  # fmt: skip
    except KeyboardInterrupt:
        typer.echo("skysieve: interrupted; the same command resumes where it stopped", err=True)
        raise typer.Exit(INTERRUPTED) from None
    _print_result(result, as_json=as_json)
    if not result.usable:
        raise typer.Exit(NOTHING_USABLE)


def _split_band(text: str) -> tuple[str, str]:
    name, equals, file = text.partition("=")
    if not equals or not name or not file:
        raise ValueError(f"--band {text}: write it as NAME=FILE, for example --band r=night1_r.fits")
    return name, file


def _print_plan(plan: RunPlan, *, as_json: bool) -> None:
    """Print what a run would do."""
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


def _print_result(result: RunResult, *, as_json: bool) -> None:
    """Print what a run gave; what could not be used goes to stderr, a sentence each."""
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
                   "n_sources": result.n_sources, "images": images}  # fmt: skip
        typer.echo(json.dumps(content, indent=1))
        return
    typer.echo(f"{result.n_sources} sources on {result.usable} of {len(table)} images")
    typer.echo(f"report: {result.folder / 'report.html'}")

"""``skysieve quality fingerprint``: what verdicts and searches need of exposures, kept without their pixels."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from skysieve.cli.quality_options import Fwhm, Json, Model, RecipeFile, Seeing, Settings, read_assess_recipe


def make_fingerprints(
    exposures: Annotated[list[Path], typer.Argument(help="FITS files, each an exposure of one detector or of many.")],
    *,
    out: Annotated[Path, typer.Option(help="Store (.zarr); exposures that it has are passed over.")],
    half: Annotated[bool, typer.Option("--half", help="Round pixels to 16 bits: half the room.")] = False,
    model: Model = None,
    seeing: Seeing = None,
    fwhm: Fwhm = None,
    recipe: RecipeFile = None,
    setting: Settings = None,
    as_json: Json = False,
) -> None:
    """Keep the fingerprints of exposures: cutouts, counts and statistics of their detectors."""
    from skysieve.quality.fingerprint_store import (  # noqa: PLC0415 -- takes seconds, which --help need not
        measure_size,
        open_prints,
        write_prints,
    )

    resolved = read_assess_recipe(recipe, setting, model=model, seeing=seeing, fwhm=fwhm)
    added = write_prints(
        exposures, resolved, out=out, half=half, on_done=lambda name: typer.echo(name, err=True)
    )  # fmt: skip
    size = measure_size(open_prints(out))
    if as_json:
        typer.echo(json.dumps({"store": str(out), "added": added, **asdict(size)}, indent=1))
        return
    each = size.stored / max(size.detectors, 1) / 1000
    typer.echo(f"{added} exposures added, {len(exposures) - added} were there")
    typer.echo(f"{size.detectors} detectors in {size.stored / 1e6:.1f} MB, {each:.0f} kB each")
    typer.echo(f"pixels of these exposures at two bytes: {size.smaller:.0f} times as much")
    typer.echo(f"detectors of 2048 x 4612 pixels: {size.megacam:.0f} times as much")

"""``skysieve trust``: how far to believe the catalog of an image."""

import json
from pathlib import Path
from typing import Annotated

import typer

from skysieve.cli.run import Images
from skysieve.execution import prepare_workers


def trust(
    images: Images = None,
    *,
    out: Annotated[Path, typer.Option(help="Folder of the report; a killed one in it resumes.")],
    band: Annotated[list[str] | None, typer.Option(help="One band of one field: NAME=FILE. Repeat.")] = None,
    mask: Annotated[list[str] | None, typer.Option(help="Bad-pixel plane, one for all images or one each.")] = None,
    weight: Annotated[list[str] | None, typer.Option(help="Weight plane, one for all images or one each.")] = None,
    psf: Annotated[Path | None, typer.Option(help="PSF to draw sources with instead of the measured one.")] = None,
    zeropoint: Annotated[
        list[str] | None, typer.Option(help="AB magnitude of one image unit, or BAND=MAG. Repeat.")
    ] = None,
    gain: Annotated[float | None, typer.Option(help="Electrons per image unit.")] = None,
    exptime: Annotated[float | None, typer.Option(help="Exposure time [s].")] = None,
    saturation: Annotated[float | None, typer.Option(help="Level from which pixels are saturated.")] = None,
    method: Annotated[
        str | None, typer.Option(help="Whose catalog: skysieve, source-extractor, sep, photutils.")
    ] = None,
    recipe: Annotated[Path | None, typer.Option(help="TOML file with all settings.")] = None,
    setting: Annotated[list[str] | None, typer.Option("--set", help="One setting: section.key=value. Repeat.")] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes on this machine.")] = None,
    scheduler: Annotated[str | None, typer.Option(help="Dask scheduler: tcp://HOST:PORT.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace another report in the folder.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable result on stdout.")] = False,
) -> None:
    """Inject sources into copies of the images, measure them, and report what comes back."""
    if workers is not None and workers > 1:
        prepare_workers(["skysieve.trust.stage"])
    from skysieve.cli import measuring, trusting  # noqa: PLC0415 -- takes seconds, while the workers import too

    shorthands = {
        "chain.input.gain": gain, "chain.input.exptime": exptime, "chain.input.saturation": saturation,
        "chain.extraction.method": method, "chain.execution.workers": workers, "chain.execution.scheduler": scheduler,
    }  # fmt: skip
    given = [f"{key}={json.dumps(value)}" for key, value in shorthands.items() if value is not None]
    given += [f"chain.{measuring.split_zeropoint(one)}" for one in zeropoint or []]
    resolved = trusting.resolve_trust_recipe(recipe, [*(setting or []), *given])
    inputs = measuring.make_inputs(
        images or [], band or [], masks=mask or [], weights=weight or [], psf=psf, catalog=None
    )
    trusting.report_trust(inputs, out, recipe=resolved, overwrite=overwrite, as_json=as_json)

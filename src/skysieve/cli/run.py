"""``skysieve run``: images in, run folder out."""

import json
from pathlib import Path
from typing import Annotated

import typer

from skysieve.execution import prepare_workers

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
    zeropoint: Annotated[
        list[str] | None, typer.Option(help="AB magnitude of one image unit, or BAND=MAG. Repeat.")
    ] = None,
    gain: Annotated[float | None, typer.Option(help="Electrons per image unit.")] = None,
    exptime: Annotated[float | None, typer.Option(help="Exposure time [s].")] = None,
    saturation: Annotated[float | None, typer.Option(help="Level from which pixels are saturated.")] = None,
    method: Annotated[str | None, typer.Option(help="skysieve, source-extractor, sep or photutils.")] = None,
    recipe: Annotated[Path | None, typer.Option(help="TOML file with all settings.")] = None,
    setting: Annotated[list[str] | None, typer.Option("--set", help="One setting: section.key=value. Repeat.")] = None,
    stellarity: Annotated[
        bool, typer.Option(help="Calibrated probabilities of being a star, instead of a size against stars'.")
    ] = True,
    overrule: Annotated[Path | None, typer.Option(help="Table of values to replace: id, value, who, why.")] = None,
    with_trust: Annotated[bool, typer.Option("--trust", help="Measure how far to believe the catalog, too.")] = False,
    trust_recipe: Annotated[Path | None, typer.Option(help="TOML file with the settings of --trust.")] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes on this machine.")] = None,
    scheduler: Annotated[str | None, typer.Option(help="Dask scheduler: tcp://HOST:PORT.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace another run in the folder.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done; write nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable result on stdout.")] = False,
) -> None:
    """Measure every source on the images: catalog, segmentation maps, report."""
    if workers is not None and workers > 1:
        prepare_workers(["skysieve.chain.stage"])
    from skysieve.cli import measuring  # noqa: PLC0415 -- takes seconds, while the workers import too

    shorthands = {
        "input.gain": gain, "input.exptime": exptime, "input.saturation": saturation,
        "extraction.method": method, "execution.workers": workers, "execution.scheduler": scheduler,
    }  # fmt: skip
    given = [f"{key}={json.dumps(value)}" for key, value in shorthands.items() if value is not None]
    given += [measuring.split_zeropoint(one) for one in zeropoint or []]
    given += [] if stellarity else ["capabilities=[]"]
    resolved = measuring.resolve_recipe(recipe, [*(setting or []), *given])
    inputs = measuring.make_inputs(
        images or [], band or [], masks=mask or [], weights=weight or [], psf=psf, catalog=catalog
    )
    if dry_run:
        measuring.print_plan(inputs, resolved, as_json=as_json)
    elif with_trust:
        from skysieve.cli import trusting  # noqa: PLC0415

        trusting.measure_with_trust(
            inputs, out, recipe=resolved, trust_recipe=trust_recipe, overrule=overrule, overwrite=overwrite,
            as_json=as_json,
        )  # fmt: skip
    else:
        measuring.measure_images(inputs, out, recipe=resolved, overrule=overrule, overwrite=overwrite, as_json=as_json)

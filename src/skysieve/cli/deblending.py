"""``skysieve deblend``: measure, train, apply and evaluate fluxes of blended galaxies."""

import json
from pathlib import Path
from typing import Annotated

import typer

from skysieve.cli.bands import split_band
from skysieve.cli.capability import Json, Settings, Words, add_verbs

app = typer.Typer(help="Fluxes of overlapping galaxies: measure, train, apply, evaluate.", no_args_is_help=True)


@app.command("measure")
def measure(
    image: Annotated[str | None, typer.Argument(help="FITS image, or FILE[3]; leave it out with --band.")] = None,
    *,
    catalog: Annotated[Path, typer.Option(help="Positions: id, x, y [pixel, 0-based], or ra, dec [deg].")],
    out: Annotated[Path, typer.Option(help="Catalog to write, .parquet, .fits, .csv and others.")],
    band: Annotated[list[str] | None, typer.Option(help="NAME=FILE: one band of the field. Repeat.")] = None,
    psf: Annotated[Path | None, typer.Option(help="FITS image of the PSF; default: measured on the stars.")] = None,
    noise: Annotated[float | None, typer.Option(help="Standard deviation of a pixel; default: measured.")] = None,
    model: Annotated[str | None, typer.Option(help="Name of shipped weights, or a .safetensors file.")] = None,
    recipe: Annotated[Path | None, typer.Option(help="TOML file with the settings.")] = None,
    setting: Settings = None,
    overrule: Annotated[Path | None, typer.Option(help="Table of values to replace: id, value, who, why.")] = None,
    as_json: Json = False,
) -> None:
    """Measure the fluxes of given sources on an image, overlapping ones together; rows stay in their order."""
    from skysieve.config import read_recipe  # noqa: PLC0415 -- takes seconds, which --help need not
    from skysieve.deblending.apply_recipe import ApplyRecipe  # noqa: PLC0415
    from skysieve.deblending.task import measure as measure_sources  # noqa: PLC0415
    from skysieve.io.catalogs import read_catalog  # noqa: PLC0415

    bands = dict(split_band(one) for one in band or [])
    if (image is None) == (not bands):
        raise ValueError("give either an image, or --band NAME=FILE for each band of one field")
    if noise is not None and not noise > 0:
        raise ValueError(f"--noise {noise:g}: a positive standard deviation of a pixel is wanted, in the image's unit")
    given = {"model": model, "psf": None if psf is None else str(psf), "noise": noise}
    settings = [
        *(setting or []),
        *(f"{name}={json.dumps(value)}" for name, value in given.items() if value is not None),
    ]
    resolved = read_recipe(ApplyRecipe, recipe, settings=settings)
    applied = measure_sources(image, read_catalog(catalog), resolved, out=out, bands=bands, overrule=overrule)
    if as_json:
        typer.echo(json.dumps({**applied.facts, "files": [str(path) for path in applied.files]}, indent=1))
        return
    facts = applied.facts
    typer.echo(f"{facts['rows']} sources in {facts['groups']} groups; {facts['unknown']} without a flux, "
               f"{facts['ood']} outside the training domain")  # fmt: skip
    typer.echo(f"fluxes: {applied.files[0]}")


add_verbs(app, Words(
    package="deblending",
    train="Draw galaxies, train on blends of them, calibrate and export weights with their card.",
    apply="Measure the sources of a run on its images, overlapping ones together; the run is not changed.",
    evaluate="Measure our fluxes and SExtractor's on the same blends of galaxies never trained on; scores and figures.",
    source="Folder of skysieve run, or a catalog file with --set 'images=[\"FILE\"]'.",
    out="Folder for the catalog with its fluxes.",
    count_trained=lambda _: 3,
    count_evaluated=lambda recipe: len(recipe.trials),
    describe=lambda facts: f"{facts['rows']} sources in {facts['groups']} groups; {facts['unknown']} without a flux, "
    f"{facts['ood']} outside the training domain",
))  # fmt: skip

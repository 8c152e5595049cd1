"""``skysieve simulate``: fields of a survey with their truth."""

import json
from pathlib import Path
from typing import Annotated

import typer


def simulate(
    recipe: Annotated[Path | None, typer.Argument(help="TOML file; recipes/simulate.toml names all settings.")] = None,
    *,
    out: Annotated[Path, typer.Option(help="Folder of the files; a killed run in it resumes.")],
    survey: Annotated[str | None, typer.Option(help="Legacy, SDSS, HSC, LSST, Euclid or HST.")] = None,
    band: Annotated[list[str] | None, typer.Option(help="A band of the survey. Repeat.")] = None,
    size: Annotated[int | None, typer.Option(min=32, help="Rows and columns [pixel].")] = None,
    fields: Annotated[int | None, typer.Option(min=1, help="Number of fields.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="The same seed gives the same files.")] = None,
    stars_per_arcmin2: Annotated[
        float | None, typer.Option(min=0, help="Density of stars, instead of the galactic model.")
    ] = None,
    density: Annotated[float | None, typer.Option(min=0, help="Times the mean density of galaxies.")] = None,
    seeing: Annotated[float | None, typer.Option(min=0.01, help="FWHM of the seeing [arcsec].")] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes on this machine.")] = None,
    setting: Annotated[list[str] | None, typer.Option("--set", help="One setting: section.key=value. Repeat.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace another run in the folder.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable result on stdout.")] = False,
) -> None:
    """Simulate fields of a survey: images that `skysieve run` reads, and all that is true of them."""
    from skysieve.cli.progress import show_progress  # noqa: PLC0415 -- takes seconds, which --help need not
    from skysieve.config import read_recipe  # noqa: PLC0415
    from skysieve.simulate.fields import SimulateRecipe, simulate_fields  # noqa: PLC0415

    shorthands = {
        "scene.survey": survey, "scene.bands": band, "scene.shape": size and [size, size], "fields": fields,
        "seed": seed, "scene.stars.density": stars_per_arcmin2, "scene.galaxies.density": density,
        "scene.seeing": seeing, "execution.workers": workers,
    }  # fmt: skip
    given = [f"{key}={json.dumps(value)}" for key, value in shorthands.items() if value is not None]
    resolved = read_recipe(SimulateRecipe, recipe, settings=[*(setting or []), *given])
    with show_progress("simulating") as progress:
        progress.start(resolved.fields)
        outcomes = simulate_fields(resolved, out=out, overwrite=overwrite, on_done=progress.advance)
    for outcome in outcomes:
        if outcome.product is None:
            typer.echo(f"skysieve: {outcome.key}: {outcome.error}", err=True)
    made = [dict(outcome.product.facts) for outcome in outcomes if outcome.product is not None]
    if as_json:
        typer.echo(json.dumps({"folder": str(out), "fields": made}, indent=1))
    else:
        for facts in made:
            typer.echo(f"{facts['field']}: {facts['galaxies']} galaxies, {facts['stars']} stars")
    if not made:
        raise typer.Exit(2)

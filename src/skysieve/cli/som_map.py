"""``skysieve som map``: for each image its best-matching neurons, distances and turns."""

import json
from pathlib import Path
from typing import Annotated

import typer

from skysieve.execution import prepare_workers


def map_images(
    source: Annotated[Path, typer.Argument(help="Prepared images: NAME.zarr, .h5, a folder, or a binary of PINK.")],
    som: Annotated[Path, typer.Argument(help="Folder of a trained map, or a SOM file of PINK.")],
    *,
    out: Annotated[Path, typer.Option(help="Run folder; a killed mapping in it resumes.")],
    recipe: Annotated[Path | None, typer.Option(help="TOML file with the settings.")] = None,
    setting: Annotated[list[str] | None, typer.Option("--set", help="One setting: section.key=value. Repeat.")] = None,
    catalog: Annotated[
        Path | None, typer.Option(help="Table whose columns join the rows: by id, or row by row without ids.")
    ] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes on this machine.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace another run in the folder.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable result on stdout.")] = False,
) -> None:
    """Map images onto a trained map."""
    if workers is not None and workers > 1:
        prepare_workers(["skysieve.som.mapping_run"])
    from skysieve.cli.progress import show_progress  # noqa: PLC0415 -- takes seconds, while the workers import too
    from skysieve.config import read_recipe  # noqa: PLC0415
    from skysieve.som.mapping_run import MapSomRecipe, map_onto  # noqa: PLC0415

    given = [] if workers is None else [f"execution.workers={workers}"]
    resolved = read_recipe(MapSomRecipe, recipe, settings=[*(setting or []), *given])
    with show_progress("mapping") as progress:
        found = map_onto(
            source, som, resolved, out=out, catalog=catalog, overwrite=overwrite,
            on_start=progress.start, on_done=progress.advance,
        )  # fmt: skip
    if as_json:
        typer.echo(json.dumps({"folder": str(out), **found.facts}, indent=1))
        return
    typer.echo(f"{found.facts['images']} images on {found.facts['neurons']} neurons, {found.facts['unknown']} unknown")
    if not found.facts["prepared_alike"]:
        typer.echo("the images were prepared otherwise than those that the map was trained on", err=True)
    typer.echo(f"mapping: {out / 'mapping.parquet'}")

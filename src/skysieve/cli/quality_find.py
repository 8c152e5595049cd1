"""``skysieve quality find``: exposures whose sources are like those of another, or of some kinds."""

import json
from pathlib import Path
from typing import Annotated

import typer

from skysieve.cli.quality_options import Fwhm, Json, Model, RecipeFile, Seeing, Settings, read_assess_recipe


def find(
    prints: Annotated[Path, typer.Argument(help="Store of fingerprints, as skysieve quality fingerprint writes it.")],
    *,
    like: Annotated[str | None, typer.Option(help="Name of an exposure in the store, or a FITS file.")] = None,
    cluster: Annotated[list[int] | None, typer.Option(help="Cluster of the map of sources. Repeat.")] = None,
    least: Annotated[float, typer.Option(min=0, max=1, help="Smallest share of sources in these clusters.")] = 0.0,
    density: Annotated[bool, typer.Option("--density", help="The number of sources counts, too.")] = False,
    number: Annotated[int, typer.Option(min=1, help="Exposures to print.")] = 20,
    out: Annotated[Path | None, typer.Option(help="Table of all found; the suffix gives the format.")] = None,
    model: Model = None,
    seeing: Seeing = None,
    fwhm: Fwhm = None,
    recipe: RecipeFile = None,
    setting: Settings = None,
    as_json: Json = False,
) -> None:
    """Find exposures by content: by where their sources fall on the map of sources."""
    from skysieve.io.catalogs import write_catalog  # noqa: PLC0415 -- takes seconds, which --help need not
    from skysieve.quality.fingerprint_store import open_prints, read_hit_maps  # noqa: PLC0415 -- as above
    from skysieve.quality.searching import find_exposures, find_hits  # noqa: PLC0415

    if like is None and not cluster:
        raise ValueError("find: nothing is asked for; give --like EXPOSURE or --cluster NUMBER")
    store = open_prints(prints)
    maps = read_hit_maps(store)
    resolved = read_assess_recipe(recipe, setting, model=model, seeing=seeing, fwhm=fwhm)
    wanted = None if like is None else find_hits(like, store, maps, recipe=resolved)
    found = find_exposures(maps, wanted, cluster or [], least=least, density=density)
    if out is not None:
        write_catalog(found, out)
    rows = [found.row(row) for row in range(min(number, len(found)))]
    if as_json:
        # NaN differs from itself.
        plain = [{key: value if value == value else None for key, value in row.items()} for row in rows]  # noqa: PLR0124
        typer.echo(json.dumps({"found": len(found), "of": len(maps.exposures), "rows": plain}, indent=1))
        return
    for row in rows:
        numbers = {"distance": row["distance"], "share": row["share"]}
        told = ", ".join(f"{name} {value:.3f}" for name, value in numbers.items() if value == value)  # noqa: PLR0124
        typer.echo(f"{row['exposure']}: {told}, {row['n_sources']} sources on {row['n_ccd']} detectors")
    typer.echo(f"{len(found)} of {len(maps.exposures)} exposures" + ("" if out is None else f": {out}"))

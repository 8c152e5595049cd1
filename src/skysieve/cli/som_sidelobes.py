"""``skysieve som sidelobes``: how likely each component is a sidelobe, from its neuron and from what surrounds it."""

import json
from pathlib import Path
from typing import Annotated

import typer


def judge_sidelobes(
    mapping: Annotated[Path, typer.Argument(help="Folder of a mapping, as skysieve som map writes it.")],
    *,
    labels: Annotated[Path, typer.Option(help="Table with id and sidelobe (0 or 1) of images that were looked at.")],
    images: Annotated[
        Path | None, typer.Option(help="Cutouts as observed, row by row as mapped: adds the peak-to-ring ratio.")
    ] = None,
    pixel_scale: Annotated[float | None, typer.Option(help="Of these cutouts [arcsec].")] = None,
    limit: Annotated[float, typer.Option(min=0, help="From this peak-to-ring ratio on nothing is determined.")] = 3.0,
    out: Annotated[Path, typer.Option(help="Folder of the table.")],
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable result on stdout.")] = False,
) -> None:
    """Say how likely each component is a sidelobe."""
    from skysieve.io.catalogs import read_catalog  # noqa: PLC0415 -- takes seconds, which --help need not
    from skysieve.morphology.sidelobe_files import judge_mapping, measure_rings, write_sidelobes  # noqa: PLC0415
    from skysieve.som.mapped import read_mapping  # noqa: PLC0415

    rows, table = read_catalog(mapping / "mapping.parquet"), read_catalog(labels)
    n_neurons = read_mapping(mapping).lattice.n_neurons
    ring = None if images is None else measure_rings(images, len(rows), pixel_scale=pixel_scale, scratch=out)
    judged = judge_mapping(rows, table, n_neurons=n_neurons, peak_to_ring=ring, limit=limit)
    counts = write_sidelobes(out, judged, inputs={"mapping": mapping / "mapping.parquet", "labels": labels})
    if as_json:
        typer.echo(json.dumps({"folder": str(out), **counts}, indent=1))
        return
    typer.echo(
        f"{counts['components']} components, {counts['determined']} determined, {counts['likely']} of them likely "
        "sidelobes (p > 0.5)"
    )
    typer.echo(f"table: {out / 'sidelobes.parquet'}")

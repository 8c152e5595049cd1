"""``skysieve som collate``: components linked into sources through regions drawn on neurons."""

import json
from pathlib import Path
from typing import Annotated

import typer


def collate(
    mapping: Annotated[Path, typer.Argument(help="Folder of a mapping, as skysieve som map writes it.")],
    *,
    annotations: Annotated[Path, typer.Option(help="Folder with annotations.json: regions on the neurons.")],
    components: Annotated[Path, typer.Option(help="Catalog of radio components; its ids are those of the images.")],
    hosts: Annotated[Path | None, typer.Option(help="Catalog that the second channel shows.")] = None,
    images: Annotated[Path | None, typer.Option(help="The mapped images, for the limit max_unlike.")] = None,
    recipe: Annotated[Path | None, typer.Option(help="TOML file: what each label does, sorter, columns.")] = None,
    setting: Annotated[list[str] | None, typer.Option("--set", help="One setting: section.key=value. Repeat.")] = None,
    pixel_scale: Annotated[float | None, typer.Option(help="Of the mapped images [arcsec].")] = None,
    out: Annotated[Path, typer.Option(help="Folder of the catalogs.")],
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable result on stdout.")] = False,
) -> None:
    """Group components into sources and give them hosts."""
    from skysieve.config import read_recipe  # noqa: PLC0415 -- takes seconds, which --help need not
    from skysieve.io.annotations import read_annotations  # noqa: PLC0415
    from skysieve.io.catalogs import read_catalog  # noqa: PLC0415
    from skysieve.morphology.collation_files import write_collated  # noqa: PLC0415
    from skysieve.morphology.likeness import measure_unlikeness  # noqa: PLC0415
    from skysieve.morphology.sources import (  # noqa: PLC0415
        CollationRecipe,
        collate_components,
        match_images,
        read_matched,
    )
    from skysieve.som.image_data import open_images  # noqa: PLC0415

    given = [] if pixel_scale is None else [f"pixel_scale={pixel_scale}"]
    resolved = read_recipe(CollationRecipe, recipe, settings=[*(setting or []), *given])
    table = mapping / "mapping.parquet" if mapping.is_dir() else mapping
    rows, drawn, known = read_catalog(table), read_annotations(annotations), read_catalog(components)
    distance = rows["som_distance"].astype(float)
    unlike = None if images is None else measure_unlikeness(distance, open_images(images, scratch=out))
    found = collate_components(
        read_matched(rows, resolved, neuron_side=drawn.frame), drawn, known,
        distance=distance, own=match_images(rows, known, columns=resolved.columns), unlike=unlike,
        hosts=None if hosts is None else read_catalog(hosts), recipe=resolved,
    )  # fmt: skip
    inputs = {"mapping": table, "annotations": annotations / "annotations.json", "components": components}
    write_collated(out, found, recipe=resolved, inputs=inputs if hosts is None else {**inputs, "hosts": hosts})
    if as_json:
        typer.echo(json.dumps({"folder": str(out), **found.summary}, indent=1))
        return
    counts = found.summary
    typer.echo(
        f"{counts['components']} components in {counts['sources']} sources, "
        f"{counts['sources_of_several_components']} of several; {counts['sources_with_host']} with a host"
    )
    typer.echo(f"sources: {out / 'sources.parquet'}")

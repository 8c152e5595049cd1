"""``skysieve som transfer``: from labels of some images, or of neurons, to a class for every image."""

import json
from pathlib import Path
from typing import Annotated, Literal

import typer

Choice = Literal["best", "vote", "forest", "neighbors", "logistic"]


def transfer(
    mapping: Annotated[Path, typer.Argument(help="Folder of skysieve som map, or a mapping file of PINK.")],
    *,
    out: Annotated[Path, typer.Option(help="Folder for catalog, table of neurons and classifier.")],
    labels: Annotated[Path | None, typer.Option(help="Table with the columns id and label.")] = None,
    annotations: Annotated[Path | None, typer.Option(help="Folder of labels that a person gave to neurons.")] = None,
    classifier: Annotated[Path | None, typer.Option(help="classifier.safetensors of an earlier transfer.")] = None,
    som: Annotated[
        Path | None, typer.Option(help="The trained map of a bare mapping file, where it is periodic.")
    ] = None,
    method: Annotated[
        Choice, typer.Option(help="Vote of the neuron, or a classifier of distances; best tries all of these.")
    ] = "best",
    group: Annotated[str | None, typer.Option(help="Column of images to keep together; default: sky cells.")] = None,
    level: Annotated[float, typer.Option(min=0, max=1, help="p-value below which an image is an outlier.")] = 0.01,
    seed: Annotated[int, typer.Option(help="Of folds and forest.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable result on stdout.")] = False,
) -> None:
    """Give every mapped image probabilities of the labels, and say which images are outliers."""
    from skysieve.morphology.scores import replace_unknown  # noqa: PLC0415 -- takes seconds, which --help need not
    from skysieve.morphology.transferring import Source, transfer_labels  # noqa: PLC0415

    facts = transfer_labels(
        mapping, Source(labels, annotations, classifier), out=out, som=som, way=method, group=group, level=level,
        seed=seed,
    )  # fmt: skip
    if as_json:
        typer.echo(json.dumps({"folder": str(out), **replace_unknown(facts)}, indent=1))
        return
    found = ", ".join(f"{number} {label or 'unknown'}" for label, number in facts["found"].items())
    typer.echo(f"{facts['images']} images: {found}; {facts['ood']} outliers")
    for name, one in facts.get("left_out", {}).items():
        error = "" if one["error"] is None else f" +- {one['error']:.3f}"
        typer.echo(f"{name} on images left out: {one['value']:.3f}{error} (n = {one['n']})")
    if facts.get("lost"):
        typer.echo(f"{facts['lost']} labels belong to no image of the mapping", err=True)
    typer.echo(f"catalog: {out / 'catalog.parquet'}")

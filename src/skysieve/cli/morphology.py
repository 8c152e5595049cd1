"""``skysieve morphology``: train, apply and evaluate a map of sources with the classes that it gives."""

import typer

from skysieve.cli.capability import Words, add_verbs

app = typer.Typer(help="Morphology by a map of sources: train, apply, evaluate.", no_args_is_help=True)
add_verbs(app, Words(
    package="morphology",
    train="Simulate fields, train a map on their sources, learn classes, export weights with their card.",
    apply="Judge cutouts by a map: best-matching unit, distance, orientation, classes, outliers.",
    evaluate="Measure the classes on simulated fields of other seeds; write scores and figures.",
    source="Cutouts: a store, HDF5, a folder, or a binary of PINK.",
    out="Folder for the judged catalog.",
    model="Name of shipped weights, a .safetensors file, or a map.",
    count_trained=lambda recipe: recipe.fields.number,
    count_evaluated=lambda recipe: recipe.fields.number,
    describe=lambda facts: f"{facts['rows']} cutouts; {facts['ood']} outside of what the map knows, "
    f"{facts['unknown']} unknown",
))  # fmt: skip

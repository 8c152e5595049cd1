"""``skysieve stellarity``: train, apply and evaluate the star-galaxy classifier."""

import typer

from skysieve.cli.capability import Words, add_verbs

app = typer.Typer(help="Star or galaxy: train, apply, evaluate.", no_args_is_help=True)
add_verbs(app, Words(
    package="stellarity",
    train="Simulate fields, train on them, calibrate and export weights with their card.",
    apply="Judge the sources of a run or of a catalog; the source is not changed.",
    evaluate="Measure the verdicts on simulated fields of other seeds, and on real images; write scores and figures.",
    source="Folder of skysieve run, or a catalog file.",
    out="Folder for the judged catalog.",
    count_trained=lambda recipe: recipe.fields.number,
    count_evaluated=lambda recipe: recipe.n_fields,
    describe=lambda facts: f"{facts['rows']} sources, {facts['stars']:.1f} of them stars; {facts['ood']} outside the "
    "training domain",
))  # fmt: skip

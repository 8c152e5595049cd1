"""``skysieve som``: self-organizing maps of images, from cutouts to sources; each command has its own file."""

import typer

from skysieve.cli import (
    som_annotate,
    som_collate,
    som_evaluate,
    som_inspect,
    som_map,
    som_preprocess,
    som_sidelobes,
    som_train,
    som_transfer,
)

app = typer.Typer(help="Self-organizing maps of images: train, map, inspect, annotate, collate.", no_args_is_help=True)
app.command("preprocess")(som_preprocess.preprocess)
app.command("train")(som_train.train)
app.command("map")(som_map.map_images)
app.command("annotate")(som_annotate.annotate)
app.command("inspect")(som_inspect.inspect_map)
app.command("transfer")(som_transfer.transfer)
app.command("evaluate")(som_evaluate.evaluate)
app.command("collate")(som_collate.collate)
app.command("sidelobes")(som_sidelobes.judge_sidelobes)

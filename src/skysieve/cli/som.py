"""``skysieve som``: self-organizing maps of images, from cutouts to sources; each command has its own file."""

import typer

app = typer.Typer(help="Self-organizing maps of images: train, map, inspect, annotate, collate.", no_args_is_help=True)

"""``skysieve som train``: prepared images in, a trained map out."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

MEASURES = ("movement", "quantization_error", "topographic_error", "changed")


def train(
    source: Annotated[Path, typer.Argument(help="Prepared images: NAME.zarr, .h5, a folder, or a binary of PINK.")],
    recipe: Annotated[Path | None, typer.Argument(help="TOML file; recipes/som.toml has all settings.")] = None,
    *,
    out: Annotated[Path | None, typer.Option(help="Run folder; a killed training in it resumes.")] = None,
    setting: Annotated[list[str] | None, typer.Option("--set", help="One setting: section.key=value. Repeat.")] = None,
    parent: Annotated[
        Path | None, typer.Option(help="Trained map for whose neurons children are trained, instead of --out.")
    ] = None,
    neurons: Annotated[str, typer.Option(help="With --parent: which neurons, as 3,7.")] = "",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace another run in the folder.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable result on stdout.")] = False,
) -> None:
    """Train a map on images, invariant to rotation and flip."""
    from skysieve.cli.progress import show_progress  # noqa: PLC0415 -- takes seconds, which --help need not
    from skysieve.config import read_recipe  # noqa: PLC0415
    from skysieve.som.children import train_children  # noqa: PLC0415
    from skysieve.som.training_recipe import TrainSomRecipe  # noqa: PLC0415
    from skysieve.som.training_run import train_map  # noqa: PLC0415

    if (out is None) == (parent is None):
        raise ValueError("give either --out RUN for a new map, or --parent RUN --neurons N,M for children of one")
    resolved = read_recipe(TrainSomRecipe, recipe, settings=setting or [])
    with show_progress("training") as progress:
        if parent is not None:
            folders = train_children(
                source, parent, _split_numbers(neurons), resolved, overwrite=overwrite,
                on_start=progress.start, on_done=progress.advance,
            )  # fmt: skip
        elif out is not None:
            train_map(source, resolved, out=out, overwrite=overwrite, on_start=progress.start, on_done=progress.advance)
            folders = (out,)
    told = [_describe(folder) for folder in folders]
    if as_json:
        typer.echo(json.dumps(told, indent=1))
        return
    for one in told:
        typer.echo(f"{one['neurons']} neurons from {one['images']} images: {one['map']}")
        typer.echo(", ".join(f"{name} {'unknown' if one[name] is None else f'{one[name]:.4g}'}" for name in MEASURES))


def _split_numbers(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.split(",") if part.strip())
    except ValueError:
        raise ValueError(f"--neurons {text}: wanted are whole numbers with commas between, such as 3,7") from None


def _describe(folder: Path) -> dict[str, Any]:
    """Return what came of training, its last pass judged."""
    from skysieve.som.maps import read_image_map  # noqa: PLC0415

    som = read_image_map(folder)
    last = som.provenance["convergence"]
    measured = {name: last[name] for name in MEASURES}
    return {
        "map": str(folder), "neurons": som.lattice.n_neurons, "images": som.provenance["images"], **measured
    }  # fmt: skip

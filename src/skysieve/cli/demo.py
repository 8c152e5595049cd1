"""``skysieve demo``: the main job on a real image that needs no download."""

import importlib.util
from pathlib import Path
from typing import Annotated

import typer

from skysieve.cli.run import run


def demo(
    out: Annotated[Path, typer.Option(help="Run folder.")] = Path("demo"),
    *,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace another run in the folder.")] = False,
) -> None:
    """Catalog the Hubble Deep Field image that scikit-image carries, and report on it."""
    run([str(find_deep_field())], out=out, overwrite=overwrite)


def find_deep_field() -> Path:
    """Return the path of the Hubble Deep Field picture inside scikit-image."""
    found = importlib.util.find_spec("skimage")
    if found is None or found.origin is None:
        raise FileNotFoundError("scikit-image is not installed; install Skysieve with its dependencies")
    return Path(found.origin).parent / "data" / "hubble_deep_field.jpg"

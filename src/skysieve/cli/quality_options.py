"""Options that the commands of ``skysieve quality`` share, and the recipe that they make."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from skysieve.quality.assess_recipe import AssessRecipe

Model = Annotated[str | None, typer.Option(help="Name of shipped weights, or a .safetensors file.")]
Seeing = Annotated[float | None, typer.Option(min=0.01, help="The camera's usual seeing [arcsec FWHM].")]
Fwhm = Annotated[float | None, typer.Option(min=0.5, help="The same in pixels.")]
RecipeFile = Annotated[Path | None, typer.Option(help="TOML file with the settings, as of a camera.")]
Settings = Annotated[list[str] | None, typer.Option("--set", help="One setting: section.key=value. Repeat.")]
Json = Annotated[bool, typer.Option("--json", help="Machine-readable result on stdout.")]


def read_assess_recipe(
    recipe: Path | None, setting: Sequence[str] | None, *, model: str | None, seeing: float | None, fwhm: float | None
) -> "AssessRecipe":
    """Return the recipe of a file with what the options say on top."""
    from skysieve.config import read_recipe  # noqa: PLC0415 -- takes seconds, which --help need not
    from skysieve.quality.assess_recipe import AssessRecipe  # noqa: PLC0415 -- as above

    given = {"model": model, "usual.seeing": seeing, "usual.fwhm": fwhm}
    options = [f"{name}={json.dumps(value)}" for name, value in given.items() if value is not None]
    return read_recipe(AssessRecipe, recipe, settings=[*(setting or ()), *options])

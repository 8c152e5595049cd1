"""What ``skysieve cutouts`` does once its arguments are read; apart from them, since these imports take seconds."""

import json
from dataclasses import dataclass
from pathlib import Path

import typer

from skysieve.cli.bands import split_band
from skysieve.cli.progress import show_progress
from skysieve.config import read_recipe
from skysieve.execution import ExecutionRecipe
from skysieve.extraction.cutouts import CuttingResult, cut_catalog
from skysieve.extraction.cutting import CuttingPlan, plan_cutting
from skysieve.io.catalogs import read_catalog
from skysieve.io.exposures import InputRecipe, list_detectors

INTERRUPTED = 130


@dataclass(frozen=True)
class Request:
    """What the command line names: a catalog (or the folder of a run), images, and what comes with them."""

    catalog: Path
    images: tuple[str, ...]
    bands: tuple[str, ...]
    masks: tuple[str, ...]
    weights: tuple[str, ...]
    weight_kind: str
    columns: str


def cut(request: Request, out: Path, *, side: int | None, size: float | None, workers: int) -> CuttingResult:
    """Plan and cut with a progress bar; an interruption is one sentence and an exit code."""
    inputs = read_recipe(InputRecipe, settings=[f"weight_kind={request.weight_kind}"])
    plan = plan_request(request, inputs, side=side, size=size)
    try:
        with show_progress("cutting") as progress:
            progress.start(plan.n_images)
            return cut_catalog(
                plan, out, inputs=inputs, execution=ExecutionRecipe(workers=workers), on_done=progress.advance
            )
    except KeyboardInterrupt:
        typer.echo("skysieve: interrupted; the same command resumes where it stopped", err=True)
        raise typer.Exit(INTERRUPTED) from None


def plan_request(request: Request, inputs: InputRecipe, *, side: int | None, size: float | None) -> CuttingPlan:
    """Read the catalog and the images' headers."""
    table = request.catalog / "catalog.parquet" if request.catalog.is_dir() else request.catalog
    images, bands = request.images, dict(split_band(one) for one in request.bands)
    if request.catalog.is_dir() and not images and not bands:
        images, bands = find_run_images(request.catalog)
    first, comma, second = request.columns.partition(",")
    if not comma or not first.strip() or not second.strip():
        raise ValueError(f"--columns {request.columns}: write two names, for example RAJ2000,DEJ2000")
    detectors = list_detectors(images, bands=bands, masks=request.masks, weights=request.weights, recipe=inputs)
    catalog = read_catalog(table)
    return plan_cutting(catalog, detectors, side=side, size=size, sky=(first.strip(), second.strip()))


def find_run_images(folder: Path) -> tuple[tuple[str, ...], dict[str, str]]:
    """Return the images that a run measured: separate fields, or the bands of one field in several files.

    Raises
    ------
    ValueError
        If the folder is not that of a finished run.
    """
    try:
        fields = json.loads((folder / "provenance.json").read_bytes())["images"]
        files = [{band["band"]: str(band["path"]) for band in field["bands"]} for field in fields]
    except (OSError, ValueError, KeyError, TypeError):
        raise ValueError(f"{folder}: not the folder of a finished run; give a catalog and its images") from None
    if files and len(set(files[0].values())) > 1:
        return (), files[0]
    return tuple(dict.fromkeys(path for field in files for path in field.values())), {}


def print_result(result: CuttingResult, *, as_json: bool) -> None:
    """Print what was cut; what could not be read goes to stderr, a sentence each."""
    for message in result.messages:
        typer.echo(f"skysieve: {message}", err=True)
    if as_json:
        plain = {"out": str(result.path), "n_rows": result.n_rows, "n_cut": result.n_cut, "flags": result.n_flagged}
        typer.echo(json.dumps(plain, indent=1))
        return
    amiss = ", ".join(f"{count} {name}" for name, count in result.n_flagged.items() if count)
    typer.echo(f"{result.n_cut} of {result.n_rows} sources cut{f' ({amiss})' if amiss else ''}: {result.path}")

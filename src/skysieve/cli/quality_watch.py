"""``skysieve quality watch``: exposures judged as they arrive at the telescope."""

import json
import signal
from pathlib import Path
from typing import Annotated, Any

import typer

from skysieve.cli.quality_assess import INTERRUPTED, Detectors, Overwrite
from skysieve.cli.quality_options import Fwhm, Model, RecipeFile, Seeing, Settings, read_assess_recipe


def watch(
    folder: Annotated[Path, typer.Argument(help="Folder in which exposures arrive.")],
    *,
    out: Annotated[Path, typer.Option(help="Table with a row an exposure; the suffix gives the format.")],
    ccds: Detectors = None,
    pattern: Annotated[str, typer.Option(help="Names of exposures in the folder, as of a shell.")] = "*.fits*",
    interval: Annotated[float, typer.Option(min=0.01, help="Pause between two looks [s].")] = 5.0,
    once: Annotated[bool, typer.Option("--once", help="Stop when nothing is left to judge.")] = False,
    model: Model = None,
    seeing: Seeing = None,
    fwhm: Fwhm = None,
    recipe: RecipeFile = None,
    setting: Settings = None,
    overwrite: Overwrite = False,
    as_json: Annotated[bool, typer.Option("--json", help="A line of JSON an exposure on stdout.")] = False,
) -> None:
    """Judge exposures as they arrive, each once, also after a restart; stop with Ctrl-C."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    from skysieve.quality.watch_state import Watch  # noqa: PLC0415 -- takes seconds, which --help need not
    from skysieve.quality.watching import watch_folder  # noqa: PLC0415 -- as above

    resolved = read_assess_recipe(recipe, setting, model=model, seeing=seeing, fwhm=fwhm)
    watched = Watch(folder, out, ccds, pattern, interval=interval, once=once, overwrite=overwrite)
    try:
        watch_folder(watched, resolved, on_judged=lambda facts: typer.echo(describe_facts(facts, as_json=as_json)))
    except KeyboardInterrupt:
        typer.echo("skysieve: stopped; the same command goes on where it stopped", err=True)
        raise typer.Exit(INTERRUPTED) from None


def describe_facts(facts: dict[str, Any], *, as_json: bool) -> str:
    """Return the line on one exposure."""
    if as_json:
        return json.dumps(facts)
    lost = "time lost not known" if facts["seconds_lost"] is None else f"{facts['seconds_lost']:.0f} s lost"
    return f"{facts['exposure']}: {facts['verdict']} ({facts['cause']}), {lost} {facts['message']}".rstrip()

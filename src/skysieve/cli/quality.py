"""``skysieve quality``: which exposures are usable, and if not, why."""

import json
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Which exposures are usable, and if not, why.", no_args_is_help=True)

Settings = Annotated[list[str] | None, typer.Option("--set", help="One setting: section.key=value. Repeat.")]
Json = Annotated[bool, typer.Option("--json", help="Machine-readable result on stdout.")]


@app.command("assess")
def assess_command(
    exposures: Annotated[list[Path], typer.Argument(help="FITS files, each an exposure of one detector or of many.")],
    *,
    out: Annotated[Path, typer.Option(help="Table with a row an exposure; the suffix gives the format.")],
    ccds: Annotated[Path | None, typer.Option(help="Table with a row a detector.")] = None,
    model: Annotated[str | None, typer.Option(help="Name of shipped weights, or a .safetensors file.")] = None,
    seeing: Annotated[float | None, typer.Option(min=0.01, help="The camera's usual seeing [arcsec FWHM].")] = None,
    fwhm: Annotated[float | None, typer.Option(min=0.5, help="The same in pixels.")] = None,
    recipe: Annotated[Path | None, typer.Option(help="TOML file with the settings, as of a camera.")] = None,
    setting: Settings = None,
    as_json: Json = False,
) -> None:
    """Judge exposures: good, acceptable, hole or bad, and why."""
    from skysieve.config import read_recipe  # noqa: PLC0415 -- takes seconds, which --help need not
    from skysieve.io.catalogs import write_catalog  # noqa: PLC0415 -- as above
    from skysieve.quality.assess_recipe import AssessRecipe  # noqa: PLC0415
    from skysieve.quality.assessing import assess_exposures  # noqa: PLC0415

    given = [] if model is None else [f"model={json.dumps(model)}"]
    given += [] if seeing is None else [f"usual.seeing={seeing}"]
    given += [] if fwhm is None else [f"usual.fwhm={fwhm}"]
    resolved = read_recipe(AssessRecipe, recipe, settings=[*(setting or []), *given])
    verdicts, detectors = assess_exposures(exposures, resolved, on_done=lambda name: typer.echo(name, err=True))
    write_catalog(verdicts, out)
    if ccds is not None:
        write_catalog(detectors, ccds)
    if as_json:
        counts = {name: int((verdicts["verdict"] == name).sum()) for name in sorted(set(verdicts["verdict"].tolist()))}
        typer.echo(json.dumps({"exposures": len(verdicts), "verdicts": counts, "table": str(out)}, indent=1))
        return
    for row in map(verdicts.row, range(len(verdicts))):
        typer.echo(
            f"{row['exposure']}: {row['verdict']} ({row['cause']}), P(good) {row['p_good']:.3f} {row['message']}"
        )


@app.command("train")
def train_command(
    recipe: Annotated[Path | None, typer.Argument(help="TOML file with the settings.")] = None,
    *,
    out: Annotated[Path, typer.Option(help="Run folder; a killed training in it resumes.")],
    setting: Settings = None,
    as_json: Json = False,
) -> None:
    """Simulate exposures, train on them, calibrate and export weights with their card."""
    from dataclasses import asdict  # noqa: PLC0415

    from skysieve.cli.progress import show_progress  # noqa: PLC0415 -- as below
    from skysieve.cli.scores import print_metrics  # noqa: PLC0415
    from skysieve.config import read_recipe  # noqa: PLC0415 -- takes seconds, which --help need not
    from skysieve.quality.learning import BLOCK  # noqa: PLC0415
    from skysieve.quality.recipe import TrainRecipe  # noqa: PLC0415
    from skysieve.quality.training import train_judge  # noqa: PLC0415

    resolved = read_recipe(TrainRecipe, recipe, settings=setting or [])
    learning = resolved.learning
    with show_progress("simulating") as progress:
        blocks = -(-learning.observing.number // BLOCK)
        blocks += -(-min(learning.map.exposures, learning.observing.number) // BLOCK)
        progress.start(blocks)
        card = train_judge(resolved, out=out, on_done=progress.advance)
    if as_json:
        typer.echo(json.dumps(asdict(card), indent=1))
        return
    print_metrics(card.metrics)
    typer.echo(f"weights: {out / 'weights' / f'{card.name}.safetensors'}")

"""``skysieve quality label``: exposures labeled in the browser, one key a label."""

import json
import signal
import webbrowser
from pathlib import Path
from typing import Annotated, Literal

import typer

Order = Literal["given", "unsure"]


def label_command(
    exposures: Annotated[list[Path], typer.Argument(help="FITS files, each an exposure of one detector or of many.")],
    *,
    labels: Annotated[Path, typer.Option(help="Table of the labels (CSV). Several raters may write to it at a time.")],
    rater: Annotated[str, typer.Option(help="Who labels.")],
    verdicts: Annotated[
        Path | None, typer.Option(help="Table of `quality assess`: what the model is least sure of comes first.")
    ] = None,
    order: Annotated[
        Order | None, typer.Option(help="Which exposures come first. Default: unsure with --verdicts, else given.")
    ] = None,
    model: Annotated[str | None, typer.Option(help="Name of shipped weights, or a .safetensors file.")] = None,
    seeing: Annotated[float | None, typer.Option(min=0.01, help="The camera's usual seeing [arcsec FWHM].")] = None,
    recipe: Annotated[Path | None, typer.Option(help="TOML file of `quality assess`, as of a camera.")] = None,
    setting: Annotated[list[str] | None, typer.Option("--set", help="One setting: section.key=value. Repeat.")] = None,
    address: Annotated[
        str, typer.Option(help="Where to listen; 0.0.0.0 is every network of this machine.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 is any free one.")] = 0,
    browser: Annotated[bool, typer.Option("--browser", help="Open the page in this machine's browser.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the address and the table as JSON.")] = False,
) -> None:
    """Label exposures in the browser, one key a label; every key is saved at once."""
    try:
        from skysieve.pages.rater import make_rater  # noqa: PLC0415 -- takes seconds, which --help need not
        from skysieve.pages.server import serve_page  # noqa: PLC0415
    except ModuleNotFoundError as missing:
        raise ImportError(f"labeling needs {missing.name}: pip install 'skysieve[pages]'") from None
    from skysieve.cli.quality_desk import open_labeling  # noqa: PLC0415
    from skysieve.config import read_recipe  # noqa: PLC0415
    from skysieve.quality.assess_recipe import AssessRecipe  # noqa: PLC0415

    given = [] if model is None else [f"model={json.dumps(model)}"]
    given += [] if seeing is None else [f"usual.seeing={seeing}"]
    resolved = read_recipe(AssessRecipe, recipe, settings=[*(setting or []), *given])

    def announce(url: str) -> None:
        typer.echo(json.dumps({"url": url, "labels": str(labels)}) if as_json else url)
        if browser:
            webbrowser.open(url)

    with open_labeling(exposures, resolved, labels=labels, rater=rater, verdicts=verdicts, order=order) as visit:
        stopped_by = serve_page(
            lambda stop: make_rater(visit(), stop),
            title=f"{labels.name} \N{MIDDLE DOT} {rater} \N{MIDDLE DOT} Skysieve",
            announce=announce,
            address=address,
            port=port,
        )
    if stopped_by == signal.SIGINT:
        raise typer.Exit(130)

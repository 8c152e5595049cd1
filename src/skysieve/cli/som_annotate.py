"""``skysieve som annotate``: labels and regions drawn on the neurons of a map, in the browser."""

import json
import signal
import webbrowser
from pathlib import Path
from typing import Annotated

import typer


def annotate(
    som: Annotated[Path, typer.Argument(help="Trained map: its folder, or a SOM file of PINK. It is only read.")],
    *,
    annotations: Annotated[
        Path | None, typer.Option(help="Folder of the annotations. Default: beside the map, MAP.annotations.")
    ] = None,
    key: Annotated[
        str | None, typer.Option(help="Neuron to open: N, or its cell X,Y. Default: the first without annotation.")
    ] = None,
    mapping: Annotated[Path | None, typer.Option(help="Mapping to this map, to see the best-matching images.")] = None,
    images: Annotated[Path | None, typer.Option(help="The images that were mapped: a cutout store or PINK's.")] = None,
    address: Annotated[
        str, typer.Option(help="Where to listen; 0.0.0.0 is every network of this machine.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 is any free one.")] = 0,
    browser: Annotated[bool, typer.Option("--browser", help="Open the page in this machine's browser.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the address and the folder as JSON.")] = False,
) -> None:
    """Draw and label regions of neurons in the browser; every change is saved at once."""
    try:
        from skysieve.pages.annotator import make_annotator  # noqa: PLC0415 -- takes seconds, which --help need not
        from skysieve.pages.server import serve_page  # noqa: PLC0415
    except ModuleNotFoundError as missing:
        raise ImportError(f"annotating needs {missing.name}: pip install 'skysieve[pages]'") from None
    from skysieve.cli.som_desk import open_annotation  # noqa: PLC0415

    folder = annotations or som.resolve().with_name(f"{som.resolve().stem}.annotations")

    def announce(url: str) -> None:
        typer.echo(json.dumps({"url": url, "annotations": str(folder)}) if as_json else url)
        if browser:
            webbrowser.open(url)

    with open_annotation(som, folder, key=key, mapping=mapping, images=images) as visit:
        stopped_by = serve_page(
            lambda stop: make_annotator(visit(), stop),
            title=f"{som.name} \N{MIDDLE DOT} Skysieve",
            announce=announce,
            address=address,
            port=port,
        )
    if stopped_by == signal.SIGINT:
        raise typer.Exit(130)

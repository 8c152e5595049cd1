"""``skysieve show``: one row traced back; ``skysieve flags``: what the bits mean."""

import json
import math
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table


def show(
    folder: Annotated[Path, typer.Argument(help="Run folder.")],
    *,
    source: Annotated[int, typer.Option(help="The row's id.")],
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable result on stdout.")] = False,
) -> None:
    """Trace one row of the catalog back to pixels, stage, recipe, versions and seed."""
    from skysieve.chain import trace_source  # noqa: PLC0415 -- takes seconds, which --help need not

    trace = _forget_nan(trace_source(folder, source))
    if as_json:
        typer.echo(json.dumps(trace, indent=1))
        return
    console = Console(highlight=False)
    console.print(_make_table(f"source {source}", trace["row"]))
    console.print("flags:", ", ".join(trace["flags"]) or "none")
    for pixels in trace["pixels"]:
        console.print(_make_table(f"pixels {pixels['pixels']}", pixels))
    models = trace["made_by"].pop("models")
    named = {name: f"{one['name']} {one['version']}, SHA-256 {one['sha256'][:12]}..." for name, one in models.items()}
    made = {**trace["made_by"], **named, **trace["made_by"].pop("versions"), "seed": trace["seed"]}
    console.print(_make_table("made by", made))
    console.print_json(data={"recipe": trace["recipe"]})
    for one in trace["overruled"]:
        console.print(_make_table("overruled", one))


def list_flags(
    value: Annotated[
        int | None, typer.Argument(min=0, max=2**63 - 1, help="A value of the column flags to decode.")
    ] = None,
    *,
    images: Annotated[bool, typer.Option("--images", help="The flags of images instead of sources.")] = False,
) -> None:
    """Explain the flag bits, or decode one value."""
    from skysieve.records import ImageFlag, SourceFlag, decode_flags, describe_flags  # noqa: PLC0415

    kind = ImageFlag if images else SourceFlag
    wanted = None if value is None else decode_flags(value, kind)
    for name, (bit, sentence) in describe_flags(kind).items():
        if wanted is None or name in wanted:
            typer.echo(f"{bit:>7}  {name:<20} {sentence}")


def _make_table(title: str, content: dict[str, Any]) -> Table:
    table = Table(title=title, title_justify="left", show_header=False, box=None)
    for name, value in content.items():
        table.add_row(name, f"{value:.6g}" if isinstance(value, float) else str(value))
    return table


def _forget_nan(value: Any) -> Any:
    """JSON has no NaN: unknown numbers become null."""
    if isinstance(value, dict):
        return {name: _forget_nan(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_forget_nan(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value

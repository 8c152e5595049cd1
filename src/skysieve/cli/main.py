"""Entry point: errors become one sentence on stderr and an exit code."""

import sys

import typer

import skysieve
from skysieve.cli import (
    cutouts,
    deblending,
    demo,
    files,
    models,
    morphology,
    pink,
    quality,
    run,
    show,
    simulate,
    som,
    stellarity,
    trust,
)

app = typer.Typer(
    name="skysieve",
    help="Survey exposures in, a catalog you can trust out, and a report that says how far.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("run")(run.run)
app.command("trust")(trust.trust)
app.command("show")(show.show)
app.command("demo")(demo.demo)
app.command("flags")(show.list_flags)
app.command("convert")(files.convert)
app.command("cutouts")(cutouts.cutouts)
app.command("simulate")(simulate.simulate)
app.command("pink", add_help_option=False, context_settings=pink.VERBATIM)(pink.pink)
app.add_typer(som.app, name="som")
app.add_typer(stellarity.app, name="stellarity")
app.add_typer(morphology.app, name="morphology")
app.add_typer(quality.app, name="quality")
app.add_typer(deblending.app, name="deblend")
app.add_typer(deblending.app, name="deblending", hidden=True)
app.add_typer(models.app, name="models")

BAD_ARGUMENTS, FAILURE = 2, 1


@app.callback(invoke_without_command=True)
def _start(*, version: bool = typer.Option(False, "--version", help="Print the version and stop.")) -> None:
    if version:
        typer.echo(f"skysieve {skysieve.__version__}")
        raise typer.Exit


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and leave with its exit code.

    0 when every input was handled, 2 for bad arguments or when no input was usable, 1 when the machine failed (a full
    disk, a lost cluster), 130 when interrupted.
    """
    sys.exit(invoke(arguments))


def invoke(arguments: list[str] | None = None) -> int:
    """Run the command line; return the exit code instead of leaving."""
    try:
        app(arguments, prog_name="skysieve")
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else 0
    except (ValueError, ImportError, FileNotFoundError) as error:
        typer.echo(f"skysieve: {_first_line(error)}", err=True)
        return BAD_ARGUMENTS
    except (OSError, RuntimeError) as error:
        typer.echo(f"skysieve: {_first_line(error)}", err=True)
        return FAILURE
    return 0


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]

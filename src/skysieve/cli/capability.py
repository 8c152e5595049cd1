"""The three verbs of a capability on the command line; what differs between capabilities are the words."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer

Settings = Annotated[list[str] | None, typer.Option("--set", help="One setting: section.key=value. Repeat.")]
Json = Annotated[bool, typer.Option("--json", help="Machine-readable result on stdout.")]
Run = Annotated[Path, typer.Option(help="Run folder; what was killed in it resumes.")]


@dataclass(frozen=True)
class Words:
    """What a capability says of itself.

    Parameters
    ----------
    package : str
        Its name; the verbs and their recipes are taken from ``skysieve.<package>``.
    train, apply, evaluate : str
        What each verb does, in a sentence.
    source : str
        What it is applied to.
    out : str
        What ``apply --out`` gets.
    model : str
        What ``--model`` takes.
    count_trained, count_evaluated : callable
        From the recipe how many items of work there are.
    describe : callable
        From the facts of an application a sentence.
    table : str
        What the first file of an application is called.
    evaluated : str
        The key of the model in the recipe of an evaluation.
    """

    package: str
    train: str
    apply: str
    evaluate: str
    source: str
    out: str
    count_trained: Callable[[Any], int]
    count_evaluated: Callable[[Any], int]
    describe: Callable[[Mapping[str, Any]], str]
    model: str = "Name of shipped weights, or a .safetensors file."
    table: str = "catalog"
    evaluated: str = "apply.model"


def add_verbs(app: typer.Typer, words: Words) -> None:
    """Give a command line the verbs ``train``, ``apply`` and ``evaluate`` of a capability."""
    app.command("train", help=words.train)(make_train(words))
    app.command("apply", help=words.apply)(make_apply(words))
    app.command("evaluate", help=words.evaluate)(make_evaluate(words))


def make_train(words: Words) -> Callable[..., None]:
    """Return the command that trains."""
    told = f"TOML file; recipes/{words.package}.toml made the shipped weights, as the defaults do."

    def train(
        recipe: Annotated[Path | None, typer.Argument(help=told)] = None,
        *,
        out: Run,
        setting: Settings = None,
        as_json: Json = False,
    ) -> None:
        from skysieve.cli.progress import show_progress  # noqa: PLC0415 -- as below
        from skysieve.config import read_recipe  # noqa: PLC0415 -- takes seconds, which --help need not

        capability = import_module(f"skysieve.{words.package}")
        resolved = read_recipe(capability.TrainRecipe, recipe, settings=setting or [])
        with show_progress("simulating") as progress:
            progress.start(words.count_trained(resolved))
            card = capability.train(resolved, out=out, on_done=progress.advance)
        if as_json:
            typer.echo(json.dumps(asdict(card), indent=1))
        else:
            _print_metrics(card.metrics, f"weights: {out / 'weights' / f'{card.name}.safetensors'}")

    return train


def make_apply(words: Words) -> Callable[..., None]:
    """Return the command that applies."""

    def apply(
        source: Annotated[Path, typer.Argument(help=words.source)],
        *,
        out: Annotated[Path, typer.Option(help=words.out)],
        model: Annotated[str | None, typer.Option(help=words.model)] = None,
        recipe: Annotated[Path | None, typer.Option(help="TOML file with the settings.")] = None,
        setting: Settings = None,
        overrule: Annotated[Path | None, typer.Option(help="Table of values to replace: id, value, who, why.")] = None,
        as_json: Json = False,
    ) -> None:
        from skysieve.config import read_recipe  # noqa: PLC0415 -- takes seconds, which --help need not

        capability = import_module(f"skysieve.{words.package}")
        resolved = read_recipe(capability.ApplyRecipe, recipe, settings=_list_settings(setting, "model", model))
        applied = capability.apply(source, resolved, out=out, overrule=overrule)
        if as_json:
            typer.echo(json.dumps({**applied.facts, "files": [str(path) for path in applied.files]}, indent=1))
            return
        typer.echo(words.describe(applied.facts))
        typer.echo(f"{words.table}: {applied.files[0]}")

    return apply


def make_evaluate(words: Words) -> Callable[..., None]:
    """Return the command that evaluates."""
    told = "TOML file; the defaults judge the shipped weights."

    def evaluate(
        recipe: Annotated[Path | None, typer.Argument(help=told)] = None,
        *,
        out: Run,
        model: Annotated[str | None, typer.Option(help=words.model)] = None,
        setting: Settings = None,
        as_json: Json = False,
    ) -> None:
        from skysieve.cli.progress import show_progress  # noqa: PLC0415 -- as below
        from skysieve.config import read_recipe  # noqa: PLC0415 -- takes seconds, which --help need not

        capability = import_module(f"skysieve.{words.package}")
        settings = _list_settings(setting, words.evaluated, model)
        resolved = read_recipe(capability.EvaluateRecipe, recipe, settings=settings)
        with show_progress("evaluating") as progress:
            progress.start(words.count_evaluated(resolved))
            metrics = capability.evaluate(resolved, out=out, on_done=progress.advance)
        if as_json:
            typer.echo(json.dumps({name: asdict(one) for name, one in metrics.items()}, indent=1))
        else:
            _print_metrics(metrics, f"report: {out / 'report.html'}")

    return evaluate


def _list_settings(settings: list[str] | None, key: str, model: str | None) -> list[str]:
    """Return the settings of the command line; ``--model`` has the last word."""
    return [*(settings or []), *([] if model is None else [f"{key}={json.dumps(model)}"])]


def _print_metrics(metrics: Mapping[str, Any], last: str) -> None:
    from skysieve.cli.scores import print_metrics  # noqa: PLC0415 -- takes seconds, which --help need not

    print_metrics(metrics)
    typer.echo(last)

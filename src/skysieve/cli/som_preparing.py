"""What ``skysieve som preprocess`` does once its arguments are read; apart, since these imports take seconds."""

import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, get_args

from skysieve.cli.progress import show_progress
from skysieve.config import dump_recipe, read_recipe
from skysieve.execution import ExecutionRecipe
from skysieve.morphology.balancing import BalanceMethod, balance_images
from skysieve.morphology.imagesets import check_target, open_images
from skysieve.morphology.preparation_recipe import PreparationRecipe
from skysieve.morphology.preparing import PreparationResult, prepare_cutouts
from skysieve.morphology.sanity import inspect_images, write_sanity_report
from skysieve.morphology.sanitypage import write_sanity_page
from skysieve.som.image_data import name_rows


@dataclass(frozen=True)
class Task:
    """What the command line asks for."""

    source: Path
    recipe: Path | None
    settings: tuple[str, ...]
    out: Path
    drop: bool
    label: str
    balance: str
    seed: int
    workers: int


def prepare(task: Task, *, with_report: bool) -> dict[str, Any]:
    """Prepare, balance and inspect; return what came of it as plain values."""
    check_target(task.out)
    if task.label and task.label not in open_images(task.source).read_rows(slice(0, 0)).names:
        raise ValueError(f"--label {task.label}: the rows of {task.source.name} have no such column")
    result = _prepare_balanced(task) if task.balance else _prepare(task, task.out)
    summary = {
        "out": str(task.out),
        "n_read": result.n_read,
        "n_written": open_images(task.out).length,
        "flags": result.n_flagged,
        "recipe": dump_recipe(result.recipe),
    }
    return {**summary, **_report(task)} if with_report else summary


def _prepare(task: Task, out: Path) -> PreparationResult:
    recipe = read_recipe(PreparationRecipe, task.recipe, settings=task.settings)
    with show_progress("preparing") as progress:
        return prepare_cutouts(
            task.source, out, recipe=recipe, execution=ExecutionRecipe(workers=task.workers), drop=task.drop,
            on_plan=progress.start, on_done=progress.advance,
        )  # fmt: skip


def _prepare_balanced(task: Task) -> PreparationResult:
    """Prepare into a set that is balanced, then dropped."""
    method: BalanceMethod | None = next((one for one in get_args(BalanceMethod) if one == task.balance), None)
    if method is None or not task.label:
        wanted = f"--balance {task.balance}: write one of {', '.join(get_args(BalanceMethod))}"
        raise ValueError(f"{wanted}, and the column of the classes as --label COLUMN")
    between = task.out.with_name(f".{task.out.stem}.unbalanced{task.out.suffix}")
    _remove(between)
    result = _prepare(task, between)
    try:
        balance_images(between, task.out, label=task.label, method=method, seed=task.seed)
    finally:
        _remove(between)
    return result


def _report(task: Task) -> dict[str, Any]:
    """Write the sanity report as JSON and as a page."""
    images = open_images(task.out)
    inspection = inspect_images(images, label=task.label, seed=task.seed)
    plain, page = (task.out.with_name(f"{task.out.stem}.sanity.{kind}") for kind in ("json", "html"))
    write_sanity_report(plain, inspection.report)
    write_sanity_page(page, images, inspection, name=task.out.name)
    return {"report": str(page), "classes": dict(inspection.report.classes),
            "channels": [asdict(one) for one in inspection.report.channels]}  # fmt: skip


def _remove(path: Path) -> None:
    """Remove a set of images, if it is there."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
        name_rows(path).unlink(missing_ok=True)

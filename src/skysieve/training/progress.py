"""Where a training stands, and how it goes on: pure numbers, so that a resumed run takes the same turns."""

import math
from dataclasses import dataclass, replace
from typing import final

from skysieve.training.recipe import Stage, TrainingRecipe


@final
@dataclass(frozen=True)
class Progress:
    """Where a training stands.

    ``epoch`` and ``step`` (within the epoch) are those to be done next, ``updates`` the optimizer's steps so far;
    ``stage`` and ``stage_epoch`` tell where that is in the recipe. ``factor`` is what plateaus have left of the rates.
    ``best`` is the best value of the watched quantity, found at ``best_epoch``; ``stage_best`` that of this stage,
    ``stale`` the epochs since then and ``flat`` those since then or since the rates were last lowered.
    """

    epoch: int = 0
    step: int = 0
    updates: int = 0
    stage: int = 0
    stage_epoch: int = 0
    factor: float = 1.0
    best: float | None = None
    best_epoch: int = -1
    stage_best: float | None = None
    stale: int = 0
    flat: int = 0
    finished: bool = False


def finish_epoch(progress: Progress, value: float, recipe: TrainingRecipe) -> Progress:
    """Take note of the watched quantity at the end of an epoch, and turn to the next.

    Parameters
    ----------
    progress : Progress
        During the epoch that ends.
    value : float
        The watched quantity; NaN is no improvement.
    recipe : TrainingRecipe
        Its goal, patience and stages decide.

    Returns
    -------
    Progress
        At the beginning of the next epoch: in this stage, in the next, or finished.
    """
    stage = recipe.stages[progress.stage]
    if _is_better(value, progress.best, recipe):
        progress = replace(progress, best=value, best_epoch=progress.epoch)
    if _is_better(value, progress.stage_best, recipe):
        progress = replace(progress, stage_best=value, stale=0, flat=0)
    else:
        progress = replace(progress, stale=progress.stale + 1, flat=progress.flat + 1)
    if stage.schedule == "plateau" and progress.flat >= stage.plateau_patience:
        progress = replace(progress, factor=progress.factor * stage.plateau_factor, flat=0)
    progress = replace(progress, epoch=progress.epoch + 1, step=0, stage_epoch=progress.stage_epoch + 1)
    out_of_patience = 0 < recipe.patience <= progress.stale
    return _finish_stage(progress, recipe) if out_of_patience or progress.stage_epoch >= stage.epochs else progress


def measure_rate_factor(progress: Progress, stage: Stage, steps_per_epoch: int) -> float:
    """Return what the rates of a stage are multiplied by at a step: warmup, then the schedule.

    Examples
    --------
    >>> stage = Stage(epochs=2, schedule="constant", warmup=4)
    >>> [measure_rate_factor(Progress(step=step), stage, 5) for step in (0, 1, 3, 4)]
    [0.25, 0.5, 1.0, 1.0]
    """
    step, end = progress.stage_epoch * steps_per_epoch + progress.step, stage.epochs * steps_per_epoch
    if step < stage.warmup:
        return progress.factor * (step + 1) / stage.warmup
    if stage.schedule == "cosine":
        return 0.5 * (1 + math.cos(math.pi * (step - stage.warmup) / max(end - stage.warmup, 1)))
    return progress.factor


def _is_better(value: float, best: float | None, recipe: TrainingRecipe) -> bool:
    if best is None:
        return not math.isnan(value)
    return value < best if recipe.goal == "min" else value > best


def _finish_stage(progress: Progress, recipe: TrainingRecipe) -> Progress:
    if progress.stage + 1 == len(recipe.stages):
        return replace(progress, finished=True)
    return replace(
        progress, stage=progress.stage + 1, stage_epoch=0, factor=1.0, stage_best=None, stale=0, flat=0
    )  # fmt: skip

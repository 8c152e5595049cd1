"""Runs a training loop on the devices that the recipe asks for, without traces in the process that asked."""

import logging
import signal
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

import lightning.pytorch as pl
import torch
from lightning.pytorch.strategies import DDPStrategy

from skysieve.config import dump_recipe
from skysieve.training.checkpoints import BEST, LAST, Checkpoint, read_checkpoint
from skysieve.training.loop import Job, TrainingLoop
from skysieve.training.progress import Progress
from skysieve.training.recipe import TrainingRecipe

FREE = frozenset({"workers", "checkpoint_every", "accelerator", "deterministic"})
"""What may differ between a run and its continuation."""


def run_job(job: Job) -> tuple[Checkpoint, Checkpoint]:
    """Train to the end, from the last checkpoint on where there is one; return the best and the last."""
    run = _describe_run(job)
    for torn in job.out.glob(".*.ckpt"):
        torn.unlink()  # a kill while a checkpoint was written leaves its beginning behind
    start = read_checkpoint(job.out / LAST, run)
    if start is None:
        start = Checkpoint(run=run, progress=Progress(), module=job.module.state_dict())
    job.module.load_state_dict(start.module)
    if not start.progress.finished:
        _train(job, start)
    last = read_checkpoint(job.out / LAST, run)
    if last is None:
        raise ValueError(f"{job.out}: the checkpoints were removed during the training; start it anew")
    # Without a single measured value that is a number, the last weights are all there is.
    return read_checkpoint(job.out / BEST, run) or last, last


def _train(job: Job, start: Checkpoint) -> None:
    recipe = job.recipe
    with _leave_no_trace():
        trainer = pl.Trainer(
            accelerator=recipe.accelerator, devices=recipe.devices, strategy=_choose_strategy(recipe),
            precision=recipe.precision, deterministic=recipe.deterministic, gradient_clip_val=recipe.clip,
            max_epochs=recipe.epochs - start.progress.epoch, reload_dataloaders_every_n_epochs=1,
            limit_val_batches=0 if job.validation is None else None, num_sanity_val_steps=0,
            use_distributed_sampler=False, logger=False, enable_checkpointing=False, enable_progress_bar=False,
            enable_model_summary=False, default_root_dir=job.out,
        )  # fmt: skip
        job.module.train()
        trainer.fit(TrainingLoop(job, start))


def _choose_strategy(recipe: TrainingRecipe) -> Any:
    """One process a device, started from this one, so that nothing else of the program runs twice."""
    if recipe.devices == 1:
        return "auto"
    # Frozen layers get no gradient; a process that waited for one would wait forever.
    frozen = len({frozenset(stage.rates) for stage in recipe.stages}) > 1
    start_method: Literal["fork", "spawn"] = "fork" if recipe.accelerator == "cpu" else "spawn"
    return DDPStrategy(start_method=start_method, find_unused_parameters=frozen)


def _describe_run(job: Job) -> dict[str, Any]:
    """Return what a continuation must have in common with the run."""
    plain = {key: value for key, value in dump_recipe(job.recipe).items() if key not in FREE}
    shapes = {name: list(value.shape) for name, value in job.module.state_dict().items()}
    validation = None if job.validation is None else len(job.validation)
    return {**plain, "training samples": len(job.training), "validation samples": validation, "network": shapes}


@contextmanager
def _leave_no_trace() -> Iterator[None]:
    """Put back what Lightning changes in this process: dice, signals, determinism, messages."""
    talks = [logging.getLogger(name) for name in ("lightning.pytorch", "lightning.fabric")]
    levels, interrupt = [talk.level for talk in talks], signal.getsignal(signal.SIGINT)
    deterministic = torch.are_deterministic_algorithms_enabled()
    for talk in talks:
        talk.setLevel(logging.WARNING)
    try:
        with torch.random.fork_rng(), warnings.catch_warnings():
            # The recipe asks for the CPU by name, so that a GPU beside it is known and left alone.
            warnings.filterwarnings("ignore", message="GPU available but not used")
            # Lightning itself makes these specifications of nested batches; newer PyTorch spells them differently.
            warnings.filterwarnings("ignore", message=r"`isinstance\(treespec, LeafSpec\)`", category=FutureWarning)
            yield
    except SystemExit:
        # Lightning turns an interrupt from the keyboard into an exit of its own.
        raise KeyboardInterrupt from None
    finally:
        for talk, level in zip(talks, levels, strict=True):
            talk.setLevel(level)
        torch.use_deterministic_algorithms(deterministic)
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, interrupt)

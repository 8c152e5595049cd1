"""The loop itself: Lightning brings devices, precision and parallelism, this module what happens at which step."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, final

import lightning.pytorch as pl
import torch
from torch import nn

from skysieve.training.batches import Batch, Batches, Loader
from skysieve.training.checkpoints import BEST, LAST, Checkpoint, write_checkpoint
from skysieve.training.groups import Groups, freeze, make_optimizer, set_rates
from skysieve.training.means import Means, measure_means
from skysieve.training.order import count_steps, mix_seed, order_samples, order_validation
from skysieve.training.progress import finish_epoch, measure_rate_factor
from skysieve.training.recipe import TrainingRecipe
from skysieve.training.reporting import LOG, Report, write_log
from skysieve.training.samples import Augment, Collate, Samples

Loss = Callable[[nn.Module, Any], torch.Tensor | Mapping[str, torch.Tensor]]
Measure = Callable[[nn.Module, Any], Mapping[str, torch.Tensor]]


@final
@dataclass(frozen=True)
class Job:
    """All that is given from outside: a network, what it learns from, and how."""

    module: nn.Module
    loss: Loss
    measure: Measure | None
    training: Samples
    validation: Samples | None
    groups: Groups | None
    collate: Collate | None
    augment: Augment | None
    recipe: TrainingRecipe
    out: Path


@final
class TrainingLoop(pl.LightningModule):
    """One training from a checkpoint on: its hooks are called by Lightning in the order in which they stand here."""

    def __init__(self, job: Job, start: Checkpoint) -> None:
        super().__init__()
        self.module = job.module
        self.job, self.start, self.progress, self.rows = job, start, start.progress, list(start.rows)
        self.means, self.measured, self.report = Means(), Means(), Report(job.recipe.epochs)

    def setup(self, stage: str) -> None:  # noqa: ARG002
        """Make the loaders on the device that they serve."""
        recipe, pin = self.job.recipe, self.trainer.strategy.root_device.type == "cuda"
        batches = Batches(self.job.training, collate=self.job.collate, augment=self.job.augment, seed=recipe.seed)
        self.loader = Loader(batches, workers=recipe.workers, pin_memory=pin)
        if self.job.validation is not None:
            batches = Batches(self.job.validation, collate=self.job.collate, augment=None, seed=recipe.seed)
            self.validation_loader = Loader(batches, workers=recipe.workers, pin_memory=pin)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Make the optimizer, as it was at the checkpoint."""
        optimizer = make_optimizer(self.module, self.job.groups, self.job.recipe)
        if self.start.optimizer:
            optimizer.load_state_dict(dict(self.start.optimizer))
        return optimizer

    def on_fit_start(self) -> None:
        """Put back the state of the loss scale and of the running sums."""
        if self.start.scaler:
            self.trainer.precision_plugin.load_state_dict(dict(self.start.scaler))
        own = {name: sums[self.global_rank] for name, sums in self.start.means.items()}
        self.means.replace_sums(own, self.device)

    def train_dataloader(self) -> Loader:
        """Return what is left of the epoch; Lightning asks at the beginning of each."""
        recipe, size, ranks, epoch = (
            self.job.recipe,
            len(self.job.training),
            self.trainer.world_size,
            self.progress.epoch,
        )
        rows = order_samples(
            size, batch=recipe.batch, ranks=ranks, rank=self.global_rank, seed=recipe.seed, epoch=epoch
        )
        self.loader.choose(epoch, rows[self.progress.step :])
        return self.loader

    def val_dataloader(self) -> Loader | list[Batch]:
        """Return all validation batches of this device."""
        if self.job.validation is None:
            return []
        size, ranks = len(self.job.validation), self.trainer.world_size
        rows = order_validation(size, batch=self.job.recipe.batch, ranks=ranks, rank=self.global_rank)
        self.validation_loader.choose(0, rows)
        return self.validation_loader

    def on_train_epoch_start(self) -> None:
        """Let the layers learn whose turn it is."""
        freeze(self.module, self.job.groups, self.job.recipe.stages[self.progress.stage])

    def on_train_batch_start(self, batch: Batch, batch_idx: int) -> None:  # noqa: ARG002
        """Fix what a step depends on: its rates and its dice."""
        stage, progress = self.job.recipe.stages[self.progress.stage], self.progress
        self.rates = set_rates(self._optimizer(), stage, measure_rate_factor(progress, stage, self._count_steps()))
        torch.manual_seed(mix_seed(self.job.recipe.seed, progress.epoch, progress.step, self.global_rank))

    def training_step(self, batch: Batch, batch_idx: int) -> torch.Tensor:  # noqa: ARG002
        """Return the loss of a batch."""
        parts = _name_parts(self.job.loss(self.module, batch.content))
        self.means.add(parts, batch.size)
        return parts["loss"]

    def on_train_batch_end(self, outputs: Any, batch: Batch, batch_idx: int) -> None:  # noqa: ARG002
        """Count the step, and keep it when it is time to."""
        steps, every = self._count_steps(), self.job.recipe.checkpoint_every
        self.progress = replace(self.progress, step=self.progress.step + 1, updates=self.progress.updates + 1)
        self.report.show_step(self.progress.epoch, self.progress.step, steps)
        if every and self.progress.updates % every == 0 and self.progress.step < steps:
            self._keep(LAST)

    def on_validation_epoch_start(self) -> None:
        """Start new sums, with dice of their own."""
        self.measured = Means()
        torch.manual_seed(mix_seed(self.job.recipe.seed, self.progress.epoch, self.global_rank))

    def validation_step(self, batch: Batch, batch_idx: int) -> None:  # noqa: ARG002
        """Measure a batch."""
        if self.job.measure is None:
            values = _name_parts(self.job.loss(self.module, batch.content))
        else:
            values = dict(self.job.measure(self.module, batch.content))
        self.measured.add(values, batch.size)

    def on_train_epoch_end(self) -> None:
        """Log the epoch, keep the best and the last, and turn to the next epoch."""
        trained, measured = (measure_means(self._gather(means)) for means in (self.means, self.measured))
        watched = measured or trained
        epoch, stage = self.progress.epoch + 1, self.progress.stage + 1
        row: dict[str, float | int] = {"epoch": epoch, "stage": stage, "step": self.progress.updates}
        row |= {f"rate_{name}": rate for name, rate in self.rates.items()}
        row |= {f"train_{name}": value for name, value in trained.items()}
        row |= {f"validation_{name}": value for name, value in measured.items()}
        self.progress = finish_epoch(self.progress, _pick(watched, self.job.recipe.monitor), self.job.recipe)
        self.rows.append(row)
        self.means = Means()
        self._end_epoch(row)

    def _end_epoch(self, row: dict[str, float | int]) -> None:
        _refuse_divergence(row)
        if self.progress.best_epoch == self.progress.epoch - 1:
            self._keep(BEST)
        self._keep(LAST)
        if self.global_rank == 0:
            write_log(self.job.out / LOG, self.rows)
            self.report.show_epoch(row)
        self.trainer.should_stop = self.progress.finished

    def _keep(self, name: str) -> None:
        """Write a checkpoint; the best one holds only what is needed to use it."""
        means = self._gather(self.means)
        if self.global_rank:
            return
        kept = replace(self.start, progress=self.progress, module=self.module.state_dict(), rows=self.rows, means=means)
        if name == BEST:
            kept = replace(kept, optimizer={}, scaler={})
        else:
            scaler = self.trainer.precision_plugin.state_dict()
            kept = replace(kept, optimizer=self._optimizer().state_dict(), scaler=scaler)
        write_checkpoint(self.job.out / name, kept)

    def _gather(self, means: Means) -> dict[str, torch.Tensor]:
        """Return the sums of all devices, with a leading axis of devices."""
        gathered = {}
        for name, own in means.copy_sums().items():
            parts = [torch.empty_like(own) for _ in range(self.trainer.world_size)]
            if len(parts) > 1:
                torch.distributed.all_gather(parts, own)
            else:
                parts = [own]
            gathered[name] = torch.stack(parts).cpu()
        return gathered

    def _optimizer(self) -> torch.optim.Optimizer:
        (optimizer,) = self.trainer.optimizers
        return optimizer

    def _count_steps(self) -> int:
        return count_steps(len(self.job.training), batch=self.job.recipe.batch, ranks=self.trainer.world_size)


def _name_parts(loss: torch.Tensor | Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Return named parts with their sum as ``loss``."""
    if isinstance(loss, torch.Tensor):
        return {"loss": loss}
    return dict(loss) if "loss" in loss else {**loss, "loss": torch.stack(list(loss.values())).sum()}


def _pick(watched: Mapping[str, float], monitor: str) -> float:
    if monitor not in watched:
        raise ValueError(f"monitor: {monitor} is not measured; there are {', '.join(watched)}")
    return watched[monitor]


def _refuse_divergence(row: Mapping[str, float | int]) -> None:
    if not math.isfinite(row["train_loss"]):
        raise ValueError(f"epoch {row['epoch']}: the training loss is {row['train_loss']}; lower the learning rates")

"""Training as the capabilities call it: a network, a loss, samples and a recipe in, the best weights out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

from skysieve.training.recipe import TrainingRecipe
from skysieve.training.samples import Augment, Collate, Samples

if TYPE_CHECKING:
    import torch
    from torch import nn


@final
@dataclass(frozen=True)
class Fitted:
    """A trained network, in evaluation mode and with the best weights, and how it came to them.

    ``best`` is the best value of the watched quantity (None where none was a number), found at ``best_epoch``
    (1-based); ``log`` has a row an epoch, as ``log.csv`` in the run folder.
    """

    module: "nn.Module"
    best: float | None
    best_epoch: int
    epochs: int
    steps: int
    log: tuple[Mapping[str, float | int], ...]
    last: Mapping[str, "torch.Tensor"]


def fit(
    module: "nn.Module",
    loss: Callable[["nn.Module", Any], "torch.Tensor | Mapping[str, torch.Tensor]"],
    training: Samples,
    *,
    out: Path,
    recipe: TrainingRecipe | None = None,
    validation: Samples | None = None,
    measure: Callable[["nn.Module", Any], "Mapping[str, torch.Tensor]"] | None = None,
    groups: Mapping[str, Sequence[str]] | None = None,
    collate: Collate | None = None,
    augment: Augment | None = None,
) -> Fitted:
    """Train a network, or go on where a killed training of the same run folder stood.

    Parameters
    ----------
    module : Module
        The network with its first weights; it is trained in place.
    loss : callable
        Takes the network and a batch; returns the mean loss of the batch, or named parts of which the sum is
        minimized. Dice of PyTorch (dropout, say) may be thrown in it; those of NumPy or of Python may not.
    training : Samples
        What to learn from.
    out : Path
        The run folder: ``last.ckpt``, ``best.ckpt`` and ``log.csv``.
    recipe : TrainingRecipe, optional
        How; the defaults where it is left out.
    validation : Samples, optional
        What decides on the best weights and on stopping early; without it the training itself does.
    measure : callable, optional
        Takes the network and a validation batch; returns named means over the batch. Default: the loss.
    groups : mapping of str to sequence of str, optional
        Layer groups by the names of their submodules; each parameter belongs to one. Default: one group, ``all``.
    collate : callable, optional
        Makes a batch of a list of samples; by default arrays are stacked.
    augment : callable, optional
        Takes a training sample and a generator of its own; returns the changed sample.

    Returns
    -------
    Fitted
        With the best weights. A run that was finished before is read, not repeated.

    Raises
    ------
    ValueError
        If there are no samples, the folder holds a run of another recipe, network or number of samples, a group or
        the watched quantity is unknown, or the loss is no longer finite.
    ImportError
        If Lightning is not installed.
    """
    try:
        # Lightning takes seconds to import, and what is trained is applied without it.
        from skysieve.training.loop import Job  # noqa: PLC0415
        from skysieve.training.running import run_job  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise ImportError(f"training: {error.name} is not installed; pip install 'skysieve[train]'") from None
    recipe = recipe or TrainingRecipe()
    for name, samples in (("training", training), ("validation", validation)):
        if samples is not None and not len(samples):
            raise ValueError(f"{name} set: there are no samples; give at least one")
    best, last = run_job(
        Job(
            module=module, loss=loss, measure=measure, training=training, validation=validation, groups=groups,
            collate=collate, augment=augment, recipe=recipe, out=out,
        )
    )  # fmt: skip
    module.load_state_dict(best.module)
    module.eval().requires_grad_(requires_grad=True)
    progress = last.progress
    return Fitted(
        module=module, best=progress.best, best_epoch=progress.best_epoch + 1, epochs=progress.epoch,
        steps=progress.updates, log=tuple(last.rows), last=last.module,
    )  # fmt: skip

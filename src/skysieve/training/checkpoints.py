"""Checkpoints: everything a training needs to go on, in one file that appears whole or not at all."""

import json
import pickle
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, final

import torch

from skysieve.io.atomic import write_whole
from skysieve.training.progress import Progress

LAST = "last.ckpt"
BEST = "best.ckpt"
Rows = list[dict[str, float | int]]


@final
@dataclass(frozen=True)
class Checkpoint:
    """The state of a training between two steps.

    ``run`` identifies what is trained, on what and how; ``means`` are the running sums of the epoch for each device,
    ``rows`` the log so far, ``scaler`` the state of the loss scale of 16-bit training (empty otherwise).
    """

    run: Mapping[str, Any]
    progress: Progress
    module: Mapping[str, torch.Tensor]
    optimizer: Mapping[str, Any] = field(default_factory=dict)
    scaler: Mapping[str, Any] = field(default_factory=dict)
    means: Mapping[str, torch.Tensor] = field(default_factory=dict)
    rows: Rows = field(default_factory=list)


def write_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Write tensors and plain values, nothing else, and put them safely on the disk."""
    plain = {name: getattr(checkpoint, name) for name in ("optimizer", "scaler", "means", "rows")}
    plain |= {"run": json.dumps(dict(checkpoint.run)), "progress": asdict(checkpoint.progress)}
    plain |= {"module": dict(checkpoint.module), "means": dict(checkpoint.means)}
    with write_whole(path) as temporary:
        torch.save(plain, temporary)


def read_checkpoint(path: Path, run: Mapping[str, Any]) -> Checkpoint | None:
    """Read a checkpoint of the same run; tensors come to the CPU.

    Parameters
    ----------
    path : Path
        In the folder of the run. It is read without executing anything it might hold.
    run : mapping
        What is trained, on what and how.

    Returns
    -------
    Checkpoint or None
        None where there is no such file.

    Raises
    ------
    ValueError
        If the file is not a checkpoint, or is that of another run.
    """
    if not path.exists():
        return None
    try:
        plain = torch.load(path, map_location="cpu", weights_only=True)
        found = json.loads(plain.pop("run"))
        checkpoint = Checkpoint(run=found, progress=Progress(**plain.pop("progress")), **plain)
    except (pickle.UnpicklingError, RuntimeError, EOFError, OSError, KeyError, TypeError, AttributeError, ValueError):
        raise ValueError(
            f"{path}: is not a whole checkpoint of a training; remove it, or give another folder"
        ) from None
    _refuse_other_run(path, found, json.loads(json.dumps(dict(run))))
    return checkpoint


def _refuse_other_run(path: Path, found: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    for key in sorted({*found, *wanted}):
        if found.get(key) != wanted.get(key):
            raise ValueError(
                f"{path}: belongs to a training with {key} = {found.get(key)}, this one has {wanted.get(key)}; "
                "give another folder, or remove the checkpoints to start anew"
            )

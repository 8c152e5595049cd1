"""Where a run is computed: how many processes, on which machines, with how much patience."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from skysieve.config import STRICT

_SIZE = r"^\d+(\.\d+)?\s*([kKMGT]i?)?B$"


@dataclass(frozen=True)
class SlurmRecipe:
    """What to ask of Slurm: ``jobs`` batch jobs of ``cores`` cores each.

    ``memory`` ("16GB") and ``walltime`` ("01:00:00") are those of one job; an empty ``queue`` or ``account`` leaves
    the choice to Slurm. A job runs ``cores // threads_per_worker`` workers, at least one.
    """

    __pydantic_config__ = STRICT

    queue: str = ""
    account: str = ""
    cores: Annotated[int, Field(ge=1)] = 1
    memory: Annotated[str, Field(pattern=_SIZE)] = "4GB"
    walltime: Annotated[str, Field(pattern=r"^(\d+-)?\d{1,2}:\d{2}:\d{2}$")] = "01:00:00"
    jobs: Annotated[int, Field(ge=1)] = 1


@dataclass(frozen=True)
class ExecutionRecipe:
    """How a stage is mapped over items; the results do not depend on it.

    Parameters
    ----------
    workers : int
        Processes on this machine; 1 computes in the calling process, without Dask. A cluster brings its own workers
        and ignores this number.
    threads_per_worker : int
        Threads that numerical libraries may use within one item.
    scheduler : str, optional
        Address of a running Dask scheduler, ``"tcp://host:8786"``. The run folder must be on a disk it shares.
    retries : int
        How often an item is tried again after an error that could pass by itself.
    memory_limit : str, optional
        Memory of one process on this machine, ``"4GB"``: a process that exceeds it is replaced and its item is tried
        again. None sets no limit; it needs ``workers`` of 2 or more to have an effect.
    slurm : SlurmRecipe, optional
        Start the workers as Slurm jobs. Excludes ``scheduler``.

    Raises
    ------
    ValueError
        If a number is out of range, or both ``scheduler`` and ``slurm`` are given.
    """

    __pydantic_config__ = STRICT

    workers: Annotated[int, Field(ge=1)] = 1
    threads_per_worker: Annotated[int, Field(ge=1)] = 1
    scheduler: Annotated[str, Field(pattern=r"^[a-z]+://.+:\d+$")] | None = None
    retries: Annotated[int, Field(ge=0)] = 2
    memory_limit: Annotated[str, Field(pattern=_SIZE)] | None = None
    slurm: SlurmRecipe | None = None

    def __post_init__(self) -> None:
        if self.scheduler is not None and self.slurm is not None:
            raise ValueError("execution: scheduler and slurm exclude each other; keep one of the two")
        if self.workers < 1 or self.threads_per_worker < 1 or self.retries < 0:
            raise ValueError(
                f"execution: workers = {self.workers}, threads_per_worker = {self.threads_per_worker}, retries = "
                f"{self.retries}; at least one worker with one thread and zero retries are wanted"
            )

    @property
    def inline(self) -> bool:
        """Whether items are computed in the calling process."""
        return self.workers == 1 and self.scheduler is None and self.slurm is None

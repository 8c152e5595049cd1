"""How a network is trained, as a recipe."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import Field

from skysieve.config import STRICT


@dataclass(frozen=True)
class Stage:
    """Some epochs with one learning rate for each layer group; groups that are not named are frozen.

    Parameters
    ----------
    epochs : int
        The most epochs of this stage; ``patience`` of the recipe may end it earlier.
    rates : mapping of str to float
        Learning rate of each layer group by its name. ``all`` is the one group of a network without named groups.
    schedule : {"cosine", "constant", "plateau"}
        ``cosine`` lets the rates fall to zero over the stage; ``plateau`` multiplies them by ``plateau_factor``
        whenever the watched quantity has not improved for ``plateau_patience`` epochs.
    warmup : int
        Steps over which the rates rise linearly from zero at the beginning of the stage.
    """

    __pydantic_config__ = STRICT

    epochs: Annotated[int, Field(ge=1)] = 20
    rates: Mapping[str, Annotated[float, Field(gt=0)]] = field(default_factory=lambda: {"all": 1e-3})
    schedule: Literal["cosine", "constant", "plateau"] = "cosine"
    warmup: Annotated[int, Field(ge=0)] = 0
    plateau_patience: Annotated[int, Field(ge=1)] = 3
    plateau_factor: Annotated[float, Field(gt=0, lt=1)] = 0.3


@dataclass(frozen=True)
class TrainingRecipe:
    """How a network is trained; the same recipe, data and first weights give the same last weights.

    Parameters
    ----------
    stages : tuple of Stage
        One after the other.
    batch : int
        Most samples in a batch, per device. Batches of an epoch differ by one sample at most, and none is left out.
    optimizer : {"adamw", "sgd"}
        ``momentum`` counts for sgd only.
    weight_decay : float
        Decoupled for adamw, in the gradient for sgd.
    clip : float, optional
        Largest norm of the gradient.
    monitor : str
        The watched quantity: one that the validation measures, or that the training does where there is no validation.
    goal : {"min", "max"}
        Whether less or more of it is better.
    patience : int
        Epochs without improvement after which a stage ends; 0 lets every stage run to its end.
    seed : int
        Of the order of the samples, of dropout and of augmentation.
    deterministic : bool
        Ask for deterministic algorithms on a GPU too, which are slower. The CPU needs no asking.
    precision : {"32-true", "16-mixed", "bf16-mixed"}
        Of the arithmetic; weights stay in 32 bits.
    accelerator : {"auto", "cpu", "cuda", "mps"}
        ``auto`` takes a GPU where there is one.
    devices : int
        How many; more than one share the work by data parallelism.
    workers : int
        Processes that prepare batches; 0 prepares them in the training process. The result does not depend on it.
    checkpoint_every : int
        Steps between checkpoints within an epoch; 0 writes them at the ends of epochs only.
    """

    __pydantic_config__ = STRICT

    stages: Annotated[tuple[Stage, ...], Field(min_length=1)] = field(default_factory=lambda: (Stage(),))
    batch: Annotated[int, Field(ge=1)] = 128
    optimizer: Literal["adamw", "sgd"] = "adamw"
    weight_decay: Annotated[float, Field(ge=0)] = 0.0
    momentum: Annotated[float, Field(ge=0, lt=1)] = 0.9
    clip: Annotated[float, Field(gt=0)] | None = None
    monitor: str = "loss"
    goal: Literal["min", "max"] = "min"
    patience: Annotated[int, Field(ge=0)] = 0
    seed: Annotated[int, Field(ge=0)] = 0
    deterministic: bool = False
    precision: Literal["32-true", "16-mixed", "bf16-mixed"] = "32-true"
    accelerator: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    devices: Annotated[int, Field(ge=1)] = 1
    workers: Annotated[int, Field(ge=0)] = 0
    checkpoint_every: Annotated[int, Field(ge=0)] = 200

    def __post_init__(self) -> None:
        if not self.stages:
            raise ValueError("training: there is no stage; give at least one, with its epochs and rates")

    @property
    def epochs(self) -> int:
        """The most epochs of all stages together."""
        return sum(stage.epochs for stage in self.stages)

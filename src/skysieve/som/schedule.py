"""How a map is trained: stages with a neighborhood that narrows, in one recipe."""

from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field

from skysieve.config import STRICT
from skysieve.som.neighborhood import Kind

Positive = Annotated[float, Field(gt=0)]
Share = Annotated[float, Field(gt=0, le=1)]
Shuffle = Literal["all", "blocks", "off"]
"""In which order online training shows images: all rows mixed, runs of rows mixed, as they come."""


@dataclass(frozen=True)
class Stage:
    """Some passes over the data with one kind of neighborhood.

    ``online`` moves the neurons after each datum by the neighborhood times ``rate``; ``batch`` moves them after each
    pass by ``rate`` of the way to the mean of the data around them, so its rate is 1 as a rule. Sigma [cells] and rate
    stay as they are, or go to ``sigma_end`` and ``rate_end`` in equal steps of the logarithm (``exponential``) or of
    the value (``linear``). Neurons at ``max_distance`` [cells] from the best-matching unit and beyond stay where they
    are. ``rotations`` belongs to maps of images: 1, or a multiple of 4, over a full turn.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    passes: Annotated[int, Field(ge=1)] = 10
    method: Literal["online", "batch"] = "batch"
    neighborhood: Kind = "unitygaussian"
    sigma: Positive = 1.1
    sigma_end: Positive | None = None
    rate: Share = 1.0
    rate_end: Share | None = None
    decay: Literal["exponential", "linear"] = "exponential"
    max_distance: Positive | None = None
    rotations: Annotated[int, Field(ge=1)] = 1

    def __post_init__(self) -> None:
        if self.rotations != 1 and self.rotations % 4:
            raise ValueError(f"rotations = {self.rotations}: wanted is 1 or a multiple of 4")
        if self.method == "batch" and self.neighborhood == "mexicanHat":
            raise ValueError(
                "neighborhood = mexicanHat: batch training divides by its sum, which may be 0; train online"
            )


@dataclass(frozen=True)
class Schedule:
    """Stages of training, one after the other."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    stages: Annotated[tuple[Stage, ...], Field(min_length=1)] = field(
        default_factory=lambda: (
            Stage(5, "online", sigma=2.5, rate=0.1, rotations=180),
            Stage(5, "online", sigma=1.5, rate=0.05, rotations=180),
            Stage(10, "online", sigma=0.7, rate=0.05, rotations=360),
        )
    )
    """By default those of Vantyghem et al. (2024, arXiv:2404.10109), Table 3, for a map of 10x10 images."""


def measure_pace(stage: Stage, progress: float) -> tuple[float, float]:
    """Return sigma and rate at a point of a stage, its progress running from 0 to 1.

    Examples
    --------
    >>> measure_pace(Stage(sigma=4.0, sigma_end=1.0, rate=0.5, rate_end=0.1, decay="linear"), 0.5)
    (2.5, 0.3)
    """
    return (
        _decay(stage.sigma, stage.sigma_end, stage.decay, progress),
        _decay(stage.rate, stage.rate_end, stage.decay, progress),
    )


def _decay(start: float, end: float | None, decay: str, progress: float) -> float:
    if end is None:
        return start
    if decay == "linear":
        return start + (end - start) * progress
    return float(start * (end / start) ** progress)

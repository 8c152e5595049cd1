"""What decides a trained map of images, in one recipe."""

from dataclasses import dataclass, field
from typing import Annotated, ClassVar

from pydantic import ConfigDict, Field

from skysieve.config import STRICT
from skysieve.som.initialization import Compat
from skysieve.som.lattice import Lattice
from skysieve.som.schedule import Schedule, Shuffle, Stage
from skysieve.som.transforms import Geometry, RegionShape, make_geometry

SIZE = r"^\d+(\.\d+)?\s*([kKMGT]i?)?B$"
Side = Annotated[int, Field(ge=1)]


@dataclass(frozen=True)
class GeometryRecipe:
    """How images are turned and compared once the map is trained; see `make_geometry`.

    The stages of training have their own numbers of rotations.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    rotations: Annotated[int, Field(ge=1)] = 360
    flip: bool = True
    region: RegionShape = "quadratic"
    neuron_side: Side | None = None
    region_side: Side | None = None

    def resolve(self, image_side: int) -> Geometry:
        """Choose the sizes for images of this side [pixel]."""
        return make_geometry(
            image_side,
            rotations=self.rotations,
            flip=self.flip,
            shape=self.region,
            neuron_side=self.neuron_side,
            region_side=self.region_side,
        )


@dataclass(frozen=True)
class GrowthRecipe:
    """Grow the lattice before the schedule starts, see `skysieve.som.growing`.

    After the passes of ``stage`` at each size, a row or column is inserted beside the neuron with the largest summed
    squared distance of its images, until there are ``least_neurons`` and that sum is at most ``evenness`` times the
    mean over the neurons, or the next lattice would have more than ``most_neurons``. ``sample`` images are looked at.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    least_neurons: Annotated[int, Field(ge=1)] = 16
    most_neurons: Annotated[int, Field(ge=1)] = 100
    evenness: Annotated[float, Field(gt=1)] = 2.0
    sample: Annotated[int, Field(ge=1)] = 5000
    stage: Stage = field(default_factory=lambda: Stage(2, "batch", sigma=0.7, rotations=180))


@dataclass(frozen=True)
class TrainSomRecipe:
    """Everything that decides a trained map of images, besides the images.

    ``init`` is ``zero``, ``random``, ``random_with_preferred_direction``, ``pca``, or the path of a map to go on from.
    ``channel_weights`` says what the squared differences of each channel count; all the same when empty. ``shuffle``
    says in which order online stages show the images (all rows mixed; runs of rows mixed, for stores larger than
    memory; as they come), ``compat = "pink"`` takes random numbers and orders from PINK. ``block`` images are in
    memory at a time; convergence is measured on ``sample`` images. ``threads``, ``memory_limit`` and
    ``checkpoint_every`` (blocks) do not change the result.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    lattice: Lattice = field(default_factory=Lattice)
    geometry: GeometryRecipe = field(default_factory=GeometryRecipe)
    schedule: Schedule = field(default_factory=Schedule)
    growth: GrowthRecipe | None = None
    init: str = "random"
    channel_weights: tuple[Annotated[float, Field(gt=0)], ...] = ()
    seed: int = 0
    compat: Compat = "skysieve"
    shuffle: Shuffle = "all"
    block: Annotated[int, Field(ge=1)] = 4096
    sample: Annotated[int, Field(ge=1)] = 500
    device: str = "cpu"
    threads: Annotated[int, Field(ge=1)] = 1
    memory_limit: Annotated[str, Field(pattern=SIZE)] | None = None
    checkpoint_every: Annotated[int, Field(ge=1)] = 1

    def __post_init__(self) -> None:
        if self.growth is not None and (self.lattice.hexagonal or len(self.lattice.shape) != 2):
            raise ValueError(f"growth: lattice {self.lattice.shape} cannot grow; a cartesian one with two sides can")
        if self.compat == "pink" and self.shuffle == "blocks":
            raise ValueError("shuffle = blocks: PINK mixes all rows; say all or off")

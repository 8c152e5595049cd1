"""The three recipes of the capability: what it learns from, how it is applied, on what it is judged."""

from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import Field

from skysieve.config import STRICT
from skysieve.execution import ExecutionRecipe
from skysieve.extraction import ExtractionRecipe
from skysieve.morphology.apply_recipe import ApplyRecipe
from skysieve.morphology.preparation_recipe import ChannelRecipe, ClipStep, PreparationRecipe, TransferStep
from skysieve.som.lattice import Lattice
from skysieve.som.schedule import Schedule, Stage
from skysieve.som.training_recipe import GeometryRecipe

Positive = Annotated[float, Field(gt=0)]
Share = Annotated[float, Field(gt=0, lt=1)]
Count = Annotated[int, Field(ge=1)]
Method = Literal["forest", "neighbors", "logistic"]


@dataclass(frozen=True)
class ViewRecipe:
    """How a source on an image becomes the cutout that a map is shown.

    Parameters
    ----------
    side : int
        Of the cutout [pixel].
    width : float, optional
        The image is resampled so that the PSF's FWHM has so many pixels, and a map serves images of any seeing. None
        takes pixels as they are.
    least_snr : float
        Sources with a fainter Kron flux are not looked at.
    """

    __pydantic_config__ = STRICT

    side: Annotated[int, Field(ge=8)] = 32
    width: Positive | None = 3.0
    least_snr: Annotated[float, Field(ge=0)] = 20.0


@dataclass(frozen=True)
class GalaxyFieldsRecipe:
    """Simulated fields, drawn anew from these ranges; the classes of their objects are known.

    Parameters
    ----------
    number : int
        Fields.
    side : int
        Side of a field [pixel].
    surveys : tuple of str
        Whose pixels, noise and depth they have, in turn.
    seeing : tuple of float
        Range of the PSF's FWHM in units of the survey's, uniform in the logarithm.
    stars : tuple of float
        Range of the number of stars in a field, uniform in the logarithm; without stars there is no PSF.
    galaxies : tuple of float
        Range of the density of galaxies, times the mean, uniform in the logarithm.
    seed : int
        Of all that is drawn.
    """

    __pydantic_config__ = STRICT

    number: Count = 320
    side: Annotated[int, Field(ge=128)] = 800
    surveys: Annotated[tuple[str, ...], Field(min_length=1)] = ("Legacy", "SDSS", "HSC", "Euclid")
    seeing: tuple[Positive, Positive] = (0.8, 1.6)
    stars: tuple[Positive, Positive] = (80.0, 250.0)
    galaxies: tuple[Positive, Positive] = (1.0, 3.0)
    seed: Annotated[int, Field(ge=0)] = 1


@dataclass(frozen=True)
class MorphologySplit:
    """Shares of the fields that train the map, teach the classes, calibrate outliers and measure the result."""

    __pydantic_config__ = STRICT

    train: Share = 0.3
    classes: Share = 0.5
    test: Share = 0.2


def _make_preparation() -> PreparationRecipe:
    """Return what the shipped map does with cutouts in units of the noise: clip, arcsinh, scale from 0 to 1."""
    channel = ChannelRecipe(
        steps=("clip", "transfer", "minmax"),
        clip=ClipStep(level=1.0),
        transfer=TransferStep(function="asinh", softening=3.0, unit="image"),
    )
    return PreparationRecipe(channel=channel)


def _make_schedule() -> Schedule:
    return Schedule((
        Stage(2, "online", sigma=2.5, rate=0.1, rotations=48),
        Stage(6, "batch", sigma=1.5, sigma_end=0.6, rotations=48),
        Stage(2, "batch", sigma=0.5, rotations=92),
    ))  # fmt: skip


@dataclass(frozen=True)
class TrainRecipe:
    """Everything that decides the weights: fields, views, map, and how classes are learned from distances.

    ``images`` is the most sources that the map is trained on; ``methods`` are those tried for the classes.
    ``execution`` says where the fields are made, not what they are.
    """

    __pydantic_config__ = STRICT

    name: str = "galaxies"
    version: str = "1"
    seed: Annotated[int, Field(ge=0)] = 0
    fields: GalaxyFieldsRecipe = field(default_factory=GalaxyFieldsRecipe)
    extraction: ExtractionRecipe = field(default_factory=ExtractionRecipe)
    view: ViewRecipe = field(default_factory=ViewRecipe)
    preparation: PreparationRecipe = field(default_factory=_make_preparation)
    lattice: Lattice = field(default_factory=Lattice)
    geometry: GeometryRecipe = field(default_factory=lambda: GeometryRecipe(rotations=92, region="circular"))
    schedule: Schedule = field(default_factory=_make_schedule)
    images: Count = 12_000
    methods: Annotated[tuple[Method, ...], Field(min_length=1)] = ("logistic", "forest")
    split: MorphologySplit = field(default_factory=MorphologySplit)
    execution: ExecutionRecipe = field(default_factory=ExecutionRecipe)


@dataclass(frozen=True)
class EvaluateRecipe:
    """On what a model is judged: fields of another seed, looked at and labeled as in training.

    ``snr_edges`` are the edges of the bins of signal to noise in the report.
    """

    __pydantic_config__ = STRICT

    apply: ApplyRecipe = field(default_factory=ApplyRecipe)
    fields: GalaxyFieldsRecipe = field(default_factory=lambda: GalaxyFieldsRecipe(number=100, seed=1001))
    extraction: ExtractionRecipe = field(default_factory=ExtractionRecipe)
    snr_edges: Annotated[tuple[Positive, ...], Field(min_length=2)] = (20.0, 40.0, 80.0, 160.0, 1000.0)
    execution: ExecutionRecipe = field(default_factory=ExecutionRecipe)

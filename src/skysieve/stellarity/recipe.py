"""The three recipes of the capability: what it learns from, how it is applied, on what it is judged."""

from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import Field

from skysieve.config import STRICT
from skysieve.execution import ExecutionRecipe
from skysieve.extraction import ExtractionRecipe
from skysieve.training import Stage, TrainingRecipe

Positive = Annotated[float, Field(gt=0)]
Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=1)]
PriorKind = Literal["image", "training", "even"]
Rival = Literal["source-extractor"]


@dataclass(frozen=True)
class FieldsRecipe:
    """Simulated fields of many kinds, each drawn anew from these ranges.

    Parameters
    ----------
    number : int
        Fields.
    side : int
        Side of a field [pixel].
    surveys : tuple of str
        Whose pixels, noise and depth they have, in turn.
    seeing : tuple of float
        Range of the PSF's FWHM [arcsec], uniform in the logarithm.
    sampling : tuple of float
        Range of the same in pixels, to which the seeing is held.
    as_survey : float
        Share of fields that keep the survey's own PSF, as all do of a survey whose pixels sample no such seeing.
    stars : tuple of float
        Range of the number of stars in a field, uniform in the logarithm: from the pole to the plane.
    galaxies : tuple of float
        Range of the density of galaxies, times the mean, uniform in the logarithm.
    depth : tuple of float
        Range of the number of exposures, times the survey's, uniform in the logarithm.
    correlated : float
        Share of fields with correlated noise, as drizzling leaves it.
    seed : int
        Of all that is drawn; other seeds give other fields.
    """

    __pydantic_config__ = STRICT

    number: Count = 260
    side: Annotated[int, Field(ge=128)] = 800
    surveys: Annotated[tuple[str, ...], Field(min_length=1)] = ("Legacy", "SDSS", "HSC", "LSST", "Euclid", "HST")
    seeing: tuple[Positive, Positive] = (0.5, 3.0)
    sampling: tuple[Positive, Positive] = (1.8, 10.0)
    as_survey: Share = 0.3
    stars: tuple[Positive, Positive] = (50.0, 2000.0)
    galaxies: tuple[Positive, Positive] = (0.3, 2.0)
    depth: tuple[Positive, Positive] = (0.3, 3.0)
    correlated: Share = 0.3
    seed: Annotated[int, Field(ge=0)] = 1


@dataclass(frozen=True)
class SplitRecipe:
    """Shares of the fields that train the network, stop its training, calibrate it, and measure it."""

    __pydantic_config__ = STRICT

    train: Positive = 0.65
    validation: Positive = 0.1
    calibration: Positive = 0.15
    test: Positive = 0.1


@dataclass(frozen=True)
class TrainRecipe:
    """Everything that decides the weights.

    ``name`` and ``version`` go into the model card; ``hidden`` are the widths of the layers; ``extraction`` measures
    the fields; ``domain_size`` vectors stand for the training set, and a share ``domain_quantile`` of it lies inside.
    ``execution`` says where the fields are made, not what they are.
    """

    __pydantic_config__ = STRICT

    name: str = "stellarity"
    version: str = "1"
    seed: Annotated[int, Field(ge=0)] = 0
    hidden: tuple[Count, ...] = (64, 64, 32)
    fields: FieldsRecipe = field(default_factory=FieldsRecipe)
    extraction: ExtractionRecipe = field(default_factory=ExtractionRecipe)
    split: SplitRecipe = field(default_factory=SplitRecipe)
    training: TrainingRecipe = field(
        default_factory=lambda: TrainingRecipe(
            stages=(Stage(epochs=40, rates={"all": 2e-3}),), batch=512, weight_decay=1e-3, accelerator="cpu"
        )
    )
    domain_size: Count = 256
    domain_quantile: Annotated[float, Field(gt=0, lt=1)] = 0.995
    execution: ExecutionRecipe = field(default_factory=ExecutionRecipe)


@dataclass(frozen=True)
class ApplyRecipe:
    """How the verdicts of a catalog are made.

    Parameters
    ----------
    model : str
        Name of weights that ship with the package, or path of a .safetensors file.
    prior : {"image", "training", "even"}
        How common stars are beforehand: found from the sources of each image, as in all training fields together, or
        half of the sources at every brightness.
    least_sources : int
        With fewer bright sources (S/N 20) on an image its prior is that of the training fields.
    """

    __pydantic_config__ = STRICT

    model: str = "stellarity"
    prior: PriorKind = "image"
    least_sources: Count = 20


@dataclass(frozen=True)
class EvaluateRecipe:
    """On what a model is judged.

    Parameters
    ----------
    apply : ApplyRecipe
        The model and how it is applied.
    seeing_edges : tuple of float
        Edges of the bins of seeing [arcsec].
    fields_per_bin : int
        Simulated fields in each bin, the surveys in turn.
    fields_per_survey : int
        Fields with each survey's own PSF and depth, besides.
    fields : FieldsRecipe
        What else the fields are; seeing, number and surveys' shares are set by the bins. Take another seed than the
        training had.
    extraction : ExtractionRecipe
        Measures the fields.
    rivals : tuple of str
        Besides the column of our own extraction: ``source-extractor`` gives CLASS_STAR, where the program is installed.
    images : tuple of str
        Real images without truth; each is measured and shown.
    pairs : tuple of tuple of str
        Two images each of one field: how far do the verdicts agree?
    """

    __pydantic_config__ = STRICT

    apply: ApplyRecipe = field(default_factory=ApplyRecipe)
    seeing_edges: Annotated[tuple[Positive, ...], Field(min_length=2)] = (0.5, 0.7, 1.0, 1.5, 2.0, 3.0)
    fields_per_bin: Count = 12
    fields_per_survey: Annotated[int, Field(ge=0)] = 4
    fields: FieldsRecipe = field(default_factory=lambda: FieldsRecipe(seed=1001))
    extraction: ExtractionRecipe = field(default_factory=ExtractionRecipe)
    rivals: tuple[Rival, ...] = ("source-extractor",)
    images: tuple[str, ...] = ()
    pairs: tuple[tuple[str, str], ...] = ()
    execution: ExecutionRecipe = field(default_factory=ExecutionRecipe)

    @property
    def n_fields(self) -> int:
        """Simulated fields in all."""
        return self.fields_per_bin * (len(self.seeing_edges) - 1) + self.fields_per_survey * len(self.fields.surveys)

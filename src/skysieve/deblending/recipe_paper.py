"""How the published networks are built and trained, as a recipe."""

from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import Field

from skysieve.config import STRICT
from skysieve.deblending.recipe import StreamRecipe
from skysieve.deblending.recipe_galaxies import GalaxiesRecipe
from skysieve.training import Stage, TrainingRecipe

Count = Annotated[int, Field(ge=1)]
Positive = Annotated[float, Field(gt=0)]

UNIT = 28.3
"""The flux of the zeropoint 25.96 in units of the noise of a published blend: two stamps of 0.025 each."""


@dataclass(frozen=True)
class FluxPart:
    """A blend2flux network; see ``Blend2Flux`` for its numbers."""

    __pydantic_config__ = STRICT

    filters: Count = 256
    depth: Count = 5
    dense: Count | None = None
    hidden: Count = 2


@dataclass(frozen=True)
class MaskPart:
    """A U-Net; see ``UNet``. The published code's own numbers are depth 6, 64 filters, up 3 and dropout 0.3."""

    __pydantic_config__ = STRICT

    depth: Count = 5
    filters: Count = 32
    planes: Literal["pair", "overlap"] = "pair"
    up: Literal[2, 3] = 2
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0


FLUX_TRAINING = TrainingRecipe(
    stages=(Stage(epochs=200, rates={"all": 1e-4}, schedule="plateau", plateau_patience=5, plateau_factor=0.5),),
    batch=32, patience=10,
)  # fmt: skip
"""Adam until the validation's loss has not fallen for ten epochs, as the text has it; the published code waits twelve.

The rate, and that it is halved after five epochs, are the code's.
"""

MASK_TRAINING = TrainingRecipe(stages=(Stage(epochs=50, rates={"all": 1e-4}, schedule="constant"),), batch=32)

JOINT_TRAINING = TrainingRecipe(
    stages=(Stage(epochs=300, rates={"all": 3e-5}, schedule="plateau", plateau_patience=5, plateau_factor=0.5),),
    batch=32,
)  # fmt: skip
"""A few hundred epochs at a small rate, says the text; which rate, it does not say."""


@dataclass(frozen=True)
class PaperRecipe:
    """Everything that decides the weights of one of the published networks.

    Parameters
    ----------
    network : {"blend2flux", "unet", "blend2mask2flux"}
        Which one.
    flux : FluxPart
        The part that ends in fluxes. Of blend2mask2flux use 128 filters and three dense layers of 256, see
        ``Blend2Mask2Flux``.
    unet : MaskPart
        The part that makes masks.
    masks : {"probabilistic", "thresholded"}
        What the second part of blend2mask2flux is shown of the first.
    image_unit, flux_unit : float
        What the network counts pixels and fluxes in [noise of a pixel]. Fluxes are given and returned in units of the
        noise all the same; the default is the published unit, that of the zeropoint 25.96.
    flux_weight, mask_weight : float
        Of both losses when blend2mask2flux is trained as a whole. The text has 1 for the fluxes and 0.1 for the
        masks; the published code 0.1 and 1.
    stream : StreamRecipe
        What is learned from: pairs of galaxies that are all listed.
    draw : {"fixed", "fresh"}
        Whether an epoch has the same blends as the one before, as published, or new ones.
    held : int
        Blends for validation.
    share : float
        Of the number of galaxies that validation has; they are other ones than those of the training.
    seed : int
        Of the first weights and of the blends.
    training : TrainingRecipe
        Of blend2flux, or of the whole blend2mask2flux.
    mask_training : TrainingRecipe
        Of the U-Net alone.
    """

    __pydantic_config__ = STRICT

    network: Literal["blend2flux", "unet", "blend2mask2flux"] = "blend2flux"
    flux: FluxPart = field(default_factory=FluxPart)
    unet: MaskPart = field(default_factory=MaskPart)
    masks: Literal["probabilistic", "thresholded"] = "probabilistic"
    image_unit: Positive = UNIT
    flux_unit: Positive = UNIT
    flux_weight: Positive = 1.0
    mask_weight: Positive = 0.1
    stream: StreamRecipe = field(
        default_factory=lambda: StreamRecipe(GalaxiesRecipe(number=12_000), epoch=20_000)
    )  # fmt: skip
    draw: Literal["fixed", "fresh"] = "fixed"
    held: Count = 5000
    share: Annotated[float, Field(gt=0, le=1)] = 0.1
    seed: Annotated[int, Field(ge=0)] = 0
    training: TrainingRecipe = FLUX_TRAINING
    mask_training: TrainingRecipe = MASK_TRAINING

    def __post_init__(self) -> None:
        blends = self.stream.blends
        if blends.sources != (2, 2) or blends.merged or blends.missed:
            raise ValueError("stream.blends: the published networks know pairs; set sources to 2, merged, missed to 0")


BLEND2FLUX = PaperRecipe()
"""The fiducial network of the paper's Table 2."""

SMALL_BLEND2FLUX = PaperRecipe(flux=FluxPart(filters=64))
"""The smallest one of Table 2."""

BLEND2MASK2FLUX = PaperRecipe(
    network="blend2mask2flux", flux=FluxPart(filters=128, dense=256, hidden=3), training=JOINT_TRAINING
)  # fmt: skip
"""The network of masks and fluxes with 18.5 million weights."""

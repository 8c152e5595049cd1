"""How cutouts become images that a map can compare: ordered steps for each channel."""

from dataclasses import dataclass, field, fields
from typing import Annotated, Literal

from pydantic import Field

from skysieve.config import STRICT
from skysieve.morphology.noise import ClipMode
from skysieve.morphology.preprocessing import TransferFunction

StepName = Literal["background", "clip", "mask", "islands", "hull", "transfer", "minmax", "radial"]

Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]


@dataclass(frozen=True)
class BackgroundStep:
    """Subtract a constant: the level of the noise, or the median of the pixels."""

    __pydantic_config__ = STRICT

    level: Literal["noise", "median"] = "noise"


@dataclass(frozen=True)
class ClipStep:
    """Set what is fainter than a threshold to zero.

    The threshold is ``snr`` times the noise, measured with ``mode`` clipping in ``rounds`` rounds on the pixels that
    are not exactly zero (zero pads cutouts at the border of a mosaic); or ``level`` [image unit] where that is given.
    """

    __pydantic_config__ = STRICT

    snr: NotNegative = 2.0
    level: float | None = None
    mode: ClipMode = "mad"
    rounds: Annotated[int, Field(ge=0)] = 2


@dataclass(frozen=True)
class MaskStep:
    """Set what lies outside a central disk or square to zero; ``scale`` is its extent over the image's side."""

    __pydantic_config__ = STRICT

    shape: Literal["circle", "square"] = "circle"
    scale: Positive = 1.0


@dataclass(frozen=True)
class IslandsStep:
    """Keep islands of at least ``minimum_size`` connected pixels, above ``snr`` times the noise.

    ``keep`` says which: all, the one nearest to the middle of the image, or the one with the largest sum.
    """

    __pydantic_config__ = STRICT

    snr: NotNegative = 0.0
    minimum_size: Annotated[int, Field(ge=1)] = 5
    keep: Literal["all", "central", "largest"] = "all"


@dataclass(frozen=True)
class HullStep:
    """Set what lies outside a convex hull to zero.

    The hull is that of the finished channel ``of``, or of the channel itself where ``of`` is empty, around pixels
    above ``threshold``; smoothed by a Gaussian of ``sigma`` pixels and cut at ``level`` (less widens it).
    """

    __pydantic_config__ = STRICT

    of: str = ""
    threshold: float = 0.01
    sigma: NotNegative = 0.0
    level: Annotated[float, Field(gt=0, lt=1)] = 0.5


@dataclass(frozen=True)
class TransferStep:
    """Apply a transfer function; asinh turns at ``softening``, in units of the noise or of the image."""

    __pydantic_config__ = STRICT

    function: TransferFunction = "log"
    softening: Positive = 1.0
    unit: Literal["noise", "image"] = "noise"
    power: Positive = 0.5


@dataclass(frozen=True)
class MinmaxStep:
    """Scale what is left from 0 to 1: the image as a whole, or each of its islands."""

    __pydantic_config__ = STRICT

    each: Literal["image", "island"] = "image"


@dataclass(frozen=True)
class RadialStep:
    """Multiply with a Gaussian around the middle; ``sigma`` is its standard deviation over the image's side."""

    __pydantic_config__ = STRICT

    sigma: Positive = 0.25


@dataclass(frozen=True)
class ChannelRecipe:
    """The steps of one channel, in order; the other keys are the settings of each, under its name.

    Raises
    ------
    ValueError
        If a step occurs twice, settings are given for a step that is not taken, or islands are to be scaled before
        there are any.
    """

    __pydantic_config__ = STRICT

    steps: tuple[StepName, ...] = ("clip", "transfer", "minmax")
    background: BackgroundStep = field(default_factory=BackgroundStep)
    clip: ClipStep = field(default_factory=ClipStep)
    mask: MaskStep = field(default_factory=MaskStep)
    islands: IslandsStep = field(default_factory=IslandsStep)
    hull: HullStep = field(default_factory=HullStep)
    transfer: TransferStep = field(default_factory=TransferStep)
    minmax: MinmaxStep = field(default_factory=MinmaxStep)
    radial: RadialStep = field(default_factory=RadialStep)

    def __post_init__(self) -> None:
        if len(set(self.steps)) < len(self.steps):
            raise ValueError(f"steps = {list(self.steps)}: give each step once")
        for one in fields(self)[1:]:
            set_here = getattr(self, one.name)
            if one.name not in self.steps and set_here != type(set_here)():
                raise ValueError(f"{one.name} has settings but is none of the steps {list(self.steps)}; add it there")
        islands_first = "islands" in self.steps and self.steps.index("islands") < self.steps.index("minmax")
        if self.minmax.each == "island" and not islands_first:
            raise ValueError("minmax.each = island: add the step islands before minmax")


@dataclass(frozen=True)
class RescaleRecipe:
    """Resample cutouts so that all sources appear equally large, about their middle.

    Parameters
    ----------
    by : {"size", "redshift"}
        By ``size``, the source's size in ``column`` becomes ``target``, in the same unit. By ``redshift``, a pixel
        becomes as many kpc at the redshift in ``column`` as it is at the redshift ``target``.
    column : str
        Of the cutouts' rows.
    target : float
        Size, or redshift; positive.
    limit : float
        No source is enlarged or reduced more than this many times; at least 1.
    """

    __pydantic_config__ = STRICT

    by: Literal["size", "redshift"]
    column: str
    target: Positive
    limit: Annotated[float, Field(ge=1)] = 4.0


@dataclass(frozen=True)
class PreparationRecipe:
    """How cutouts become the images of a map; the default is that of the radio study of Vantyghem et al. (section 8).

    Parameters
    ----------
    channel : ChannelRecipe
        The steps of every channel that has none of its own.
    bands : mapping of str to ChannelRecipe
        The steps of single channels by the names of their bands; channels without names are "0", "1", ...
    rescale : RescaleRecipe, optional
        Resample before the first step.
    side : int, optional
        Side of the square that is cut out of the middle after the last step [pixel]; all of it by default.
    weights : tuple of float
        What each channel is multiplied with in the end; 1 by default.
    shares : tuple of float
        Measure the weights instead, so that the channels' median sums of pixels are in these proportions.
    bad_pixels : {"zero", "missing"}
        Whether bad pixels become zero or are missing (NaN), which the maps here know how to leave out and PINK does
        not.

    Raises
    ------
    ValueError
        If weights and shares are both given, or one of them is not positive.
    """

    __pydantic_config__ = STRICT

    channel: ChannelRecipe = field(default_factory=ChannelRecipe)
    bands: dict[str, ChannelRecipe] = field(default_factory=dict)
    rescale: RescaleRecipe | None = None
    side: Annotated[int, Field(ge=1)] | None = None
    weights: tuple[Positive, ...] = ()
    shares: tuple[Positive, ...] = ()
    bad_pixels: Literal["zero", "missing"] = "zero"

    def __post_init__(self) -> None:
        if self.weights and self.shares:
            raise ValueError("weights and shares are both given; keep one of them")
        if min((*self.weights, *self.shares), default=1.0) <= 0:
            raise ValueError(f"weights = {self.weights}, shares = {self.shares}: positive numbers are wanted")

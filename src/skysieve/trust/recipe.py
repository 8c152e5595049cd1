"""Settings of a trust report, under the names of its TOML recipe."""

from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import Field

from skysieve.chain import ChainRecipe
from skysieve.config import STRICT
from skysieve.extraction.recipe import Method

PositiveFloat = Annotated[float, Field(gt=0)]
PositiveInt = Annotated[int, Field(ge=1)]
Share = Annotated[float, Field(ge=0, le=1)]
Baseline = Literal["sep", "photutils", "source-extractor"]


@dataclass(frozen=True)
class InjectionRecipe:
    """Which sources are put into the image, and where.

    Parameters
    ----------
    count : int
        Sources injected into each image, in as many rounds as their distances ask for.
    placement : str
        ``"grid"`` (jittered), ``"random"`` (uniform), or ``"both"``, round by round in turn.
    separation : float
        Least distance between two injected sources [PSF FWHM], at least 32 pixels and four half-light radii of
        the largest.
    most_rounds : int
        Rounds after which an image has what it has; small images hold few sources a round.
    stars : float
        Share of point sources, 0 to 1.
    bright, faint : float
        Range of magnitudes, so many magnitudes brighter and fainter than the 5 sigma depth for a point source. The
        bright end is drawn in where a star would reach ``saturation_share`` of the saturation level.
    slope : float
        Counts rise as 10^(slope m); 0 puts as many sources at each magnitude.
    sizes : tuple of float
        Range of half-light radii of galaxies along the major axis, uniform in the logarithm [``size_unit``].
    size_unit : str
        ``"fwhm"`` (of the PSF), ``"pixel"`` or ``"arcsec"``.
    sersic, axis_ratio : tuple of float
        Ranges of the Sersic index (uniform in the logarithm) and of the axis ratio (uniform) of galaxies.
    colors : mapping of str to float
        Magnitude in a band minus magnitude in the reference band; 0 where a band is not named.
    saturation_share : float
        Brightest pixel of the brightest injected star, in units of the saturation level.
    """

    __pydantic_config__ = STRICT
    count: PositiveInt = 5000
    placement: Literal["grid", "random", "both"] = "both"
    separation: PositiveFloat = 12.0
    most_rounds: PositiveInt = 200
    stars: Share = 0.5
    bright: PositiveFloat = 5.0
    faint: PositiveFloat = 2.0
    slope: Annotated[float, Field(ge=0, le=1)] = 0.0
    sizes: tuple[PositiveFloat, PositiveFloat] = (0.3, 1.5)
    size_unit: Literal["fwhm", "pixel", "arcsec"] = "fwhm"
    sersic: tuple[PositiveFloat, PositiveFloat] = (0.8, 4.0)
    axis_ratio: tuple[PositiveFloat, PositiveFloat] = (0.3, 1.0)
    colors: dict[str, float] = field(default_factory=dict)
    saturation_share: PositiveFloat = 0.5

    def __post_init__(self) -> None:
        for name, (low, high) in {"sizes": self.sizes, "sersic": self.sersic, "axis_ratio": self.axis_ratio}.items():
            if low > high:
                raise ValueError(f"injection: {name} = [{low:g}, {high:g}]; write the smaller number first")
        if self.axis_ratio[1] > 1 or self.sersic[0] < 0.5 or self.sersic[1] > 6:
            raise ValueError("injection: axis_ratio ends at 1 and sersic lies between 0.5 and 6")


@dataclass(frozen=True)
class MatchingRecipe:
    """When a detection counts as an injected source.

    Parameters
    ----------
    radius : float
        Largest distance, in units of hypot(PSF FWHM, 2 half-light radii).
    least : float
        The radius is never smaller than this [pixel].
    old_share : float
        A detection of which the original image held this share of the flux already is a blend, not a recovery.
    isolated : float
        An isolated source has no source of the original image in its Kron aperture, and no other aperture within this
        many PSF FWHM of it.
    """

    __pydantic_config__ = STRICT
    radius: PositiveFloat = 0.5
    least: PositiveFloat = 1.5
    old_share: Share = 0.5
    isolated: Annotated[float, Field(ge=0)] = 0.0


@dataclass(frozen=True)
class BinningRecipe:
    """Bins of the report: ``width`` [mag] at least, merged until they hold ``least`` objects where there are enough."""

    __pydantic_config__ = STRICT
    width: PositiveFloat = 0.5
    least: PositiveInt = 300


@dataclass(frozen=True)
class TrustRecipe:
    """Sections of ``trust.toml``.

    Parameters
    ----------
    baselines : tuple of str
        Methods that are measured beside the chain's own on the same pixels.
    photutils_share : float
        Share of the rounds on which photutils runs (at least one); it is some twenty times slower.
    injection, matching, binning
        See there.
    chain : ChainRecipe
        The run whose trust is measured; its seed feeds the injections too.
    """

    __pydantic_config__ = STRICT
    baselines: tuple[Baseline, ...] = ("sep", "photutils")
    photutils_share: Annotated[float, Field(gt=0, le=1)] = 0.2
    injection: InjectionRecipe = field(default_factory=InjectionRecipe)
    matching: MatchingRecipe = field(default_factory=MatchingRecipe)
    binning: BinningRecipe = field(default_factory=BinningRecipe)
    chain: ChainRecipe = field(default_factory=ChainRecipe)

    @property
    def methods(self) -> tuple[Method, ...]:
        """The chain's method, then the baselines that differ from it."""
        return tuple(dict.fromkeys((self.chain.extraction.method, *self.baselines)))

"""What a simulated radio sky is made of: an interferometer, radio sources, and infrared galaxies that may host them."""

from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field

from skysieve.config import STRICT

Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]

Pattern = Literal["six_armed", "annular"]
"""Sidelobes of a snapshot with a Y-shaped array, or rings around every source."""


@dataclass(frozen=True)
class BeamRecipe:
    """The interferometer's response.

    Sidelobes are those of the dirty beam out to ``reach`` [arcsec], of which the share ``residual`` is left in the
    map: 0 is perfect deconvolution, 1 none at all. ``fwhm`` [arcsec] is the width of the clean beam.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    fwhm: Positive = 5.4
    pattern: Pattern = "six_armed"
    residual: Share = 0.01
    reach: Positive = 110.0


@dataclass(frozen=True)
class RadioPopulation:
    """Radio sources: how many, how bright, how large.

    ``density`` [1/deg2] counts all; the shares are those of doubles (two lobes), triples (a core between two lobes) and
    bent ones (a core, lobes swept to one side), the rest are single. Total fluxes follow N(>S) ~ S^-``slope`` from
    ``flux_min`` (``flux_min_extended`` for sources with lobes) to ``flux_max`` [mJy]. Largest angular sizes are
    log-normal about ``size`` [arcsec] with the width ``size_scatter`` [e-folds], from ``size_min`` to ``size_max``.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    density: Positive = 80.0
    doubles: Share = 0.2
    triples: Share = 0.1
    bent: Share = 0.05
    flux_min: Positive = 1.0
    flux_min_extended: Positive = 6.0
    flux_max: Positive = 1000.0
    slope: Positive = 0.9
    size: Positive = 24.0
    size_scatter: NotNegative = 0.4
    size_min: Positive = 12.0
    size_max: Positive = 60.0

    def __post_init__(self) -> None:
        if self.doubles + self.triples + self.bent > 1:
            raise ValueError("doubles + triples + bent: more than 1; the rest are single sources")
        if self.size_min >= self.size_max or max(self.flux_min, self.flux_min_extended) >= self.flux_max:
            raise ValueError("size_max and flux_max: wanted above the least size and flux")


@dataclass(frozen=True)
class InfraredRecipe:
    """Infrared galaxies: those that host a radio source, and all the others.

    ``density`` [1/deg2] of unrelated ones down to ``depth`` [mag], N(<m) ~ 10^(``count_slope`` m). Hosts have the
    magnitudes ``host_mag`` +- ``host_scatter``; the share ``host_missing`` is too faint to be seen. ``noise`` [image
    unit a pixel] refers to a source of magnitude ``depth``, which peaks at 5 in the map.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    density: NotNegative = 12000.0
    depth: float = 17.0
    count_slope: Positive = 0.35
    host_mag: float = 15.2
    host_scatter: NotNegative = 0.8
    host_missing: Share = 0.08
    fwhm: Positive = 6.1
    noise: Positive = 1.0


@dataclass(frozen=True)
class RadioSkyRecipe:
    """One square map of the sky in two channels.

    ``side`` [pixel], ``pixel_scale`` [arcsec], ``noise`` [mJy/beam], ``threshold`` of the component finder [sigma].
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    side: Annotated[int, Field(ge=64)] = 2000
    pixel_scale: Positive = 1.8
    ra: float = 180.0
    dec: Annotated[float, Field(ge=-89, le=89)] = 30.0
    noise: Positive = 0.15
    threshold: Positive = 5.0
    beam: BeamRecipe = field(default_factory=BeamRecipe)
    sources: RadioPopulation = field(default_factory=RadioPopulation)
    infrared: InfraredRecipe = field(default_factory=InfraredRecipe)

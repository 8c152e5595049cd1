"""Settings of source extraction, under the names of its TOML recipe."""

from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import Field

from skysieve.config import STRICT

PositiveFloat = Annotated[float, Field(gt=0)]
PositiveInt = Annotated[int, Field(ge=1)]
Method = Literal["skysieve", "source-extractor", "sep", "photutils"]


@dataclass(frozen=True)
class BackgroundRecipe:
    """Background mesh: ``mesh`` [pixel] is the cell size, ``filter`` [cell] the width of the median filter.

    With ``second_look`` background, noise and the noise of sums are measured again between the sources found; without,
    fluxes and errors are those of one pass and of independent pixels, as SExtractor has them.
    """

    __pydantic_config__ = STRICT
    mesh: Annotated[int, Field(ge=8)] = 64
    filter: PositiveInt = 3
    second_look: bool = True


@dataclass(frozen=True)
class DetectionRecipe:
    """What counts as a source.

    ``threshold`` [background noise], ``min_area`` [pixel], ``smoothing`` [pixel FWHM of the detection kernel; 0 is
    none, 2 SExtractor's default 3x3 kernel], ``levels`` and ``contrast`` of the deblending tree, ``clean`` the Moffat
    index of the wings from which spurious detections are cleaned (0 for no cleaning).
    """

    __pydantic_config__ = STRICT
    threshold: PositiveFloat = 1.5
    min_area: PositiveInt = 5
    smoothing: Annotated[float, Field(ge=0)] = 2.0
    levels: Annotated[int, Field(ge=2, le=64)] = 32
    contrast: Annotated[float, Field(ge=0, le=1)] = 0.005
    clean: Annotated[float, Field(ge=0, le=10)] = 1.0


@dataclass(frozen=True)
class PhotometryRecipe:
    """Apertures: Kron ellipse of ``kron_factor`` radii but at least ``kron_minimum`` semi-axes; circles [pixel].

    ``positions`` are ``windowed`` (SExtractor's XWIN_IMAGE where a source is not blended) or ``isophotal`` (X_IMAGE).
    """

    __pydantic_config__ = STRICT
    positions: Literal["windowed", "isophotal"] = "windowed"
    kron_factor: PositiveFloat = 2.5
    kron_minimum: PositiveFloat = 3.5
    diameters: tuple[PositiveFloat, ...] = (5.0, 10.0, 20.0)


@dataclass(frozen=True)
class PsfRecipe:
    """PSF model: stamp ``size`` [pixel, one more where even], polynomial ``degree`` over the field, stars to use."""

    __pydantic_config__ = STRICT
    size: Annotated[int, Field(ge=9)] = 25
    degree: Annotated[int, Field(ge=0, le=3)] = 2
    min_stars: PositiveInt = 5
    max_stars: PositiveInt = 400
    min_snr: PositiveFloat = 20.0


COLD = DetectionRecipe(threshold=5.0, min_area=10, levels=64, contrast=0.01)
HOT = DetectionRecipe(threshold=4.0, min_area=6, levels=64, contrast=0.0001)


@dataclass(frozen=True)
class ExtractionRecipe:
    """Everything that decides a catalog.

    ``method`` is the engine; ``mode`` ``"single"`` runs ``detection``, ``"hot_cold"`` runs ``cold`` and adds what
    ``hot`` finds outside it (defaults from Boucaud et al. 2020, Table 3). Images larger than ``tile`` [pixel] a side
    are searched in tiles that overlap by ``halo`` [pixel] on every side.
    """

    __pydantic_config__ = STRICT
    method: Method = "skysieve"
    mode: Literal["single", "hot_cold"] = "single"
    tile: Annotated[int, Field(ge=64)] = 6144
    halo: Annotated[int, Field(ge=16)] = 384
    background: BackgroundRecipe = field(default_factory=BackgroundRecipe)
    detection: DetectionRecipe = field(default_factory=DetectionRecipe)
    hot: DetectionRecipe = HOT
    cold: DetectionRecipe = COLD
    photometry: PhotometryRecipe = field(default_factory=PhotometryRecipe)
    psf: PsfRecipe = field(default_factory=PsfRecipe)

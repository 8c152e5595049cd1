"""What one exposure of a mosaic camera consists of."""

from dataclasses import dataclass, field, replace
from typing import Annotated

from pydantic import Field

from skysieve.config import STRICT
from skysieve.simulate.faults import FaultRecipe
from skysieve.simulate.galaxies import GalaxyRecipe
from skysieve.simulate.recipe import CameraRecipe, SceneRecipe, SkyRecipe, choose_bands
from skysieve.simulate.skies import Window
from skysieve.simulate.stars import StarRecipe
from skysieve.simulate.surveys import Survey


@dataclass(frozen=True)
class ExposureRecipe:
    """One exposure of a mosaic camera.

    Parameters
    ----------
    survey : str
        Whose pixels, PSF, sky and readout the camera has.
    band : str, optional
        By default the survey's reference band.
    layout : tuple of int
        Rows and columns of detectors: (4, 9) for 36 CCDs.
    shape : tuple of int
        Rows and columns of a detector [pixel].
    gap : int
        Between detectors [pixel].
    pixel_scale : float, optional
        Side of a pixel [arcsec]; by default the survey's.
    exptime : float
        [s]
    vignetting : float
        Share of light lost in the corners of the focal plane.
    ra, dec : float
        Center of the first detector [deg].
    galaxies, stars, camera
        As in a scene.
    faults : FaultRecipe
        What goes wrong.
    """

    __pydantic_config__ = STRICT

    survey: str = "Legacy"
    band: str | None = None
    layout: tuple[Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1)]] = (1, 1)
    shape: tuple[Annotated[int, Field(ge=64)], Annotated[int, Field(ge=64)]] = (512, 512)
    gap: Annotated[int, Field(ge=0)] = 30
    pixel_scale: Annotated[float, Field(gt=0)] | None = None
    exptime: Annotated[float, Field(gt=0)] = 100.0
    vignetting: Annotated[float, Field(ge=0, lt=1)] = 0.05
    ra: Annotated[float, Field(ge=0, le=360)] = 150.0
    dec: Annotated[float, Field(gt=-89, lt=89)] = 2.2
    galaxies: GalaxyRecipe = field(default_factory=GalaxyRecipe)
    stars: StarRecipe = field(default_factory=StarRecipe)
    camera: CameraRecipe = field(default_factory=lambda: CameraRecipe(cosmic_rays=5))
    faults: FaultRecipe = field(default_factory=FaultRecipe)

    @property
    def n_detectors(self) -> int:
        """Detectors of the mosaic."""
        return self.layout[0] * self.layout[1]


def make_window(recipe: ExposureRecipe, number: int) -> Window:
    """Return where a detector lies on the focal plane."""
    row, column = divmod(number, recipe.layout[1])
    rows, columns = recipe.shape
    scale = 1 / max(recipe.layout[0] * (rows + recipe.gap), recipe.layout[1] * (columns + recipe.gap))
    return Window(column * (columns + recipe.gap) * scale, row * (rows + recipe.gap) * scale, scale, recipe.shape)


def make_focal_plane(recipe: ExposureRecipe, points: int) -> Window:
    """Return the whole focal plane as a window with so many points along its longer side."""
    rows, columns = (number * (side + recipe.gap) for number, side in zip(recipe.layout, recipe.shape, strict=True))
    longest = max(rows, columns)
    return Window(0.0, 0.0, 1 / points, (max(1, points * rows // longest), max(1, points * columns // longest)))


def make_scene_recipe(recipe: ExposureRecipe, survey: Survey, shape: tuple[int, int]) -> SceneRecipe:
    """Return the scene that a detector sees, through the seeing alone."""
    plain = SceneRecipe(
        survey=recipe.survey, bands=[] if recipe.band is None else [recipe.band], shape=shape, exposures=1,
        pixel_scale=recipe.pixel_scale,
        ra=recipe.ra, dec=recipe.dec, galaxies=recipe.galaxies, stars=recipe.stars, camera=recipe.camera,
        sky=SkyRecipe(gradient=0.0),
    )  # fmt: skip
    seeing = survey.bands[choose_bands(plain, survey)[0]].seeing
    return replace(plain, seeing=seeing * recipe.faults.seeing)

"""What a person may say about the inputs that the headers do not, or say wrongly."""

from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import Field

from skysieve.config import STRICT


@dataclass(frozen=True)
class InputRecipe:
    """Overrides of what the headers say, for every image of a run.

    Parameters
    ----------
    zeropoint : float, optional
        AB magnitude of one image unit [mag].
    zeropoints : mapping of str to float
        The same for single bands by name; they win over ``zeropoint``.
    gain : float, optional
        Electrons an image unit [electron per image unit].
    exptime : float, optional
        Exposure time [s].
    saturation : float, optional
        Level from which a pixel is saturated [image unit].
    weight_kind : {"ivar", "variance", "rms"}
        What the files given as weights hold; planes found inside a file say so by their names.
    bad_bits : int, optional
        Bits of an integer mask that mean bad; None takes every pixel that is not zero (in JWST and LSST masks, which
        also mark good pixels: the bits that those projects call bad).
    reference_band : str, optional
        Band whose fluxes fill the unsuffixed columns; None takes the first.
    extensions : list of int, optional
        Extensions (HDU numbers) to read of every FITS file that carries no selection of its own; None takes all.
    """

    __pydantic_config__ = STRICT

    zeropoint: float | None = None
    zeropoints: dict[str, float] = field(default_factory=dict)
    gain: Annotated[float, Field(gt=0)] | None = None
    exptime: Annotated[float, Field(gt=0)] | None = None
    saturation: float | None = None
    weight_kind: Literal["ivar", "variance", "rms"] = "ivar"
    bad_bits: Annotated[int, Field(ge=1)] | None = None
    reference_band: str | None = None
    extensions: list[Annotated[int, Field(ge=0)]] | None = None

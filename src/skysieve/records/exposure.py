"""What one detector image is: where its pixels lie, and the pixels with all that is known of them."""

import math
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from astropy.wcs import WCS
from jaxtyping import Bool, Float

from skysieve.records.flags import ImageFlag


@dataclass(frozen=True)
class PixelAddress:
    """Where a two-dimensional plane of pixels lies on disk.

    ``hdu`` is the 0-based extension of a FITS file, ``plane`` the channel of a cube or of a color picture (None for
    a plain image).
    """

    path: Path
    hdu: int = 0
    plane: int | None = None

    def __str__(self) -> str:
        plane = "" if self.plane is None else f", plane {self.plane}"
        return f"{self.path.name}[{self.hdu}{plane}]"


@dataclass(frozen=True)
class BandAddress:
    """One band of a detector: its image and, where there are, its mask and weight (or variance) planes.

    ``weight_kind`` says what the weight plane holds: ``"ivar"`` (inverse variance), ``"variance"`` or ``"rms"``.
    """

    name: str
    image: PixelAddress
    mask: PixelAddress | None = None
    weight: PixelAddress | None = None
    weight_kind: str = "ivar"


@dataclass(frozen=True)
class DetectorAddress:
    """One item of a run: one detector of one exposure in all its bands, before any pixel is read.

    ``label`` is unique in a run and ends up in the column ``image``; ``stem`` is the file name that products get;
    ``extension`` is None for a plain image, else the FITS extension number as text; ``shape`` is (y, x) [pixel].
    """

    label: str
    stem: str
    extension: str | None
    bands: tuple[BandAddress, ...]
    shape: tuple[int, int]
    flags: ImageFlag = field(default=ImageFlag(0))
    messages: tuple[str, ...] = ()


@dataclass(frozen=True)
class Calibration:
    """What is known of a band's numbers; NaN or "" where nothing is.

    ``unit`` is the image's BUNIT, ``zeropoint`` [mag] the AB magnitude of one unit of flux (of one image unit),
    ``gain`` [electron per image unit], ``exptime`` [s], ``saturation`` [image unit].
    """

    unit: str = ""
    zeropoint: float = math.nan
    gain: float = math.nan
    exptime: float = math.nan
    saturation: float = math.nan


@dataclass(frozen=True)
class Band:
    """Pixels of one band: finite float32 in native byte order, with the bad ones set to zero and marked.

    ``variance`` [image unit squared] is the background variance of each pixel where a weight plane gave it, else
    None; bad pixels have variance zero there.
    """

    name: str
    data: Float[np.ndarray, "y x"]
    bad: Bool[np.ndarray, "y x"]
    variance: Float[np.ndarray, "y x"] | None = None
    calibration: Calibration = field(default_factory=Calibration)


@dataclass(frozen=True)
class Detector:
    """One detector image in memory: bands on one pixel grid, its world coordinates, what was wrong with it.

    ``bands`` all have the same shape; ``wcs`` is celestial and two-dimensional, or None; ``reference`` is the index
    of the band whose fluxes fill the unsuffixed columns.
    """

    label: str
    bands: tuple[Band, ...]
    wcs: WCS | None = None
    flags: ImageFlag = field(default=ImageFlag(0))
    messages: tuple[str, ...] = ()
    reference: int = 0

    @property
    def shape(self) -> tuple[int, int]:
        """Number of rows and columns [pixel]."""
        rows, columns = self.bands[0].data.shape
        return rows, columns

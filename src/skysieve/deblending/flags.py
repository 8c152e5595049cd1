"""What may be amiss with a deblended source."""

from collections.abc import Mapping
from enum import IntFlag
from types import MappingProxyType


class DeblendFlag(IntFlag):
    """Bits of the column ``flags`` of deblended fluxes; see ``DEBLEND_FLAG_SENTENCES``."""

    OFF_IMAGE = 1
    NO_POSITION = 2
    BAD_CENTER = 4
    BAD_PIXELS = 8
    EDGE = 16
    SAME_PIXEL = 32
    GUESSED_PSF = 64
    LARGE_GROUP = 128
    NO_IMAGE = 256
    OVERRULED = 32768


DEBLEND_FLAG_SENTENCES: Mapping[DeblendFlag, str] = MappingProxyType(
    {
        DeblendFlag.OFF_IMAGE: "the position lies outside of the image; there is no flux",
        DeblendFlag.NO_POSITION: "the position is not a number; there is no flux",
        DeblendFlag.BAD_CENTER: "the pixel at the position is bad (NaN, infinite or masked)",
        DeblendFlag.BAD_PIXELS: "a pixel within a PSF width of the position is bad; bad pixels count as empty sky",
        DeblendFlag.EDGE: "the image ends within two PSF widths of the position",
        DeblendFlag.SAME_PIXEL: "another listed source has its center on the same pixel; they share its light evenly",
        DeblendFlag.GUESSED_PSF: "the PSF is unknown; a round one of 3 pixels FWHM was taken",
        DeblendFlag.LARGE_GROUP: "the group is too large for one window; far members were left out of this one's",
        DeblendFlag.NO_IMAGE: "the image could not be measured; there is no flux",
        DeblendFlag.OVERRULED: "a value was replaced by the user",
    }
)

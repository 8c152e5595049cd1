"""What was wrong with an exposure as it came in, and which cuts it fails: two dictionaries of bits."""

from enum import IntFlag


class ExposureFlag(IntFlag):
    """Bits of the column ``flags`` of verdicts; each has its sentence in ``EXPOSURE_FLAG_SENTENCES``."""

    UNREADABLE = 1
    OUT_OF_DOMAIN = 2
    DEAD_DETECTORS = 4
    FEW_SOURCES = 8
    NO_EXPTIME = 16
    DUPLICATE_DETECTORS = 32
    GUESSED_SEEING = 64
    NO_USUAL_SKY = 128
    NO_ZEROPOINT = 256
    PEDESTAL = 512
    MISSING_DETECTORS = 1024
    SWAPPED_DETECTORS = 2048
    DUPLICATE_NAMES = 4096
    NO_PIXELS = 8192
    BAD_EXPTIME = 16384
    OVERRULED = 32768
    UNKNOWN_CAMERA = 65536
    NO_LAYOUT = 131072
    OTHER_LAYOUT = 262144
    FAILED = 524288


EXPOSURE_FLAG_SENTENCES: dict[ExposureFlag, str] = {
    ExposureFlag.UNREADABLE: "a detector, or the whole exposure, could not be read; the message says which",
    ExposureFlag.OUT_OF_DOMAIN: "unlike anything the judge was trained on: its probabilities need not hold",
    ExposureFlag.DEAD_DETECTORS: "some detectors hold no light",
    ExposureFlag.FEW_SOURCES: "fewer than five usable sources on the usual detector",
    ExposureFlag.NO_EXPTIME: "no exposure time known, or one that is not positive",
    ExposureFlag.DUPLICATE_DETECTORS: "two detectors hold the same pixels",
    ExposureFlag.GUESSED_SEEING: "the camera's usual seeing was guessed; give it",
    ExposureFlag.NO_USUAL_SKY: "the camera's usual sky is not known: bright skies are judged by their structure alone",
    ExposureFlag.NO_ZEROPOINT: "no measured or no usual zeropoint is known: clouds are judged by their structure alone",
    ExposureFlag.PEDESTAL: "the sky is too bright for its noise: not bias-subtracted, or a wrong gain in the header",
    ExposureFlag.MISSING_DETECTORS: "detectors are missing that the camera's other exposures have",
    ExposureFlag.SWAPPED_DETECTORS: "by its header a detector is elsewhere than in the camera's other exposures",
    ExposureFlag.DUPLICATE_NAMES: "two detectors have the same name",
    ExposureFlag.NO_PIXELS: "a detector has no usable pixel: all are NaN, blank or masked",
    ExposureFlag.BAD_EXPTIME: "the header's exposure time is not a positive number",
    ExposureFlag.OVERRULED: "a person overruled the verdict or the cause",
    ExposureFlag.UNKNOWN_CAMERA: "the recipe says nothing of this camera: what is usual for it was found or guessed",
    ExposureFlag.NO_LAYOUT: "too few exposures of the camera to know its layout: its mosaic was not checked",
    ExposureFlag.OTHER_LAYOUT: "a detector that the camera's other exposures lack, or have in another shape",
    ExposureFlag.FAILED: "judging failed on this exposure; the message says where",
}


class CutFlag(IntFlag):
    """Bits of the column ``cuts``: which of the camera's cuts an exposure fails."""

    SEEING = 1
    ELLIPTICITY = 2
    SKY = 4
    TRANSPARENCY = 8
    SOURCES = 16
    DEAD = 32
    ZEROPOINT = 64
    ASTROMETRY = 128

"""An exposure put together of its detectors: what was seen of each, and what is odd about them as a whole."""

from collections.abc import Sequence
from dataclasses import replace

from skysieve.quality.cameras import Camera
from skysieve.quality.census import Census
from skysieve.quality.exposures import Glimpse, Seen, gather_glimpses
from skysieve.quality.flags import ExposureFlag
from skysieve.quality.mosaic import check_mosaic
from skysieve.records import DetectorAddress


def gather_exposure(
    name: str, addresses: Sequence[DetectorAddress], glimpses: Sequence[Glimpse], *, census: Census, camera: Camera
) -> Seen:
    """Put the detectors of one exposure together and compare them with what is known of the camera.

    Parameters
    ----------
    name : str
        Of the exposure.
    addresses, glimpses : sequence
        Its detectors, and what was seen of each.
    census : Census
        What its headers say.
    camera : Camera
        What it is judged by.

    Returns
    -------
    Seen
        With the flags and sentences of a mosaic that is not whole or in order, and UNKNOWN_CAMERA.
    """
    seen = gather_glimpses(name, addresses, glimpses)
    flags, messages = check_mosaic(census, camera.layout, name=name)
    if census.places and not camera.known:
        flags |= ExposureFlag.UNKNOWN_CAMERA
    return replace(seen, flags=seen.flags | flags, messages=(*seen.messages, *messages), scatter=census.scatter)

"""What image planes a file holds, from its headers alone."""

from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

from skysieve.io.exposures.hdus import Hdu, scan_hdus
from skysieve.io.exposures.headers import find_text, parse_number
from skysieve.io.exposures.rasters import inspect_picture
from skysieve.io.exposures.roles import name_band, name_planes
from skysieve.io.exposures.streams import DAMAGE, recognize_file
from skysieve.records import ImageFlag

MOST_PLANES = 16
"""A cube of more planes is a spectrum, not a picture in several bands."""


NO_FLAG = ImageFlag(0)


@dataclass(frozen=True)
class Frame:
    """One image of a file: its extension, its shape, and the names of its bands.

    ``shape`` is (y, x); ``bands`` has one name for a plain image and one a plane for a cube (``cube`` True). A frame
    that cannot be used carries its reason in ``problem``, a clause without the label, and flags that say so.
    """

    hdu: int
    shape: tuple[int, int] = (0, 0)
    bands: tuple[str, ...] = ("",)
    cube: bool = False
    extname: str = ""
    extver: int = 1
    flags: ImageFlag = NO_FLAG
    problem: str = ""


def inspect_file(path: Path) -> tuple[Frame, ...]:
    """List the images of a file; never raises.

    Returns
    -------
    tuple of Frame
        At least one. Tables, empty units and one-dimensional images are left out; a file that cannot be read, or
        holds no image, is a single frame with a ``problem``.
    """
    try:
        if recognize_file(path) == "picture":
            return (_inspect_picture(path),)
        units = scan_hdus(path)
    except ValueError as error:
        return (refuse_frame(str(error)),)
    except DAMAGE as error:
        return (refuse_frame(f"cannot be read ({error}); fetch the file again"),)
    frames = [frame for hdu in units if (frame := _inspect_hdu(hdu, units[0]))]
    if not frames:
        return (refuse_frame("holds no image of two dimensions; give a file with one"),)
    return _mark_duplicates(frames)


def refuse_frame(problem: str, hdu: int = 0, flag: ImageFlag = ImageFlag.UNREADABLE) -> Frame:
    """Return a frame that stands for an image that cannot be used."""
    return Frame(hdu, flags=flag, problem=problem)


def _inspect_picture(path: Path) -> Frame:
    shape = inspect_picture(path)
    cube = len(shape) == 3
    return Frame(0, (shape[-2], shape[-1]), ("R", "G", "B") if cube else ("",), cube=cube)


def _inspect_hdu(hdu: Hdu, primary: Hdu) -> Frame | None:
    """Describe one unit; None where it holds no image."""
    extname = find_text([hdu.header], ("EXTNAME",)).upper()
    version = parse_number(hdu.header.get("EXTVER", 1))
    named = Frame(hdu.index, extname=extname, extver=int(version) if abs(version) < 1e9 else 1)
    if hdu.problem:
        return replace(named, flags=ImageFlag.UNREADABLE, problem=hdu.problem)
    if not hdu.complete:
        problem = "the file ends before its pixels do; fetch the file again"
        return replace(named, flags=ImageFlag.TRUNCATED, problem=problem) if _may_be_image(hdu) else None
    if not hdu.shape:
        return None
    headers = [hdu.header, primary.header]
    if len(hdu.shape) > 3 or (len(hdu.shape) == 3 and hdu.shape[0] > MOST_PLANES):
        size = " x ".join(str(length) for length in reversed(hdu.shape))
        problem = f"is a cube of {size}; give a plain image, or a cube of at most {MOST_PLANES} bands"
        return replace(named, flags=ImageFlag.UNREADABLE, problem=problem)
    shape = hdu.shape[-2], hdu.shape[-1]
    if len(hdu.shape) == 3:
        return replace(named, shape=shape, bands=name_planes(headers, hdu.shape[0]), cube=True)
    return replace(named, shape=shape, bands=(name_band(headers),))


def _may_be_image(hdu: Hdu) -> bool:
    """Tell whether a cut unit could have been an image: its header does not say that it is something else."""
    kind = str(hdu.header.get("XTENSION", "IMAGE")).strip()
    one_axis = parse_number(hdu.header.get("NAXIS")) == 1
    return kind in {"IMAGE", "IUEIMAGE"} and not one_axis if not hdu.tiled else True


def _mark_duplicates(frames: list[Frame]) -> tuple[Frame, ...]:
    """Flag the frames whose EXTNAME and EXTVER another frame has, too."""
    names = Counter((frame.extname, frame.extver) for frame in frames if frame.extname)
    twice = ImageFlag.DUPLICATE_EXTNAME
    return tuple(
        replace(frame, flags=frame.flags | twice) if names[frame.extname, frame.extver] > 1 else frame
        for frame in frames
    )

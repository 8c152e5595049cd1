"""Masks and weights find the image they belong to."""

from collections.abc import Sequence
from pathlib import Path

from skysieve.io.exposures.frames import Frame, refuse_frame
from skysieve.io.exposures.roles import Role, find_role, strip_role
from skysieve.io.exposures.sources import Source
from skysieve.records import PixelAddress

WEIGHTS: tuple[Role, ...] = ("variance", "rms", "ivar")


def choose_frames(frames: Sequence[Frame], selection: str, extensions: Sequence[int] | None) -> list[Frame]:
    """Choose the frames to measure: those selected, else every one that is not another's mask or weight."""
    if len(frames) == 1 and frames[0].problem and not frames[0].extname:
        return list(frames)
    if selection:
        return _select(frames, selection)
    if extensions is not None:
        return [frame for number in dict.fromkeys(extensions) for frame in _select(frames, str(number))]
    return [frame for frame in frames if find_role(frame.extname) == "science"] or list(frames)


def find_companion(frames: Sequence[Frame], image: Frame, role: Role) -> Frame | None:
    """Find the plane of one role in the image's own file: by name and EXTVER, else the next one after the image.

    Returns
    -------
    Frame or None
        One of the image's shape, or one that the file's end cuts off; None where there is none.
    """
    fitting = [f for f in frames if find_role(f.extname) == role and f is not image]
    fitting = [f for f in fitting if f.problem or (f.shape == image.shape and len(f.bands) in {1, len(image.bands)})]
    key = strip_role(image.extname), image.extver
    named = [frame for frame in fitting if (strip_role(frame.extname), frame.extver) == key]
    later = [f.hdu for f in frames if f.hdu > image.hdu and find_role(f.extname) == "science"]
    alone = all(frame is image or find_role(frame.extname) != "science" for frame in frames)
    near = [frame for frame in fitting if alone or image.hdu < frame.hdu < min(later, default=10**9)]
    twins = [f for f in frames if find_role(f.extname) == "science" and (strip_role(f.extname), f.extver) == key]
    return next(iter([*(named if len(twins) <= 1 else []), *near]), None)


def match_companion(frames: Sequence[Frame], source: Source, image: Frame, *, kind: str) -> Frame:
    """Find the plane of a mask or weight file that belongs to an image.

    Parameters
    ----------
    frames : sequence of Frame
        What the file holds.
    source : Source
        The file, perhaps with a selection.
    image : Frame
        The image.
    kind : {"mask", "weight"}
        What the file was given as.

    Raises
    ------
    ValueError
        If there is none, it is cut, a cube, or has another shape; the message is a clause without the label.
    """
    roles: tuple[Role, ...] = ("mask",) if kind == "mask" else WEIGHTS
    named = [frame for frame in frames if find_role(frame.extname) in roles and not source.selection]
    fitting = named or choose_frames(frames, source.selection, None)
    if len(fitting) > 1:
        by_name = [frame for frame in fitting if image.extname and frame.extname == image.extname]
        fitting = by_name if len(by_name) == 1 else [frame for frame in fitting if frame.hdu == image.hdu]
    name = source.path.name
    if source.problem or not fitting:
        raise ValueError(f"its {kind} {name}: {source.problem or 'no plane fits this extension; name it as FILE[3]'}")
    _check(fitting[0], image, name=name, kind=kind)
    return fitting[0]


def _check(found: Frame, image: Frame, *, name: str, kind: str) -> None:
    """Refuse a plane that is not usable or does not lie on the image's pixels."""
    if found.problem:
        raise ValueError(f"its {kind} {name}: {found.problem}")
    if found.cube and not (image.cube and len(found.bands) == len(image.bands)):
        raise ValueError(f"its {kind} {name} is a cube of {len(found.bands)} planes; give a plain image")
    if found.shape != image.shape:
        sizes = f"{found.shape[1]} x {found.shape[0]} pixels, the image {image.shape[1]} x {image.shape[0]}"
        raise ValueError(f"its {kind} {name} has {sizes}; give one of the same size")


def locate(path: Path, frame: Frame, plane: int | None) -> PixelAddress:
    """Address of one plane of a frame; a plain image serves every plane of a cube."""
    return PixelAddress(path, frame.hdu, plane if frame.cube else None)


def _select(frames: Sequence[Frame], selection: str) -> list[Frame]:
    """Frames by number, by EXTNAME, or by EXTNAME and EXTVER; one frame with a problem where there is none."""
    name, _, version = (part.strip() for part in selection.partition(","))
    if name.isdecimal() and not version:
        found = [frame for frame in frames if frame.hdu == int(name)]
    else:
        found = [f for f in frames if f.extname == name.upper() and (not version or str(f.extver) == version)]
    if found:
        return found
    known = ", ".join(f"{frame.hdu} {frame.extname}".strip() for frame in frames[:8])
    return [refuse_frame(f"has no image in extension {selection}; there are {known}"[:300], hdu=_number(name))]


def _number(name: str) -> int:
    return int(name) if name.isdecimal() and len(name) < 9 else 0

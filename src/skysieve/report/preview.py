"""The picture of one detector with all that a report page needs of it, and its file."""

import json
import zipfile
import zlib
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from skysieve.io.atomic import write_whole

_FIXED_TIME = (1980, 1, 1, 0, 0, 0)
_PICTURES = ("image", "icon", "outlines", "psf", "background", "psf_field")
"""Members that hold bytes; all but the first two may be absent."""


@dataclass(frozen=True)
class Compass:
    """Directions of north and east as unit vectors (x, y) on the detector, and the pixel scale [arcsec]."""

    north: tuple[float, float]
    east: tuple[float, float]
    pixel_scale: float


@dataclass(frozen=True)
class Thumbnail:
    """A small picture (PNG) of one flagged source; ``flag`` is the flag it stands for, ``names`` all it has."""

    id: str
    flag: str
    names: tuple[str, ...]
    picture: bytes = field(repr=False)


@dataclass(frozen=True)
class Preview:
    """One detector, ready to be shown.

    Parameters
    ----------
    label : str
        Label of the detector, as in the images table.
    shape : tuple of int
        Rows and columns of the detector [pixel].
    factor : int
        Detector pixels per preview pixel, along either axis.
    caption : str
        How the picture was made: bands and stretch.
    image, icon : bytes
        JPEG at preview size and a small one for tables; y runs upward.
    outlines : bytes or None
        Transparent PNG of the segmentation map, ``outline_step`` detector pixels per pixel.
    sources : mapping
        The brightest sources as columns of plain values (None where unknown), brightest first; ``n_sources``
        counts all.
    thumbnails : tuple of Thumbnail
        Some flagged sources.
    psf, background, psf_field : bytes or None
        PSF stamps (PNG), background map and the PSF's size and shape over the field (both SVG).
    bad_fraction : float
        Share of bad pixels, 0 to 1.
    area : float
        Area of the good pixels [deg2], NaN without sky coordinates.
    """

    label: str
    shape: tuple[int, int]
    factor: int
    caption: str
    image: bytes = field(repr=False)
    icon: bytes = field(repr=False)
    outlines: bytes | None = field(repr=False)
    outline_step: float
    sources: dict[str, list[Any]] = field(repr=False)
    n_sources: int
    thumbnails: tuple[Thumbnail, ...]
    psf: bytes | None = field(repr=False)
    background: bytes | None = field(repr=False)
    psf_field: bytes | None = field(repr=False)
    compass: Compass | None
    bad_fraction: float
    area: float

    @property
    def size(self) -> int:
        """Bytes of all pictures together."""
        pictures = [getattr(self, name) or b"" for name in _PICTURES] + [t.picture for t in self.thumbnails]
        return sum(len(picture) for picture in pictures)


def write_preview(path: Path, preview: Preview) -> None:
    """Write a preview to one zip file of pictures and a JSON text, the same bytes for the same preview.

    Parameters
    ----------
    path : Path
        The file, replaced whole.
    preview : Preview
        Any preview; NaN becomes null.
    """
    plain = asdict(preview)
    pictures = {name: plain.pop(name) for name in _PICTURES}
    for number, thumbnail in enumerate(plain["thumbnails"]):
        pictures[f"thumbnail{number}"] = thumbnail.pop("picture")
    plain["area"] = None if preview.area != preview.area else preview.area
    text = json.dumps(plain, allow_nan=False, separators=(",", ":")).encode()
    with write_whole(path) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        archive.writestr(zipfile.ZipInfo("preview.json", _FIXED_TIME), text, zipfile.ZIP_DEFLATED)
        for name, picture in pictures.items():
            if picture is not None:
                archive.writestr(zipfile.ZipInfo(name, _FIXED_TIME), picture, zipfile.ZIP_DEFLATED)


def read_preview(path: Path) -> Preview:
    """Read what ``write_preview`` wrote.

    Parameters
    ----------
    path : Path
        The zip file.

    Returns
    -------
    Preview
        Equal to the one written; pictures that there were none of are None.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is no preview, or a damaged one.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        return _build_preview(members)
    except (zipfile.BadZipFile, zlib.error, KeyError, TypeError, ValueError, EOFError) as error:
        raise ValueError(f"{path.name}: not a preview ({error}); remove it and measure the image again") from None


def _build_preview(members: dict[str, bytes]) -> Preview:
    plain = json.loads(members["preview.json"])
    plain.update({name: members.get(name) for name in _PICTURES})
    thumbnails = tuple(
        Thumbnail(t["id"], t["flag"], tuple(t["names"]), members[f"thumbnail{number}"])
        for number, t in enumerate(plain["thumbnails"])
    )
    plain["thumbnails"], plain["shape"] = thumbnails, tuple(plain["shape"])
    plain["area"] = float("nan") if plain["area"] is None else plain["area"]
    if plain["compass"] is not None:
        compass = plain["compass"]
        plain["compass"] = Compass(tuple(compass["north"]), tuple(compass["east"]), compass["pixel_scale"])
    return Preview(**{each.name: plain[each.name] for each in fields(Preview)})

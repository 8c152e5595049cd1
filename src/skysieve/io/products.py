"""What a run leaves beside its catalog: segmentation maps and region files."""

import io
import math
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from astropy.io import fits
from astropy.wcs import WCS
from jaxtyping import Int32

from skysieve.io.atomic import write_whole
from skysieve.io.catalogs.reading import refuse_unreadable
from skysieve.records import Catalog, SourceFlag

_HARMLESS = SourceFlag.NO_WCS | SourceFlag.NO_ZEROPOINT
_SMALLEST = 3.5
"""Semi-major axis drawn where no Kron radius was measured, in units of a (SExtractor's PHOT_AUTOPARAMS)."""


@dataclass(frozen=True)
class SegmentationPlane:
    """The segmentation map of one detector: 0 is sky, n the source whose ``number`` is n.

    ``name`` becomes EXTNAME; ``wcs`` is written into the header where there is one.
    """

    name: str
    labels: Int32[np.ndarray, "y x"]
    wcs: WCS | None = None


def write_segmentation(path: Path, planes: Iterable[SegmentationPlane]) -> None:
    """Write segmentation maps as RICE-compressed extensions of one FITS file, one in memory at a time.

    Parameters
    ----------
    path : Path
        The file to write, whole or not at all; equal maps become equal bytes.
    planes : iterable of SegmentationPlane
        The maps in the order wanted; a generator is asked for one when the one before is on disk. None at all
        leaves a file with an empty primary HDU alone.

    Raises
    ------
    ValueError
        If the path does not end in ``.fits``.
    """
    if path.suffix.lower() != ".fits":
        raise ValueError(f"{path.name}: a segmentation map is FITS; end its name in .fits")
    with write_whole(path) as temporary, temporary.open("wb") as file:
        fits.HDUList([fits.PrimaryHDU()]).writeto(file)
        for plane in planes:
            _append_plane(file, plane)


def join_segmentations(parts: Sequence[Path], target: Path) -> None:
    """Put the extensions of several segmentation files into one, byte by byte, without unpacking them.

    Parameters
    ----------
    parts : sequence of Path
        Files of ``write_segmentation``.
    target : Path
        The file to write, whole or not at all.
    """
    empty = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU()]).writeto(empty)
    with write_whole(target) as temporary, temporary.open("wb") as file:
        file.write(empty.getbuffer())
        for part in parts:
            with part.open("rb") as source:
                source.seek(len(empty.getbuffer()))
                shutil.copyfileobj(source, file)


def read_segmentation(path: Path, extension: str | int = 1) -> Int32[np.ndarray, "y x"]:
    """Read one segmentation map.

    Parameters
    ----------
    path : Path
        A file that ``write_segmentation`` wrote.
    extension : str or int, optional
        EXTNAME, or the number of the extension; 1 is the first map.

    Returns
    -------
    ndarray, shape (y, x)
        Labels in native byte order; 0 is sky.

    Raises
    ------
    ValueError
        If the file is not whole FITS, or has no such extension of integers.
    """
    with refuse_unreadable(path, "FITS file"), fits.open(path, memmap=False) as hdus:
        names = [hdu.name for hdu in hdus]
        found = extension if isinstance(extension, int) else _find_name(names, extension)
        labels = np.asarray(hdus[found].data) if 0 <= found < len(hdus) and hdus[found].is_image else np.zeros(0)
    if labels.ndim != 2 or labels.dtype.kind not in "iu":
        raise ValueError(f"{path.name}[{extension}]: is not a segmentation map; the extensions are {', '.join(names)}")
    return labels.astype(np.int32)


def write_regions(path: Path, catalog: Catalog, *, sky: bool) -> None:
    """Write the Kron ellipses of a catalog as a DS9 region file.

    Clean sources are green, flagged ones red (a missing WCS or zeropoint alone does not count). The semi-axes are
    ``kron_radius`` times a and b; 3.5 times where no Kron radius was measured; a point where a or b is unknown.

    Parameters
    ----------
    path : Path
        The file to write, whole or not at all; equal catalogs become equal bytes.
    catalog : Catalog
        With the columns x, y, a, b, theta; the columns id, flags, kron_radius are used where there are.
        Rows without a finite position are left out.
    sky : bool
        Whether sources with finite ra, dec, a_sky, b_sky and theta_sky are written in ICRS; all others are written in
        the pixels of the image.

    Raises
    ------
    ValueError
        If a column is missing.
    """
    missing = [name for name in ("x", "y", "a", "b", "theta") if name not in catalog.names]
    if missing:
        raise ValueError(f"{path.name}: the catalog has no column {missing[0]}; regions need x, y, a, b and theta")
    drawings = [_draw_ellipses(catalog, sky=False), _draw_points(catalog)]
    if sky and {"ra", "dec", "a_sky", "b_sky", "theta_sky"} <= set(catalog.names):
        drawings.insert(0, _draw_ellipses(catalog, sky=True))
    lines = [next(filter(None, choices), "") for choices in zip(*drawings, strict=True)]
    labels = catalog["id"] if "id" in catalog.names else np.arange(1, len(catalog) + 1)
    flagged = catalog["flags"].astype(np.int64) & ~int(_HARMLESS) if "flags" in catalog.names else np.zeros(len(lines))
    drawn = [
        f"{line} # color={'red' if bad else 'green'} text={{{label}}}"
        for line, label, bad in zip(lines, labels, flagged, strict=True)
        if line
    ]
    with write_whole(path) as temporary:
        temporary.write_text("\n".join(["# Region file format: DS9 version 4.1", *drawn, ""]), encoding="utf-8")


def _append_plane(file: BinaryIO, plane: SegmentationPlane) -> None:
    """Write one compressed extension behind what the file holds."""
    header = fits.Header() if plane.wcs is None else plane.wcs.to_header(relax=True)
    tile = (min(16, plane.labels.shape[0]), plane.labels.shape[1])
    image = fits.CompImageHDU(plane.labels, header, name=plane.name, compression_type="RICE_1", tile_shape=tile)
    primary, both = io.BytesIO(), io.BytesIO()
    fits.HDUList([fits.PrimaryHDU()]).writeto(primary)
    fits.HDUList([fits.PrimaryHDU(), image]).writeto(both)
    file.write(both.getbuffer()[len(primary.getbuffer()) :])


def _find_name(names: list[str], wanted: str) -> int:
    """Return the number of the first extension of a name, -1 where there is none."""
    upper = [name.upper() for name in names]
    return upper.index(wanted.upper()) if wanted.upper() in upper else -1


def _measure_scale(catalog: Catalog) -> np.ndarray:
    """Return the size of the Kron aperture in units of a and b."""
    if "kron_radius" not in catalog.names:
        return np.full(len(catalog), _SMALLEST)
    kron = catalog["kron_radius"].astype(np.float64)
    return np.where(np.isfinite(kron) & (kron > 0), kron, _SMALLEST)


def _draw_ellipses(catalog: Catalog, *, sky: bool) -> list[str]:
    """Return one region a row; "" where position or shape are unknown.

    DS9 counts pixels from 1 and turns ellipses counterclockwise from +x; on the sky that axis points west where
    position angles start from north, hence the right angle between the two.
    """
    system, mark, digits, offset, turn = ("icrs", '"', 7, 0, 90) if sky else ("image", "", 3, 1, 0)
    names = ("ra", "dec", "a_sky", "b_sky", "theta_sky") if sky else ("x", "y", "a", "b", "theta")
    lon, lat, a, b, angle = (catalog[name].astype(np.float64) for name in names)
    scale = _measure_scale(catalog)
    rows = np.stack([lon + offset, lat + offset, a * scale, b * scale, (angle + turn) % 180], axis=1).tolist()
    return [
        f"{system};ellipse({u:.{digits}f},{v:.{digits}f},{p:.3f}{mark},{q:.3f}{mark},{t:.3f})"
        if math.isfinite(u + v + p + q + t) and p > 0 and q > 0
        else ""
        for u, v, p, q, t in rows
    ]


def _draw_points(catalog: Catalog) -> list[str]:
    """Return one region a row, "" where the position is unknown."""
    rows = zip((catalog["x"] + 1).tolist(), (catalog["y"] + 1).tolist(), strict=True)
    return [f"image;point({x:.3f},{y:.3f})" if math.isfinite(x + y) else "" for x, y in rows]

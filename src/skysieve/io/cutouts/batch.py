"""What passes between cutout files: a header once, then batches of cutouts with their rows."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from jaxtyping import Bool, Float32, Int64

from skysieve.records import Catalog, Column

SCHEMA_VERSION = 1
"""Version of the layouts on disk; files of a later version are refused."""

ID = Column("id", "i8", description="unique number of the source", ucd="meta.id;meta.main")


@dataclass(frozen=True)
class CutoutHeader:
    """What all cutouts of a collection have in common.

    Parameters
    ----------
    bands : tuple of str
        Names of the bands, in the order of the image's second axis.
    shape : tuple of int
        Rows and columns of a cutout [pixel].
    pixel_scale : float
        Width of a pixel [arcsec]; NaN when unknown.
    variance : bool
        True when every cutout comes with its variance.
    schema : tuple of Column
        The columns of the rows; ``id`` (int64) is among them.
    meta : mapping of str to str
        What is true of all rows (flag dictionary, survey).

    Raises
    ------
    ValueError
        If a band or column is repeated, there are none, the shape is not positive, or ``id`` is missing.
    """

    bands: tuple[str, ...]
    shape: tuple[int, int]
    pixel_scale: float = math.nan
    variance: bool = False
    schema: tuple[Column, ...] = (ID,)
    meta: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        names = [column.name for column in self.schema]
        if not self.bands or len(set(self.bands)) < len(self.bands):
            raise ValueError(f"cutouts: bands are {list(self.bands)}; give at least one, each once")
        if min(self.shape) < 1:
            raise ValueError(f"cutouts: shape is {self.shape}; give positive numbers of rows and columns")
        if len(set(names)) < len(names) or {c.dtype for c in self.schema if c.name == "id"} != {"i8"}:
            raise ValueError(f"cutouts: columns are {names}; give each once, with id of type i8 among them")


@dataclass(frozen=True)
class CutoutBatch:
    """Some cutouts in memory.

    Pixels are kept as they were given, NaN and infinite ones included: ``bad`` marks what not to use, and is neither
    derived from the pixels nor changes them.

    Parameters
    ----------
    image : ndarray, shape (row, band, y, x)
        Pixels [image unit].
    bad : ndarray, shape (row, y, x)
        True where a pixel is not to be used, in any band.
    variance : ndarray, shape (row, band, y, x), or None
        Variance of the pixels [image unit squared].
    rows : Catalog
        One row a cutout.

    Raises
    ------
    ValueError
        If the shapes do not agree.
    """

    image: Float32[np.ndarray, "row band y x"]
    bad: Bool[np.ndarray, "row y x"]
    variance: Float32[np.ndarray, "row band y x"] | None
    rows: Catalog

    def __post_init__(self) -> None:
        if self.image.ndim != 4:
            raise ValueError(f"cutouts: image has shape {self.image.shape}; give (row, band, y, x)")
        n, _, y, x = self.image.shape
        if self.bad.shape != (n, y, x):
            raise ValueError(f"cutouts: bad has shape {self.bad.shape}, the image wants {(n, y, x)}")
        if self.variance is not None and self.variance.shape != self.image.shape:
            raise ValueError(f"cutouts: variance has shape {self.variance.shape}, the image {self.image.shape}")
        if len(self.rows) != n:
            raise ValueError(f"cutouts: {n} images came with {len(self.rows)} rows; give one row a cutout")

    def __len__(self) -> int:
        return len(self.image)


@dataclass(frozen=True)
class CutoutStream:
    """A collection of any size on its way from one file to another: its header, its length, its batches.

    ``batches`` can be walked through once; ``length`` is the number of cutouts in all of them.
    """

    header: CutoutHeader
    length: int
    batches: Iterator[CutoutBatch]


def stream_batch(batch: CutoutBatch, *, bands: tuple[str, ...], pixel_scale: float = math.nan) -> CutoutStream:
    """Make a stream of one batch in memory, for writers that take streams.

    Parameters
    ----------
    batch : CutoutBatch
        All the cutouts.
    bands : tuple of str
        Names of the bands.
    pixel_scale : float, optional
        Width of a pixel [arcsec]; NaN when unknown.
    """
    header = CutoutHeader(bands, batch.image.shape[2:], pixel_scale, batch.variance is not None,
                          batch.rows.schema, batch.rows.meta)  # fmt: skip
    return CutoutStream(header, len(batch), iter([conform_batch(batch, header, where="cutouts")]))


def conform_batch(batch: CutoutBatch, header: CutoutHeader, *, where: str) -> CutoutBatch:
    """Return the batch with rows in the header's columns, in its order and types.

    Raises
    ------
    ValueError
        If shape, variance or columns differ from the header, or values do not fit their column exactly.
    """
    wanted = (len(header.bands), *header.shape)
    if batch.image.shape[1:] != wanted:
        raise ValueError(f"{where}: a batch has cutouts of (band, y, x) = {batch.image.shape[1:]}, wanted is {wanted}")
    if (batch.variance is not None) != header.variance:
        found, want = ("no variance", "one") if header.variance else ("a variance", "none")
        raise ValueError(f"{where}: a batch has {found}, the header wants {want}")
    columns = {column.name: _fit(batch.rows, column, where) for column in header.schema}
    if set(batch.rows.names) != set(columns):
        extra = sorted(set(batch.rows.names) - set(columns))
        raise ValueError(f"{where}: a batch has the column {extra[0]}, the header has {', '.join(columns)}")
    return CutoutBatch(batch.image, batch.bad, batch.variance, Catalog(header.schema, columns, header.meta))


def number_rows(start: int, stop: int) -> Int64[np.ndarray, " row"]:
    """Return ids for cutouts that came without: their positions."""
    return np.arange(start, stop, dtype=np.int64)


def dump_header(header: CutoutHeader) -> dict[str, Any]:
    """Return the header as plain values for JSON; an unknown pixel scale is None."""
    scale = None if math.isnan(header.pixel_scale) else header.pixel_scale
    return {"schema_version": SCHEMA_VERSION, **asdict(header), "pixel_scale": scale, "meta": dict(header.meta)}


def parse_header(plain: Mapping[str, Any], *, where: str) -> CutoutHeader:
    """Return the header that ``dump_header`` wrote.

    Raises
    ------
    ValueError
        If entries are missing or wrong, or the layout is of a later version.
    """
    version = plain.get("schema_version")
    if isinstance(version, int) and version > SCHEMA_VERSION:
        raise ValueError(f"{where}: layout {version} is newer than {SCHEMA_VERSION}, upgrade skysieve")
    try:
        scale = math.nan if plain["pixel_scale"] is None else float(plain["pixel_scale"])
        y, x = (int(n) for n in plain["shape"])
        schema = tuple(Column(*(str(c[k]) for k in ("name", "dtype", "unit", "description", "ucd")))
                       for c in plain["schema"])  # fmt: skip
        meta = {str(key): str(value) for key, value in plain["meta"].items()}
        bands = tuple(str(band) for band in plain["bands"])
        return CutoutHeader(bands, (y, x), scale, bool(plain["variance"]), schema, meta)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ValueError(f"{where}: the header of the cutouts is wrong ({error})") from None


def _fit(rows: Catalog, column: Column, where: str) -> np.ndarray:
    """Return the values of a column in the type of the schema, if that loses nothing."""
    if column.name not in rows.names:
        raise ValueError(f"{where}: a batch lacks the column {column.name}; it has {', '.join(rows.names)}")
    values = rows[column.name]
    if column.dtype == "str":
        texts = values.astype(object)
        if not all(isinstance(text, str) for text in texts):
            raise ValueError(f"{where}: column {column.name} holds other things than text; write unknown text as ''")
        return texts
    if not np.can_cast(values.dtype, column.dtype, casting="safe"):
        raise ValueError(f"{where}: column {column.name} is {values.dtype} and does not fit {column.dtype}")
    return values.astype(column.dtype)

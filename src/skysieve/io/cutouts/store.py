"""A cutout store on disk: append, read by row or id, resume after a kill."""

import json
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, final

import numpy as np
import zarr
from jaxtyping import Integer

from skysieve.io.atomic import write_whole
from skysieve.io.cutouts.arrays import (
    PixelArray,
    append_rows,
    count_shard_rows,
    create_arrays,
    open_array,
    read_rows,
    remove_partial,
)
from skysieve.io.cutouts.batch import (
    CutoutBatch,
    CutoutHeader,
    CutoutStream,
    conform_batch,
    dump_header,
    parse_header,
)
from skysieve.io.cutouts.lock import lock_writer
from skysieve.io.cutouts.rows import Part, append_part, drop_parts, read_parts
from skysieve.io.cutouts.select import find_ids, list_rows
from skysieve.io.cutouts.whole import write_whole_folder
from skysieve.io.weights import refuse_pickle
from skysieve.records import Catalog

Rows = int | slice | np.ndarray
"""Which rows: a number (negative from the end), a slice, an index array or a boolean mask."""


@final
class CutoutStore:
    """Cutouts of one shape with a row of metadata each, in a Zarr v3 folder ``NAME.zarr``.

    Get one from ``create`` or ``open`` and use it in a ``with`` statement. Arrays ``image`` (row, band, y, x; float32),
    ``bad`` (row, y, x; bool) and, where the header says so, ``variance`` are sharded along rows; ``rows/`` holds the
    columns as Parquet. ``committed.json`` is written last by every append and says how many rows there are; what lies
    behind it is what a killed append left, is never read, and is overwritten by the next append.

    One writer at a time, guarded by a lock; any number of processes may read a store that is not being written.
    Appends of a multiple of ``batch_rows`` are the fastest, smaller ones rewrite the last shard.

    Attributes
    ----------
    path : Path
        The folder.
    header : CutoutHeader
        Bands, shape, pixel scale, columns.
    batch_rows : int
        Rows of a shard.

    Examples
    --------
    See the how-to page on the cutout store.
    """

    def __init__(self, path: Path, *, lock: IO[str] | None) -> None:
        self.path = path
        self._lock = lock
        self._ids: tuple[np.ndarray, np.ndarray] | None = None
        try:
            group = zarr.open_group(path, mode="r" if lock is None else "r+")
            self.header = parse_header(dict(group.attrs), where=path.name)
            names = ("image", "bad", "variance") if self.header.variance else ("image", "bad")
            self._arrays: dict[str, PixelArray] = {name: open_array(group, name) for name in names}
        except (OSError, KeyError, TypeError) as error:
            raise ValueError(f"{path.name}: not a cutout store ({error})") from None
        self._length, self._parts = _read_committed(path)
        self.batch_rows: int = count_shard_rows(self._arrays["image"])
        short = [name for name, array in self._arrays.items() if array.shape[0] < self._length]
        if short:
            raise ValueError(f"{path.name}: {short[0]} has fewer rows than the {self._length} committed; copy it again")

    @classmethod
    def create(cls, path: Path, header: CutoutHeader) -> "CutoutStore":
        """Make an empty store and open it for appending.

        Raises
        ------
        ValueError
            If something is there already.
        """
        with write_whole_folder(path) as folder:
            create_arrays(folder, header, dump_header(header))
            (folder / "rows").mkdir()
            _write_committed(folder, 0, [])
        return cls.open(path, append=True)

    @classmethod
    def open(cls, path: Path, *, append: bool = False) -> "CutoutStore":
        """Open a store, to read only unless ``append``.

        Raises
        ------
        ValueError
            If it is not a cutout store, is damaged, or another writer has it open for appending.
        """
        if path.is_file():
            refuse_pickle(path)
        if not (path / "committed.json").is_file():
            raise ValueError(f"{path.name}: not a cutout store; give a folder that CutoutStore.create made")
        if not append:
            return cls(path, lock=None)
        lock = lock_writer(path / "writer.lock")
        try:
            store = cls(path, lock=lock)
            remove_partial(path)
            drop_parts(path / "rows", store._parts)
        except BaseException:
            lock.close()
            raise
        return store

    def append(self, batch: CutoutBatch) -> None:
        """Add cutouts behind the last row; they exist once this returns, or not at all.

        Raises
        ------
        ValueError
            If the store is open to read only, or the batch does not fit its header.
        """
        if self._lock is None or self._lock.closed:
            raise ValueError(f"{self.path.name}: open to read only; open it with append=True")
        fitting = conform_batch(batch, self.header, where=self.path.name)
        if not len(fitting):
            return
        for name, array in self._arrays.items():
            append_rows(array, getattr(fitting, name), start=self._length)
        parts = append_part(self.path / "rows", self._parts, fitting.rows)
        _write_committed(self.path, self._length + len(fitting), parts)
        self._length, self._parts, self._ids = self._length + len(fitting), parts, None
        drop_parts(self.path / "rows", parts)

    def read(self, rows: Rows) -> CutoutBatch:
        """Read cutouts by row, in the order asked for; a single number gives a batch of one.

        Raises
        ------
        IndexError
            If a row is not there.
        ValueError
            If their files are missing or damaged.
        """
        wanted = list_rows(rows, self._length, where=self.path.name)
        planes = {name: read_rows(array, wanted) for name, array in self._arrays.items()}
        return CutoutBatch(planes["image"], planes["bad"], planes.get("variance"), self.read_catalog(wanted))

    def read_ids(self, ids: Integer[np.ndarray, " pick"]) -> CutoutBatch:
        """Read cutouts by the column ``id``, in the order asked for.

        The first call reads all ids (8 byte a row), later ones look them up.

        Raises
        ------
        KeyError
            If an id is not there.
        ValueError
            If an id is on several rows.
        """
        if self._ids is None:
            every = read_parts(self.path / "rows", self._parts, list_rows(slice(None), self._length, where=""),
                               schema=tuple(c for c in self.header.schema if c.name == "id"))["id"]  # fmt: skip
            order = np.argsort(every, kind="stable")
            self._ids = (every[order], order)
        return self.read(find_ids(self._ids, ids, where=self.path.name))

    def read_catalog(self, rows: Rows = slice(None)) -> Catalog:
        """Read the metadata of rows, all by default, without their pixels."""
        wanted = list_rows(rows, self._length, where=self.path.name)
        catalog = self._read_parts(wanted)
        return Catalog(catalog.schema, catalog.columns, self.header.meta)

    def stream(self, batch_rows: int | None = None) -> CutoutStream:
        """Walk through all cutouts in order, ``batch_rows`` (a shard by default) in memory at a time.

        Raises
        ------
        ValueError
            If ``batch_rows`` is not positive.
        """
        step = self.batch_rows if batch_rows is None else batch_rows
        if step < 1:
            raise ValueError(f"{self.path.name}: batch_rows is {step}; give a positive number")
        return CutoutStream(self.header, self._length, self._iterate(step))

    def close(self) -> None:
        """Let another writer in; reading goes on to work."""
        if self._lock is not None:
            self._lock.close()

    def __len__(self) -> int:
        return self._length

    def __enter__(self) -> "CutoutStore":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _iterate(self, step: int) -> Iterator[CutoutBatch]:
        for start in range(0, self._length, step):
            yield self.read(slice(start, start + step))

    def _read_parts(self, wanted: np.ndarray) -> Catalog:
        try:
            return read_parts(self.path / "rows", self._parts, wanted, schema=self.header.schema)
        except FileNotFoundError:
            _, self._parts = _read_committed(self.path)  # a writer may have merged parts since the store was opened
        try:
            return read_parts(self.path / "rows", self._parts, wanted, schema=self.header.schema)
        except FileNotFoundError as error:
            raise ValueError(f"{self.path.name}: {error.filename} is missing; copy the store again") from None


def _read_committed(folder: Path) -> tuple[int, list[Part]]:
    try:
        plain = json.loads((folder / "committed.json").read_bytes())
        rows, parts = int(plain["rows"]), [(int(start), int(stop)) for start, stop in plain["parts"]]
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise ValueError(f"{folder.name}/committed.json: unreadable ({error}); copy the store again") from None
    ends = [0, *(stop for _, stop in parts)]
    if ends[-1] != rows or [start for start, _ in parts] != ends[:-1]:
        raise ValueError(
            f"{folder.name}/committed.json: the parts {parts} do not make {rows} rows; copy the store again"
        )
    return rows, parts


def _write_committed(folder: Path, rows: int, parts: list[Part]) -> None:
    with write_whole(folder / "committed.json") as temporary:
        temporary.write_text(json.dumps({"rows": rows, "parts": parts}) + "\n", encoding="ascii")

"""The pixel arrays of a cutout store: sharded Zarr v3, read and written by row."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
import zarr
from jaxtyping import Int64, Shaped
from zarr.codecs import BloscCodec, Crc32cCodec
from zarr.storage import LocalStore

from skysieve.io.atomic import flush_to_disk
from skysieve.io.cutouts.batch import CutoutHeader

CHUNK_BYTES = 2**18
"""Image bytes of an inner chunk: what reading one row reads; smaller ones cost more time in Zarr than on disk."""

PixelArray = zarr.Array[Any]

SHARD_CHUNKS = 128
"""Inner chunks of a shard, which is one file of about 32 MB before compression."""


def create_arrays(folder: Path, header: CutoutHeader, attributes: Mapping[str, Any]) -> None:
    """Make the Zarr group with its empty arrays."""
    group = zarr.create_group(folder, attributes=dict(attributes))
    n_rows = max(1, CHUNK_BYTES // (4 * len(header.bands) * header.shape[0] * header.shape[1]))
    cube = (len(header.bands), *header.shape)
    planes = {"image": (cube, "float32"), "bad": (header.shape, "bool")}
    if header.variance:
        planes["variance"] = (cube, "float32")
    for name, (shape, dtype) in planes.items():
        shuffle: Literal["bitshuffle", "shuffle"] = "bitshuffle" if dtype == "bool" else "shuffle"
        group.create_array(
            name,
            shape=(0, *shape),
            chunks=(n_rows, *shape),
            shards=(n_rows * SHARD_CHUNKS, *shape),
            dtype=dtype,
            compressors=(BloscCodec(cname="zstd", clevel=3, shuffle=shuffle), Crc32cCodec()),
            chunk_key_encoding={"name": "default", "separator": "."},
            dimension_names=("row", "band", "y", "x") if len(shape) == 3 else ("row", "y", "x"),
        )


def open_array(group: zarr.Group, name: str) -> PixelArray:
    """Open one array of a store so that all it writes gets a file: one that is missing is one that was lost.

    Raises
    ------
    KeyError
        If the group has no such array.
    """
    array = group[name]
    if isinstance(array, zarr.Array):
        return array.with_config({"write_empty_chunks": True})
    raise KeyError(f"{name} is not an array")


def append_rows(array: PixelArray, values: Shaped[np.ndarray, "row ..."], *, start: int) -> None:
    """Write rows from ``start`` on, over whatever an interrupted append left there, and wait for the disk."""
    if array.shape[0] != start:
        array.resize((start, *array.shape[1:]))
    array.append(values)
    for shard in range(start // count_shard_rows(array), (start + len(values) - 1) // count_shard_rows(array) + 1):
        flush_to_disk(_locate_shard(array, shard))
    flush_to_disk(_locate(array) / "zarr.json")
    flush_to_disk(_locate(array))


def read_rows(array: PixelArray, rows: Int64[np.ndarray, " pick"]) -> Shaped[np.ndarray, "pick ..."]:
    """Read rows in the order asked for; each inner chunk is read once.

    Raises
    ------
    ValueError
        If the files that hold them are missing or damaged.
    """
    if not len(rows):
        return np.empty((0, *array.shape[1:]), dtype=array.dtype)
    unique, inverse = np.unique(rows, return_inverse=True)
    lost = [s for s in np.unique(unique // count_shard_rows(array)) if not _locate_shard(array, int(s)).is_file()]
    if lost:
        raise ValueError(
            f"{_name(array)}: the file of rows from {lost[0] * count_shard_rows(array)} on is missing; copy it again"
        )
    first, last = int(unique[0]), int(unique[-1])
    try:
        if last - first + 1 == len(unique):
            values = np.asarray(array[first : last + 1])
        else:
            values = np.asarray(array.oindex[unique])
    except (ValueError, RuntimeError, OSError, KeyError, IndexError, TypeError) as error:
        raise ValueError(
            f"{_name(array)}: rows {first}-{last} cannot be decoded ({error}); copy the store again"
        ) from None
    return values if np.array_equal(unique, rows) else values[inverse]


def count_shard_rows(array: PixelArray) -> int:
    """Return how many rows one file holds.

    Raises
    ------
    ValueError
        If the array is not sharded, which is not how a store is made.
    """
    if array.shards is None:
        raise ValueError(f"{_name(array)}: is not sharded; a cutout store is")
    return array.shards[0]


def remove_partial(folder: Path) -> None:
    """Remove what interrupted writes left half-written beside the shards."""
    for path in folder.glob("*/*.partial"):
        path.unlink()


def _locate(array: PixelArray) -> Path:
    return _locate_store(array) / array.path


def _locate_shard(array: PixelArray, shard: int) -> Path:
    return _locate(array) / ".".join(["c", str(shard), *["0"] * (array.ndim - 1)])


def _name(array: PixelArray) -> str:
    return f"{_locate_store(array).name}/{array.path}"


def _locate_store(array: PixelArray) -> Path:
    assert isinstance(array.store, LocalStore)
    return Path(array.store.root)

"""The rows of a mapping: which neuron each image matches best, how well, how turned, and what was wrong with it."""

import json
from collections.abc import Iterable
from collections.abc import Mapping as Plain
from dataclasses import dataclass
from enum import IntFlag

import numpy as np
from jaxtyping import Bool, Float, Float32, Int

from skysieve.records import Catalog, Column
from skysieve.som.invariance import Mapping
from skysieve.som.lattice import Lattice
from skysieve.som.transforms import Geometry, measure_angles


class MappingFlag(IntFlag):
    """Bits of the column ``som_flags``."""

    BAD_PIXELS = 1
    NO_PIXELS = 2
    CONSTANT = 4
    NOT_COMPARED = 8


FLAG_SENTENCES: Plain[MappingFlag, str] = {
    MappingFlag.BAD_PIXELS: "some pixels are bad (marked, NaN or infinite) and count in no distance",
    MappingFlag.NO_PIXELS: "all pixels are bad: nothing is known",
    MappingFlag.CONSTANT: "all good pixels have the same value, so the angle means nothing",
    MappingFlag.NOT_COMPARED: "no distance could be measured: nothing is known",
}

COLUMNS = (
    Column("som_bmu", "i4", description="best-matching unit of the map; -1 unknown"),
    Column("som_x", "i4", description="its first coordinate on the lattice (axial q of a hexagonal one); -1 unknown"),
    Column("som_y", "i4", description="its second coordinate on the lattice (axial r of a hexagonal one); -1 unknown"),
    Column("som_z", "i4", description="its third coordinate on the lattice; -1 unknown"),
    Column("som_distance", "f4", description="Euclidean distance of the image to that neuron"),
    Column("som_angle", "f4", unit="deg", description="turn to that neuron, clockwise with row 0 on top"),
    Column("som_flip", "bool", description="whether rows are reversed after the turn"),
    Column("som_bmu2", "i4", description="second best-matching unit; -1 unknown"),
    Column("som_distance2", "f4", description="Euclidean distance to the second neuron"),
    Column("som_flags", "i4", description="what was wrong with the image, see the flag dictionary"),
)


@dataclass(frozen=True, eq=False)
class MappedImages:
    """Distances and orientations of some images to all neurons, as they are stored.

    ``distance`` is NaN, ``angle`` [rad] and ``flip`` 0 throughout the row of an image that could not be compared.
    """

    distance: Float32[np.ndarray, "image neuron"]
    angle: Float32[np.ndarray, "image neuron"]
    flip: Bool[np.ndarray, "image neuron"]
    flags: Int[np.ndarray, " image"]


def find_flags(images: Float[np.ndarray, "image channel y x"]) -> Int[np.ndarray, " image"]:
    """Return what is wrong with each image; bad pixels are NaN.

    Examples
    --------
    >>> find_flags(np.array([[[[1.0, 2.0]]], [[[1.0, np.nan]]], [[[np.nan, np.nan]]]])).tolist()
    [0, 5, 3]
    """
    flat = images.reshape(len(images), -1)
    good = np.isfinite(flat)
    some, all_bad = ~good.all(axis=1), ~good.any(axis=1)
    low = np.where(good, flat, np.inf).min(axis=1, initial=np.inf)
    high = np.where(good, flat, -np.inf).max(axis=1, initial=-np.inf)
    return (
        some * MappingFlag.BAD_PIXELS + all_bad * MappingFlag.NO_PIXELS + (low == high) * MappingFlag.CONSTANT
    ).astype(np.int64)


def settle_images(found: Mapping, flags: Int[np.ndarray, " image"], geometry: Geometry) -> MappedImages:
    """Turn orientations into angles, and make unknown what has no finite distances."""
    known = np.isfinite(found.distance).all(axis=1) & (flags & MappingFlag.NO_PIXELS == 0)
    lost = ~known & (flags & MappingFlag.NO_PIXELS == 0)
    shown = known[:, None]
    return MappedImages(
        np.where(shown, found.distance, np.float32(np.nan)).astype(np.float32),
        np.where(shown, measure_angles(found.orientation, geometry), np.float32(0)),
        np.where(shown, found.orientation >= geometry.rotations, False),
        flags + lost * MappingFlag.NOT_COMPARED,
    )


def gather_mapped(blocks: Iterable[MappedImages], n_neurons: int) -> MappedImages:
    """Put blocks of mapped images together; there may be none."""
    pairs = np.zeros((0, n_neurons), np.float32)
    found = [MappedImages(pairs, pairs, pairs.astype(bool), np.zeros(0, np.int64)), *blocks]
    return MappedImages(
        np.concatenate([one.distance for one in found]),
        np.concatenate([one.angle for one in found]),
        np.concatenate([one.flip for one in found]),
        np.concatenate([one.flags for one in found]),
    )


def make_mapping_rows(rows: Catalog, mapped: MappedImages, lattice: Lattice) -> Catalog:
    """Add the columns of a mapping to the rows of its images; columns of these names are replaced."""
    order = mapped.distance.argsort(axis=1, kind="stable")[:, :2]
    known = np.isfinite(mapped.distance).all(axis=1)
    best = np.where(known, order[:, 0], -1)
    second = np.where(known, order[:, -1], -1) if lattice.n_neurons > 1 else np.full(len(best), -1)
    values = {
        "som_bmu": best,
        **_locate(best, lattice),
        "som_distance": _take(mapped.distance, best),
        "som_angle": np.degrees(_take(mapped.angle, best)),
        "som_flip": np.where(best >= 0, _take(mapped.flip, best), False),
        "som_bmu2": second,
        "som_distance2": _take(mapped.distance, second),
        "som_flags": mapped.flags,
    }
    for column in COLUMNS:
        if column.name in values:
            rows = rows.with_column(column, values[column.name].astype(column.dtype))
    return rows


def describe_mapping_flags() -> str:
    """Return the flag dictionary as JSON: name -> [bit, sentence]."""
    return json.dumps({str(flag.name).lower(): [int(flag), text] for flag, text in FLAG_SENTENCES.items()})


def _take(values: np.ndarray, neurons: Int[np.ndarray, " image"]) -> np.ndarray:
    """Return the value of each image at its neuron, NaN where that is -1."""
    taken = values[np.arange(len(values)), np.maximum(neurons, 0)]
    return taken if taken.dtype == bool else np.where(neurons >= 0, taken, np.float32(np.nan))


def _locate(neurons: Int[np.ndarray, " image"], lattice: Lattice) -> dict[str, np.ndarray]:
    cells = lattice.make_cells()[np.maximum(neurons, 0)]
    names = ("som_x", "som_y", "som_z")[: max(2, cells.shape[1])]
    padded = np.pad(cells, ((0, 0), (0, max(0, 2 - cells.shape[1]))))
    return {name: np.where(neurons >= 0, padded[:, axis], -1) for axis, name in enumerate(names)}

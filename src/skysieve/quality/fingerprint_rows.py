"""Exposures as they were looked at, to rows of a cutout store and back: a row a detector."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float32, Shaped

from skysieve.io.cutouts import CutoutBatch
from skysieve.quality.exposures import Seen
from skysieve.quality.flags import ExposureFlag
from skysieve.quality.labels import EXCESS
from skysieve.quality.learning import Views
from skysieve.quality.looking import Look
from skysieve.quality.statistics import STATISTICS
from skysieve.records import Catalog, Column, DetectorAddress
from skysieve.records.catalog import make_empty_column

EXPOSURE = (
    Column("id", "i8", "", "row of the store", "meta.id;meta.main"),
    Column("exposure", "str", "", "file of the exposure", "meta.id;meta.file"),
    Column("camera", "str", "", "instrument", "meta.id;instr"),
    Column("readable", "bool", "", "false on the one row of an exposure of which no detector could be read"),
    Column("unread", "i8", "", "detectors that could not be read", "meta.number"),
    Column("flags", "i8", "", "what was wrong with the exposure", "meta.code.qual"),
    Column("message", "str", "", "the same in words, a line each", "meta.note"),
    Column("zeropoint", "f8", "mag", "measured, of one image unit a second; NaN where unknown", "phot.mag;arith.zp"),
    Column("scatter", "f8", "arcsec", "of the astrometry; NaN where unknown", "stat.stdev;pos.eq"),
)

DETECTOR = (
    Column("address", "str", "", "detector", "meta.id;instr.det"),
    Column("stem", "str", "", "what files of the detector are called"),
    Column("extension", "str", "", "extension number; empty for a plain image", "meta.id;instr.det"),
    Column("n_rows", "i8", "pixel", "rows of the detector"),
    Column("n_columns", "i8", "pixel", "columns of the detector"),
    Column("label", "i8", "", "number of the cause, where it is known", "meta.code"),
    Column("group", "i8", "", "number of the exposure in a learning set"),
    Column("detector", "i8", "", "number of the detector in its exposure", "meta.id;instr.det"),
    Column("no_light", "bool", "", "holds no light", "meta.code.qual"),
)


@dataclass(frozen=True)
class Frame:
    """The sizes of what is kept of a detector: clusters and neurons of the map, pixels of a cutout and of a star."""

    clusters: int
    neurons: int
    side: int
    star: int


def make_schema(frame: Frame) -> tuple[Column, ...]:
    """Return the columns of the rows."""
    return (
        *EXPOSURE, *DETECTOR,
        *(Column(name, "f8", "", f"size of the fault {name[7:]} over its limit", "stat.value") for name in _EXCESS),
        *(Column(name, "f8", "", "a statistic of the detector", "stat.value") for name in _STATISTICS),
        *(Column(name, "i4", "", "sources on a neuron of the map", "meta.number")
          for name in _list("hits", frame.neurons)),
        *(Column(name, "f8", "pixel", "of the source in a cutout; NaN where there is none", f"pos.cartesian.{name[0]}")
          for axis in "xy" for name in _list(axis, frame.clusters)),
    )  # fmt: skip


def pack_look(look: Look, frame: Frame, *, start: int) -> CutoutBatch:
    """Return an exposure as rows of a store that begin at ``start``.

    Pixels are the cutouts of the clusters, then the mean star, in frames of zeros; an exposure of which nothing could
    be read is one row without pixels.
    """
    views, count = look.seen.views, max(1, len(look.places))
    side = max(frame.side, frame.star)
    image = np.zeros((count, frame.clusters + 1, side, side), np.float32)
    columns = {column.name: make_empty_column(column.dtype, count) for column in make_schema(frame)}
    columns |= _fill_exposure(look, count) | {"id": np.arange(start, start + count)}
    if views is not None:
        image[:, :-1, : frame.side, : frame.side] = views.cutouts
        image[:, -1, : frame.star, : frame.star] = views.stack
        columns |= _fill_detectors(look, views, frame)
    bad = np.zeros((count, side, side), bool)
    return CutoutBatch(image, bad, None, Catalog(make_schema(frame), columns))


def unpack_look(batch: CutoutBatch, frame: Frame) -> Look:
    """Return the exposure that all rows of a batch belong to; addresses of its detectors have no bands."""
    rows = batch.rows
    first = rows.row(0)
    messages = tuple(first["message"].split("\n")) if first["message"] else ()
    readable = rows.take(rows["readable"])
    seen = Seen(
        first["exposure"], tuple(_read_address(readable, number) for number in range(len(readable))),
        _read_views(batch, frame) if len(readable) else None, first["unread"], ExposureFlag(first["flags"]), messages,
        first["zeropoint"], first["scatter"],
    )  # fmt: skip
    places = np.stack([_gather(readable, _list(axis, frame.clusters)) for axis in "xy"], axis=-1)
    return Look(seen, places, first["camera"])


def round_look(look: Look) -> Look:
    """Return an exposure with its pixels rounded to 16 bits, as those of learning sets are."""
    views = look.seen.views
    if views is None:
        return look
    cutouts, stack = (one.astype(np.float16).astype(np.float32) for one in (views.cutouts, views.stack))
    return replace(look, seen=replace(look.seen, views=replace(views, cutouts=cutouts, stack=stack)))


def read_hits(rows: Catalog, neurons: int) -> Shaped[np.ndarray, "row neuron"]:
    """Return the numbers of sources on the neurons."""
    return _gather(rows, _list("hits", neurons))


def _fill_exposure(look: Look, count: int) -> dict[str, np.ndarray]:
    seen = look.seen
    texts = {"exposure": seen.name, "camera": look.camera, "message": "\n".join(seen.messages)}
    numbers = {"unread": seen.unread, "flags": int(seen.flags), "zeropoint": seen.zeropoint, "scatter": seen.scatter}
    return {
        **{name: np.full(count, text, dtype=object) for name, text in texts.items()},
        **{name: np.full(count, number) for name, number in numbers.items()},
        "readable": np.full(count, seen.views is not None),
    }


def _fill_detectors(look: Look, views: Views, frame: Frame) -> dict[str, np.ndarray]:
    addresses = look.seen.addresses
    tables = {
        tuple(_EXCESS): views.excess, tuple(_STATISTICS): views.statistics,
        tuple(_list("hits", frame.neurons)): views.hits.astype(np.int32),
        tuple(_list("x", frame.clusters)): look.places[..., 0], tuple(_list("y", frame.clusters)): look.places[..., 1],
    }  # fmt: skip
    return {
        "address": np.array([one.label for one in addresses], dtype=object),
        "stem": np.array([one.stem for one in addresses], dtype=object),
        "extension": np.array([one.extension or "" for one in addresses], dtype=object),
        "n_rows": np.array([one.shape[0] for one in addresses]),
        "n_columns": np.array([one.shape[1] for one in addresses]),
        "label": views.label, "group": views.exposure, "detector": views.detector, "no_light": views.dead.astype(bool),
        **{name: table[:, number] for names, table in tables.items() for number, name in enumerate(names)},
    }  # fmt: skip


def _read_address(rows: Catalog, number: int) -> DetectorAddress:
    row = {name: rows[name][number] for name in ("address", "stem", "extension", "n_rows", "n_columns")}
    shape = (int(row["n_rows"]), int(row["n_columns"]))
    return DetectorAddress(row["address"], row["stem"], row["extension"] or None, (), shape)


def _read_views(batch: CutoutBatch, frame: Frame) -> Views:
    rows = batch.rows
    return Views(
        cutouts=_crop(batch.image[:, :-1], frame.side), hits=read_hits(rows, frame.neurons),
        stack=_crop(batch.image[:, -1], frame.star), statistics=_gather(rows, _STATISTICS), label=rows["label"],
        excess=_gather(rows, _EXCESS), exposure=rows["group"], detector=rows["detector"], dead=rows["no_light"],
    )  # fmt: skip


def _crop(pixels: Float32[np.ndarray, "*rows y x"], side: int) -> Float32[np.ndarray, "*rows v u"]:
    return np.ascontiguousarray(pixels[..., :side, :side])


def _gather(rows: Catalog, names: list[str]) -> Shaped[np.ndarray, "row name"]:
    return np.stack([rows[name] for name in names], axis=1)


def _list(prefix: str, count: int) -> list[str]:
    return [f"{prefix}_{number}" for number in range(count)]


_EXCESS = [f"excess_{name}" for name in EXCESS]
_STATISTICS = [f"statistic_{name}" for name in STATISTICS]

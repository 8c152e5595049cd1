"""Classes of a set of images are brought to equal weight: fewer of the common, weights, or more of the rare."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float, Shaped

from skysieve.io.cutouts import CutoutBatch, CutoutHeader
from skysieve.morphology.imagesets import ImageSet, check_target, open_images, write_images
from skysieve.morphology.preparing import FLAGS
from skysieve.morphology.smote import make_synthetic
from skysieve.morphology.steps import UNUSABLE
from skysieve.records import Catalog, Column, make_empty_column
from skysieve.som.image_data import hide_bad

BalanceMethod = Literal["undersample", "weights", "smote"]

WEIGHT = Column("training_weight", "f8", "", "how much the image is to count, so that all classes count alike", "")
SYNTHETIC = Column("synthetic", "bool", "", "made up between real images of its class", "meta.code")


@dataclass(frozen=True)
class BalanceResult:
    """Images of each class before and after."""

    path: Path
    before: dict[str, int]
    after: dict[str, int]


def balance_images(source: Path, out: Path, *, label: str, method: BalanceMethod, seed: int = 0) -> BalanceResult:
    """Write a set of images in which all classes count alike.

    Parameters
    ----------
    source : Path
        Prepared images: a store, or a file of PINK's with its rows beside it.
    out : Path
        The set to write, ``NAME.zarr`` or ``NAME.bin``.
    label : str
        Column of the rows with the class; images without one ("" or NaN), and unusable ones, belong to none.
    method : {"undersample", "weights", "smote"}
        Keep as many of each class, drawn at random, as the rarest has; or keep all images and add the column
        ``training_weight`` (mean 1 over the images that have a class, 0 for the others); or add synthetic images
        until each class has as many as the largest (see ``make_synthetic``; all images are in memory then).
    seed : int
        Of the random choices.

    Returns
    -------
    BalanceResult
        Images keep their order and rows; synthetic ones follow, with negative ``id`` and ``synthetic`` true.

    Raises
    ------
    ValueError
        If there is no such column, no image has a class, or SMOTE cannot be applied.
    ImportError
        If imbalanced-learn is wanted and not installed.
    """
    check_target(out)
    images = open_images(source)
    rows = images.read_rows(slice(None))
    if label not in rows.names:
        raise ValueError(f"--label {label}: the rows have no such column; there are {', '.join(rows.names)}")
    labels = _read_labels(rows, label)
    counts = Counter(labels[labels != ""].tolist())
    if not counts:
        raise ValueError(f"{source.name}: no usable image has a class in the column {label}")
    if method == "weights":
        after = _write_weights(images, out, labels=labels, counts=counts)
    elif method == "undersample":
        after = _write_fewer(images, out, labels=labels, seed=seed)
    else:
        after = _write_more(images, out, labels=labels, column=label, seed=seed)
    return BalanceResult(out, dict(sorted(counts.items())), dict(sorted(after.items())))


def _read_labels(rows: Catalog, label: str) -> Shaped[np.ndarray, " row"]:
    """Return the class of each row as text; "" for none and for unusable images."""
    values = rows[label]
    none = np.isnan(values) if values.dtype.kind == "f" else np.zeros(len(rows), bool)
    if FLAGS.name in rows.names:
        none |= (rows[FLAGS.name] & int(UNUSABLE)) != 0
    return np.where(none, "", values.astype(str))


def _write_fewer(images: ImageSet, out: Path, *, labels: Shaped[np.ndarray, " row"], seed: int) -> Counter[str]:
    rng, kept = np.random.default_rng(seed), np.zeros(len(labels), bool)
    names, counts = np.unique(labels[labels != ""], return_counts=True)
    for name in names:
        kept[rng.choice(np.flatnonzero(labels == name), counts.min(), replace=False)] = True
    write_images(out, _drop_variance(images.header), _select(images, kept))
    return Counter(labels[kept].tolist())


def _write_weights(
    images: ImageSet, out: Path, *, labels: Shaped[np.ndarray, " row"], counts: Counter[str]
) -> Counter[str]:
    shares = {name: counts.total() / (len(counts) * count) for name, count in counts.items()}
    weights = np.array([shares.get(name, 0.0) for name in labels.tolist()])
    header = _add_column(_drop_variance(images.header), WEIGHT)
    write_images(out, header, _append_column(images, WEIGHT, weights))
    return counts


def _write_more(
    images: ImageSet, out: Path, *, labels: Shaped[np.ndarray, " row"], column: str, seed: int
) -> Counter[str]:
    known = labels != ""
    pixels = np.concatenate([batch.image for batch in _select(images, known)])
    values = dict(zip(labels.tolist(), images.read_rows(slice(None))[column].tolist(), strict=True))
    made, classes = make_synthetic(np.nan_to_num(pixels), labels[known], seed=seed)
    header = _add_column(_drop_variance(images.header), SYNTHETIC)

    def read_all() -> Iterator[CutoutBatch]:
        yield from _append_column(images, SYNTHETIC, np.zeros(images.length, bool))
        rows = _make_rows(header, column, np.array([values[one] for one in classes.tolist()]))
        yield CutoutBatch(made, np.zeros((len(made), *header.shape), bool), None, rows)

    write_images(out, header, read_all())
    return Counter([*labels[known].tolist(), *classes.tolist()])


def _make_rows(header: CutoutHeader, column: str, values: Shaped[np.ndarray, " made"]) -> Catalog:
    """Return rows of images that were made up: nothing is known of them but their class."""
    count = len(values)
    columns = {one.name: make_empty_column(one.dtype, count) for one in header.schema}
    dtype = next(one.dtype for one in header.schema if one.name == column)
    columns[column] = values.astype(object if dtype == "str" else dtype)
    columns["id"], columns[SYNTHETIC.name] = -1 - np.arange(count, dtype=np.int64), np.ones(count, bool)
    if "row" in columns:
        columns["row"] = np.full(count, -1, np.int64)
    return Catalog(header.schema, columns, header.meta)


def _select(images: ImageSet, chosen: Bool[np.ndarray, " row"]) -> Iterator[CutoutBatch]:
    """Read some of the images in order, a few at a time."""
    for start in range(0, images.length, images.count_at_once()):
        part = slice(start, start + images.count_at_once())
        if chosen[part].any():
            batch = images.read(part)
            own = chosen[part]
            yield CutoutBatch(hide_bad(batch)[own], batch.bad[own], None, batch.rows.take(own))


def _append_column(
    images: ImageSet, column: Column, values: Float[np.ndarray, " row"] | Bool[np.ndarray, " row"]
) -> Iterator[CutoutBatch]:
    """Read all images with a further column, a few at a time."""
    start = 0
    for batch in _select(images, np.ones(images.length, bool)):
        own = slice(start, start + len(batch))
        yield replace(batch, rows=batch.rows.with_column(column, values[own]))
        start = own.stop


def _add_column(header: CutoutHeader, column: Column) -> CutoutHeader:
    return replace(header, schema=(*(one for one in header.schema if one.name != column.name), column))


def _drop_variance(header: CutoutHeader) -> CutoutHeader:
    return replace(header, variance=False)

"""From a mapping and a table of labels to a table of sidelobe probabilities."""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float, Int

from skysieve.io.atomic import write_whole
from skysieve.io.catalogs import write_catalog
from skysieve.io.checksums import checksum_file
from skysieve.morphology.sidelobes import (
    add_sidelobe_columns,
    count_by_neuron,
    estimate_odds,
    fit_sidelobe_model,
    measure_peak_to_ring,
)
from skysieve.records import Catalog
from skysieve.som.image_data import open_images

ROWS_AT_ONCE = 512


def measure_rings(images: Path, count: int, *, pixel_scale: float | None, scratch: Path) -> Float[np.ndarray, " image"]:
    """Measure the peak-to-ring ratio of stored cutouts, in their first band.

    Parameters
    ----------
    images
        Cutouts as observed, each centered on its component.
    count
        Rows of the mapping.
    pixel_scale
        [arcsec].
    scratch
        Folder for a copy of cutouts that cannot be read by row.

    Raises
    ------
    ValueError
        If the pixel scale is not given, or there are not as many images as rows.

    Notes
    -----
    In images of even side the component is half a pixel off the middle, up and to the right of it.
    """
    if pixel_scale is None:
        raise ValueError("the pixel scale of the images is not known; give --pixel-scale ARCSEC")
    source = open_images(images, scratch=scratch)
    if source.length != count:
        raise ValueError(f"{source.name}: {source.length} images for {count} rows of the mapping; give those mapped")
    ratio = np.full(count, np.nan)
    for start in range(0, count, ROWS_AT_ONCE):
        rows = np.arange(start, min(start + ROWS_AT_ONCE, count))
        middle = np.full((len(rows), 2), 0.0 if source.side % 2 else 0.5)
        ratio[rows] = measure_peak_to_ring(source.read(rows)[:, 0], pixel_scale=pixel_scale, offset=middle)
    return ratio


def judge_mapping(
    rows: Catalog,
    labels: Catalog,
    *,
    n_neurons: int,
    peak_to_ring: Float[np.ndarray, " row"] | None,
    limit: float,
) -> Catalog:
    """Add sidelobe columns to the rows of a mapping.

    Parameters
    ----------
    rows
        With ``id`` and ``som_bmu``.
    labels
        Columns ``id`` and ``sidelobe``: 1 or 0, what a person saw in some of the images.
    peak_to_ring
        Where it is given, a model of neuron and ratio is fitted; else the neuron alone tells, and the ratio is NaN.
    limit
        From this ratio on nothing is determined.

    Raises
    ------
    ValueError
        If a column is missing, a label is neither 0 nor 1, or no image has a label.
    """
    row, sidelobe = _match(rows, labels)
    bmu = rows["som_bmu"].astype(np.int64)
    if peak_to_ring is None:
        odds = estimate_odds(*count_by_neuron(bmu[row], sidelobe, n_neurons=n_neurons))
        unknown = add_sidelobe_columns(rows, bmu, np.zeros(len(rows)), model=odds)
        return unknown.with_column(unknown.schema[unknown.names.index("peak_to_ring")], np.full(len(rows), np.nan))
    few = peak_to_ring[row] < limit
    model = fit_sidelobe_model(bmu[row[few]], peak_to_ring[row[few]], sidelobe[few], n_neurons=n_neurons)
    return add_sidelobe_columns(rows, bmu, peak_to_ring, model=model, limit=limit)


def write_sidelobes(out: Path, judged: Catalog, *, inputs: Mapping[str, Path]) -> dict[str, int]:
    """Write ``sidelobes.parquet`` and, last, ``sidelobes.json``; return the counts."""
    p = judged["p_sidelobe"]
    counts = {"components": len(p), "determined": int((p >= 0).sum()), "likely": int((p > 0.5).sum())}
    write_catalog(judged, out / "sidelobes.parquet")
    read = {what: {"file": path.name, "sha256": checksum_file(path)} for what, path in inputs.items()}
    with write_whole(out / "sidelobes.json") as temporary:
        temporary.write_text(json.dumps({"counts": counts, "inputs": read}, indent=1) + "\n", encoding="utf-8")
    return counts


def _match(rows: Catalog, labels: Catalog) -> tuple[Int[np.ndarray, " label"], Bool[np.ndarray, " label"]]:
    """Find the rows of labeled images, and what was said of them."""
    for catalog, name, what in ((rows, "id", "mapping"), (labels, "id", "labels"), (labels, "sidelobe", "labels")):
        if name not in catalog.names:
            raise ValueError(f"{what}: no column {name!r} among {', '.join(catalog.names)}")
    place = {str(one): row for row, one in enumerate(rows["id"].tolist())}
    found = np.array([place.get(str(one), -1) for one in labels["id"].tolist()], np.int64)
    said = labels["sidelobe"].astype(np.float64)
    if not np.isin(said, (0, 1)).all():
        raise ValueError("labels: sidelobe is 1 for a sidelobe and 0 for anything else; leave out what is unknown")
    if (found < 0).all():
        raise ValueError("labels: no id is one of the mapping; compare the columns id")
    return found[found >= 0], said[found >= 0] == 1

"""One row of a catalog traced back: to its pixels, the stage that made it, recipe, versions and seed."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from skysieve.config import parse_recipe
from skysieve.io.catalogs import read_catalog
from skysieve.io.checksums import checksum_file
from skysieve.io.exposures import InputRecipe, read_detector
from skysieve.io.products import read_segmentation
from skysieve.records import (
    BandAddress,
    DetectorAddress,
    PixelAddress,
    decode_flags,
)


def trace_source(folder: Path, identifier: int) -> dict[str, Any]:
    """Tell where a row of a run's catalog comes from, and look the pixels up again.

    Parameters
    ----------
    folder : Path
        A run folder.
    identifier : int
        The row's ``id``.

    Returns
    -------
    dict
        ``row`` (all columns), ``flags`` (names), ``image``, ``pixels`` (file, extension, position, SHA-256, whether the
        file is still the same, the value of its brightest pixel read anew), ``made_by`` (stage, method, versions, git
        revision), ``recipe``, ``seed``, ``overruled``.

    Raises
    ------
    ValueError
        If the folder holds no run or the id is not in its catalog.
    """
    provenance, catalog = _read_run(folder)
    at = np.flatnonzero(catalog["id"] == identifier)
    if len(at) == 0:
        span = f"ids run from {catalog['id'].min()} to {catalog['id'].max()}" if len(catalog) else "it is empty"
        raise ValueError(f"{folder}: there is no source {identifier} in the catalog; {span}")
    row = catalog.row(int(at[0]))
    image = next(one for one in provenance["images"] if one["image"] == row["image"])
    checksums = {one["path"]: one["sha256"] for one in provenance["inputs"]}
    return {
        "row": row,
        "flags": decode_flags(int(row["flags"])),
        "image": image,
        "pixels": [_look_up(folder, band, row, provenance=provenance, sha256=checksums.get(band["path"], ""))
                   for band in image["bands"]],
        "made_by": {"stage": "extraction", "method": provenance["method"], "models": provenance.get("models", {}),
                    "device": provenance["device"],
                    "versions": provenance["versions"], "git_revision": provenance["git_revision"]},
        "recipe": provenance["recipe"],
        "seed": provenance["seed"],
        "overruled": [one for one in provenance["overruled"] if one["id"] == identifier],
    }  # fmt: skip


def _read_run(folder: Path) -> tuple[dict[str, Any], Any]:
    path = folder / "provenance.json"
    if not path.is_file():
        raise ValueError(f"{folder}: holds no finished run (no provenance.json); give the folder of skysieve run --out")
    provenance: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return provenance, read_catalog(folder / "catalog.parquet")


def _look_up(
    folder: Path, band: dict[str, Any], row: dict[str, Any], *, provenance: dict[str, Any], sha256: str
) -> dict[str, Any]:
    """Say where the pixels of one band are, whether the file changed, and read the footprint again."""
    path = Path(band["path"])
    found: dict[str, Any] = {**band, "sha256": sha256, "x": row["x"], "y": row["y"]}
    if not path.is_file():
        return {**found, "state": "missing"}
    found["state"] = "unchanged" if checksum_file(path) == sha256 else "changed"
    address = BandAddress(band["band"], PixelAddress(path, band["hdu"], band["plane"]))
    settings = parse_recipe(InputRecipe, provenance["recipe"]["input"])
    labels = _read_labels(folder, row)
    rows, columns = labels.shape
    detector = read_detector(DetectorAddress(row["image"], path.stem, None, (address,), (rows, columns)), settings)
    footprint = labels == row["number"]
    if not footprint.any():
        return found
    values = detector.bands[0].data[footprint]
    return {**found, "footprint_pixels": int(footprint.sum()), "brightest_pixel": float(values.max()),
            "footprint_sum": float(values.sum(dtype=float))}  # fmt: skip


def _read_labels(folder: Path, row: dict[str, Any]) -> np.ndarray:
    """Segmentation map of the image that a row was found on."""
    images = read_catalog(folder / "images.parquet")
    at = int(np.flatnonzero(images["image"] == row["image"])[0])
    stem = images["stem"][at]
    same = [i for i in range(len(images)) if images["stem"][i] == stem and images["columns"][i] > 0]
    return read_segmentation(folder / f"{stem}.segmentation.fits", same.index(at) + 1)

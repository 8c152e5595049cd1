"""Sheets of example images of a neuron, on which several people count, as for the fraction of false sources."""

import re
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Int
from markupsafe import Markup

from skysieve.io.atomic import write_whole
from skysieve.report.page import make_data_url, read_asset
from skysieve.report.sompage import describe_cell, make_environment
from skysieve.report.sompictures import encode_image, encode_picture, measure_ranges, shrink
from skysieve.report.somview import MappedView, MapView
from skysieve.som.cells import find_steps
from skysieve.som.inspection import find_images

IMAGE_SIDE = 96
"""Most pixels of a side in the pictures of a sheet."""


def write_sheet(
    folder: Path, view: MapView, neuron: int, *, count: int = 100, seed: int = 0, linked: Collection[int] = ()
) -> Path | None:
    """Write the sheet of one neuron: images drawn at random among its own, to be counted by clicks.

    Parameters
    ----------
    folder
        Gets ``sheet_X_Y.html``.
    count
        Most images on the sheet.
    seed
        Of the draw, which depends on the neuron too.
    linked
        Neurons whose sheets lie in the same folder: arrow keys lead there.

    Returns
    -------
    Path or None
        The sheet; None for a neuron without images.

    Raises
    ------
    ValueError
        If the view has no mapping or no images.
    """
    mapped = view.mapped
    if mapped is None or mapped.read is None:
        raise ValueError("sheets: they show images of a mapping; give --mapping and --images")
    rows = draw_rows(find_images(mapped.bmus, neuron), count=count, seed=(seed, neuron))
    if not len(rows):
        return None
    text = _render(view, mapped, neuron, rows=rows, linked=linked)
    path = folder / name_sheet(view, neuron)
    with write_whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8", errors="xmlcharrefreplace", newline="\n")
    return path


def draw_rows(rows: Int[np.ndarray, " image"], *, count: int, seed: int | tuple[int, ...]) -> Int[np.ndarray, " drawn"]:
    """Draw at most `count` rows at random, each once, in their order."""
    if len(rows) <= count:
        return rows
    return np.sort(np.random.default_rng(seed).choice(rows, count, replace=False))


def name_sheet(view: MapView, neuron: int) -> str:
    """Return the file name of a neuron's sheet."""
    return f"sheet_{re.sub(r'[^0-9]+', '_', describe_cell(view, neuron)).strip('_')}.html"


def _render(
    view: MapView, mapped: MappedView, neuron: int, *, rows: Int[np.ndarray, " shown"], linked: Collection[int]
) -> str:
    assert mapped.read is not None
    hits = np.bincount(mapped.bmus[mapped.bmus >= 0], minlength=view.trained.lattice.n_neurons)
    steps = [
        step if step in linked and hits[step] else -1 for step in find_steps(view.trained.lattice)[neuron].tolist()
    ]
    pixels = shrink(view.trained.neurons[neuron], side=128)
    ranges = measure_ranges(view.trained.neurons)
    page: dict[str, Any] = {
        "images": [
            {"name": mapped.names[row], "distance": f"{mapped.distances[row]:.3g}",
             "pictures": [make_data_url(one) for one in encode_image(image, side=IMAGE_SIDE, stretch=view.stretch)]}
            for row, image in zip(rows.tolist(), mapped.read(rows), strict=True)
        ],
        "neuron": [
            make_data_url(encode_picture(plane, shown, channel=channel, stretch=view.stretch))
            for channel, (plane, shown) in enumerate(zip(pixels, ranges, strict=True))
        ],
        "links": [name_sheet(view, step) if step >= 0 else "" for step in steps],
        "hits": int(hits[neuron]),
    }  # fmt: skip
    return make_environment().get_template("somsheet.html.j2").render(
        view=view, page=page, neuron=neuron, cell=describe_cell(view, neuron), shown=len(rows),
        css=Markup(read_asset("report.css") + read_asset("som.css")),  # noqa: S704  files of this package
        js=Markup(read_asset("somsheet.js")),  # noqa: S704
    )  # fmt: skip

"""What the page needs to walk over a map by keys: pictures of neurons and of their best and worst images, numbers."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from skysieve.report.page import make_data_url
from skysieve.report.somfigures import name_channels
from skysieve.report.somlattice import place_neurons
from skysieve.report.sompictures import encode_image, encode_picture, measure_ranges, shrink
from skysieve.report.somview import MappedView, MapView
from skysieve.som.cells import find_steps
from skysieve.som.coherence import map_coherence, measure_spread
from skysieve.som.inspection import count_labels, find_best_matches, find_worst_matches, group_images
from skysieve.som.quality import measure_u_matrix

NEURON_SIDE, EXAMPLE_SIDE = 128, 80
"""Most pixels of a side in the pictures of neurons and of images."""

EXAMPLE_BYTES = 12_000_000
"""All pictures of images together, about."""

MOST_EXAMPLES = 6


def make_explorer(view: MapView) -> dict[str, Any]:
    """Gather all that the page shows of each neuron, as plain values for JSON.

    Returns
    -------
    dict
        ``neurons`` has an entry a neuron, in the order of the lattice: its pictures (a channel each), numbers, labels,
        and examples of its images, the best and the worst.
    """
    trained, lattice = view.trained, view.trained.lattice
    pictures, numbers = _draw_neurons(view), _list_numbers(view)
    best, worst = _choose_examples(view)
    examples = [_draw_examples(view, rows) for rows in (best, worst)]
    geometry = trained.geometry
    return {
        "channels": name_channels(trained),
        "hexagonal": lattice.hexagonal,
        "scale": geometry.image_side / geometry.neuron_side,
        "chosen": view.chosen,
        "places": place_neurons(lattice).round(4).tolist(),
        "steps": find_steps(lattice).tolist(),
        "neurons": [
            {
                "cell": cell,
                "pictures": pictures[k],
                "numbers": numbers[k],
                "best": examples[0][k],
                "worst": examples[1][k],
            }
            for k, cell in enumerate(lattice.make_cells().tolist())
        ],
    }


def _draw_neurons(view: MapView) -> list[list[str]]:
    neurons = np.stack([shrink(neuron, side=NEURON_SIDE) for neuron in view.trained.neurons])
    ranges = measure_ranges(neurons)
    return [
        [
            make_data_url(encode_picture(plane, shown, channel=channel, stretch=view.stretch))
            for channel, (plane, shown) in enumerate(zip(neuron, ranges, strict=True))
        ]
        for neuron in neurons
    ]


def _list_numbers(view: MapView) -> list[dict[str, str]]:
    """Name and text of the numbers of each neuron."""
    lattice = view.trained.lattice
    columns: dict[str, Sequence[str]] = {}
    if view.mapped is not None:
        mapped = view.mapped
        spread = measure_spread(mapped.distances, mapped.bmus, lattice.n_neurons)
        total = max(int(spread.hits.sum()), 1)
        columns["images"] = [f"{hits:,} ({100 * hits / total:.1f} %)" for hits in spread.hits.tolist()]
        columns["median distance"] = _write(spread.median)
        columns["scatter of distances"] = _write(spread.scatter)
        if mapped.best_two.shape[1] == 2:
            columns["coherence"] = _write(map_coherence(mapped.best_two, lattice))
        if mapped.labels is not None:
            columns["labels"] = _write_labels(mapped, lattice.n_neurons)
    columns["U-matrix"] = _write(measure_u_matrix(view.trained.neurons, lattice))
    return [{name: texts[k] for name, texts in columns.items()} for k in range(lattice.n_neurons)]


def _write(values: Float[np.ndarray, " neuron"]) -> list[str]:
    return [f"{value:.3g}" if np.isfinite(value) else "unknown" for value in values.tolist()]


def _write_labels(mapped: MappedView, n_neurons: int) -> list[str]:
    assert mapped.labels is not None
    counts = count_labels(mapped.labels, mapped.bmus, n_neurons)
    return [
        ", ".join(
            f"{name} {count[k]}" for name, count in sorted(counts.items(), key=lambda one: -one[1][k]) if count[k]
        )
        or "none"
        for k in range(n_neurons)
    ]


def _choose_examples(view: MapView) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Rows of the best and the worst images of each neuron; none twice."""
    count = view.trained.lattice.n_neurons
    if view.mapped is None or view.mapped.read is None:
        return [np.zeros(0, np.int64)] * count, [np.zeros(0, np.int64)] * count
    channels = view.trained.neurons.shape[1]
    side = min(view.trained.geometry.image_side, EXAMPLE_SIDE)
    most = int(np.clip(EXAMPLE_BYTES / (2 * count * channels * side * side), 1, MOST_EXAMPLES))
    best, worst = [], []
    for rows in group_images(view.mapped.bmus, count):
        first = find_best_matches(view.mapped.distances, count=most, among=rows)
        rest = np.setdiff1d(rows, first)
        best.append(first)
        worst.append(find_worst_matches(view.mapped.distances, count=most, among=rest))
    return best, worst


def _draw_examples(view: MapView, chosen: Sequence[Int[np.ndarray, " _"]]) -> list[list[dict[str, Any]]]:
    mapped = view.mapped
    if mapped is None or mapped.read is None:
        return [[] for _ in chosen]
    read = mapped.read
    return [
        [describe_example(view, mapped, row, image) for row, image in zip(rows.tolist(), read(rows), strict=True)]
        if len(rows)
        else []
        for rows in chosen
    ]


def describe_example(
    view: MapView, mapped: MappedView, row: int, image: Float[np.ndarray, "channel y x"]
) -> dict[str, Any]:
    """Return one image as the page shows it: its name, label, distance, turn [degree], flip, and pictures."""
    return {
        "name": mapped.names[row],
        "label": "" if mapped.labels is None else str(mapped.labels[row]),
        "distance": f"{mapped.distances[row]:.3g}",
        "angle": round(float(np.degrees(mapped.angles[row])), 2),
        "flip": bool(mapped.flips[row]),
        "pictures": [make_data_url(one) for one in encode_image(image, side=EXAMPLE_SIDE, stretch=view.stretch)],
    }

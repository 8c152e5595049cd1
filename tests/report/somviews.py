"""A small map with its mapping and images, drawn by hand, as the pages of maps get them."""

import numpy as np

from skysieve.report.somview import MapView, view_mapping
from skysieve.som.lattice import Lattice
from skysieve.som.mapped import StoredMapping
from skysieve.som.maps import ImageMap
from skysieve.som.transforms import make_geometry

IMAGES, SIDE = 40, 20
ANGLES = (0.0, 1.0, np.pi / 2, 4.0)


def make_blob(x, y, side=SIDE):
    """An image with one bright spot off its center."""
    rows, columns = np.indices((side, side))
    return np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / 4).astype(np.float32)


def make_trained(lattice, channels=1):
    geometry = make_geometry(SIDE, rotations=8)
    middle = geometry.neuron_side / 2
    blobs = [make_blob(middle + k % 5, middle, geometry.neuron_side) for k in range(lattice.n_neurons)]
    neurons = np.stack([np.stack([blob * (c + 1) for c in range(channels)]) for blob in blobs])
    return ImageMap(neurons, lattice, geometry, provenance={"seed": 7, "history": []})


def make_view(lattice=None, *, channels=1, labels=None, names=None, images=True):
    """A view of a map whose image k belongs to neuron k % 5, turned by ANGLES[k // 5 % 4]; the last one is unknown."""
    trained = make_trained(lattice or Lattice((4, 3)), channels)
    count = trained.lattice.n_neurons
    random = np.random.default_rng(1)
    distance = (5 + random.random((IMAGES, count))).astype(np.float32)
    distance[np.arange(IMAGES), np.arange(IMAGES) % min(5, count)] = np.arange(IMAGES) / 10
    distance[-1] = np.nan
    angles = np.array(ANGLES, np.float32)[np.arange(IMAGES) // 5 % 4]
    turns = np.repeat(angles[:, None], count, axis=1)
    stored = StoredMapping(distance, np.ones((IMAGES, count), np.int8), turns, trained.lattice)

    def read(rows):
        return np.stack([np.stack([make_blob(15, 7)] * channels) for _ in rows])

    mapped = view_mapping(stored, labels=labels, names=names, read=read if images else None)
    history = [{"stage": k // 2, "movement": 1 / (k + 1), "quantization_error": None} for k in range(4)]
    return MapView("Map <b>one</b>", trained, mapped, history)

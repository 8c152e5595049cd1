"""The images that match a neuron best, turned onto it."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float32, Int
from scipy import ndimage

from skysieve.io.cutouts import CutoutStore
from skysieve.io.pink import read_pink_images
from skysieve.som.mapped import StoredMapping, read_mapping
from skysieve.som.spatial import locate_in_image


@dataclass(frozen=True, eq=False)
class TurnedImage:
    """An image as it was compared with a neuron.

    Attributes
    ----------
    row
        Of the mapping and of the images, counted from 0.
    distance
        To the neuron.
    pixels
        On the neuron's frame; 0 where the image does not reach.
    """

    row: int
    distance: float
    pixels: Float32[np.ndarray, "channel row column"]


@dataclass(frozen=True, eq=False)
class NearestImages:
    """A mapping with its images; made by `open_nearest_images`."""

    mapping: StoredMapping
    bmu: Int[np.ndarray, " image"]
    source: Path

    def count(self, neuron: int) -> int:
        """Return how many images have this neuron as their best-matching one."""
        return int((self.bmu == neuron).sum())

    def turn(self, neuron: int, *, count: int, side: int) -> tuple[TurnedImage, ...]:
        """Return the images of which the neuron is the best-matching one, the nearest first, turned onto its frame."""
        rows = np.flatnonzero(self.bmu == neuron)
        distance = np.asarray(self.mapping.distance[rows, neuron])
        order = np.argsort(distance, kind="stable")[:count]
        images = _read_images(self.source, rows[order])
        angle, flip = self.mapping.angle[rows[order], neuron], self.mapping.flip[rows[order], neuron]
        return tuple(
            TurnedImage(int(row), float(away), turn_image(image, angle=float(turn), flip=bool(flipped), side=side))
            for row, away, image, turn, flipped in zip(rows[order], distance[order], images, angle, flip, strict=True)
        )


def open_nearest_images(mapping: Path, images: Path, *, n_neurons: int) -> NearestImages:
    """Open a mapping and the images that were mapped: a cutout store or an image file of PINK's.

    Raises
    ------
    ValueError
        If they do not belong together, or to a map of so many neurons.
    """
    found = read_mapping(mapping)
    if found.lattice.n_neurons != n_neurons:
        raise ValueError(f"{mapping}: a mapping to {found.lattice.n_neurons} neurons; the map has {n_neurons}")
    length = _count_images(images)
    if length != len(found):
        raise ValueError(
            f"{images}: {length} images, {mapping.name} has {len(found)}; give the images that were mapped"
        )
    return NearestImages(found, found.rank(1)[:, 0], images)


def turn_image(
    image: Float32[np.ndarray, "channel y x"], *, angle: float, flip: bool, side: int
) -> Float32[np.ndarray, "channel row column"]:
    """Draw an image on a neuron's frame as the mapping turned it, bilinear; NaN counts as 0.

    Parameters
    ----------
    angle, flip
        Clockwise [radian], then up-down.
    side
        Of the neuron [pixel].

    Examples
    --------
    >>> image = np.array([[[1, 0], [0, 0]]], np.float32)
    >>> turn_image(image, angle=np.pi / 2, flip=False, side=2)[0]
    array([[0., 1.],
           [0., 0.]], dtype=float32)
    """
    y, x = np.indices((side, side), dtype=np.float64)
    columns, rows = locate_in_image(x, y, angle=angle, flip=flip, image_side=image.shape[-1], neuron_side=side)
    planes = [ndimage.map_coordinates(np.nan_to_num(plane), [rows, columns], order=1) for plane in image]
    return np.stack(planes).astype(np.float32)


def _count_images(source: Path) -> int:
    if not source.is_dir():
        return len(read_pink_images(source).images)
    with CutoutStore.open(source) as store:
        return len(store)


def _read_images(source: Path, rows: Int[np.ndarray, " pick"]) -> Float32[np.ndarray, "pick channel y x"]:
    if source.is_dir():
        with CutoutStore.open(source) as store:
            batch = store.read(rows)
        return np.where(batch.bad[:, None], np.float32("nan"), batch.image)
    pixels = read_pink_images(source).images
    picked = pixels[rows]
    return np.asarray(picked[:, None] if picked.ndim == 3 else picked, np.float32)

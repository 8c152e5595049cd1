"""From the regions drawn on neurons to the sky: which catalog entries fall into which region, image by image."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int, Shaped
from scipy.spatial import cKDTree

from skysieve.morphology.planes import ImagePlanes
from skysieve.records.annotations import Annotations
from skysieve.som.spatial import locate_in_neuron

PAIRS_AT_ONCE = 2_000_000
"""Pairs of an image and a catalog entry that are in memory at once, about."""


@dataclass(frozen=True, eq=False)
class Positions:
    """Entries of a catalog on the sky [deg]; those that are not finite are nowhere."""

    ra: Float[np.ndarray, " entry"]
    dec: Float[np.ndarray, " entry"]

    def __len__(self) -> int:
        return len(self.ra)


@dataclass(frozen=True, eq=False)
class Matched:
    """Images with the neurons that fit them best, and how they were turned for it.

    Attributes
    ----------
    planes
        Where each image lies on the sky.
    bmu
        Neuron, -1 where there is none; such images have no regions.
    angle, flip
        The image is turned clockwise [radian, row 0 on top], then its rows are reversed where flip is true.
    image_side
        Of the images [pixel].
    """

    planes: ImagePlanes
    bmu: Int[np.ndarray, " image"]
    angle: Float[np.ndarray, " image"]
    flip: Bool[np.ndarray, " image"]
    image_side: int

    def __len__(self) -> int:
        return len(self.bmu)


@dataclass(frozen=True, eq=False)
class Hits:
    """Entries that fall into regions, sorted by image.

    Attributes
    ----------
    image, entry
        Rows of the images and of the channel's catalog.
    label
        Index in ``labels``.
    channel
        Of the region.
    offset
        Distance from the middle of the region [pixel].
    labels
        All labels of regions, sorted.
    """

    image: Int[np.ndarray, " hit"]
    entry: Int[np.ndarray, " hit"]
    label: Int[np.ndarray, " hit"]
    channel: Int[np.ndarray, " hit"]
    offset: Float[np.ndarray, " hit"]
    labels: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.image)


@dataclass(frozen=True, eq=False)
class _RegionTable:
    """Regions of one channel, neuron after neuron; region k has its own mask."""

    masks: Bool[np.ndarray, "region row column"]
    label: Int[np.ndarray, " region"]
    middle: Float[np.ndarray, "region 2"]
    first: Int[np.ndarray, " neuron"]
    count: Int[np.ndarray, " neuron"]


def project_regions(
    matched: Matched, annotations: Annotations, catalogs: Mapping[int, Positions], *, separation: float
) -> Hits:
    """Look up which catalog entries around each image fall into the regions of its neuron.

    Parameters
    ----------
    matched
        The images.
    annotations
        Regions on the neurons' frames.
    catalogs
        The catalog that each channel shows; a channel without one has its regions passed over.
    separation
        Entries farther from an image's center are not looked at [arcsec].

    Returns
    -------
    Hits
        None where nothing falls into a region. An entry in several overlapping regions is listed for each.

    Raises
    ------
    ValueError
        If the separation is not positive or below a degree, or a best-matching unit is beyond the annotated map.

    Notes
    -----
    Entries go to the image by its tangent plane, to the neuron's frame by the image's own transformation
    (`skysieve.som.spatial`), and count for the pixel they fall into. The work is done for some million pairs at a
    time, so memory depends on how many regions there are and not on how many images.
    """
    if not 0 < separation <= 3600:
        raise ValueError(f"separation = {separation}: wanted are arcseconds, above 0 and up to 3600")
    if len(matched) and matched.bmu.max() >= annotations.n_neurons:
        raise ValueError(
            f"best-matching unit {matched.bmu.max()}: the annotated map has {annotations.n_neurons} neurons; "
            "give the annotations of the map that the images were matched with"
        )
    labels = tuple(sorted({region.label for one in annotations.neurons for region in one.regions}))
    parts = [
        part
        for channel, entries in sorted(catalogs.items())
        for part in _project_channel(matched, _tabulate(annotations, channel, labels), entries, separation, channel)
    ]
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)] if parts else _EMPTY
    order = np.lexsort((columns[1], columns[2], columns[3], columns[0]))
    image, entry, label, channels, offset = (column[order] for column in columns)
    return Hits(image, entry, label, channels, offset, labels)


Part = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]
_EMPTY = [np.zeros(0, np.int64)] * 4 + [np.zeros(0)]


def _tabulate(annotations: Annotations, channel: int, labels: tuple[str, ...]) -> _RegionTable:
    found = [
        (one.neuron, labels.index(region.label), region.mask)
        for one in annotations.neurons
        for region in one.regions
        if region.channel == channel and region.mask.any()
    ]
    side = annotations.frame
    masks = np.array([mask for _, _, mask in found], bool).reshape(-1, side, side)
    count = np.bincount(np.array([neuron for neuron, _, _ in found], np.int64), minlength=annotations.n_neurons)
    middle = np.array([np.mean(np.nonzero(mask), axis=1) for mask in masks]).reshape(-1, 2)
    label = np.array([label for _, label, _ in found], np.int64)
    return _RegionTable(masks, label, middle, np.cumsum(count) - count, count)


def _project_channel(
    matched: Matched, table: _RegionTable, entries: Positions, separation: float, channel: int
) -> Iterator[Part]:
    here = np.flatnonzero(np.isfinite(entries.ra) & np.isfinite(entries.dec))
    known = (matched.bmu >= 0) & np.isfinite(matched.planes.center_ra) & np.isfinite(matched.angle)
    with_regions = np.flatnonzero(known & (table.count[matched.bmu] > 0)) if len(table.label) else np.zeros(0, int)
    if not len(here) or not len(with_regions):
        return
    entry_tree = cKDTree(_point(entries.ra[here], entries.dec[here]))
    centers = _point(matched.planes.center_ra[with_regions], matched.planes.center_dec[with_regions])
    chord = 2 * math.sin(math.radians(separation / 3600) / 2)
    for rows in _split(entry_tree, centers, chord):
        # A sparse matrix comes as one array of pairs; astropy's search_around_sky walks them in Python.
        pairs = cKDTree(centers[rows]).sparse_distance_matrix(entry_tree, chord, output_type="ndarray")
        yield _look_up(matched, table, entries, with_regions[rows[pairs["i"]]], here[pairs["j"]], channel=channel)


def _split(tree: cKDTree, centers: Float[np.ndarray, "image 3"], chord: float) -> Iterator[Int[np.ndarray, " row"]]:
    """Split images into parts of some million pairs, counted beforehand."""
    counts = np.asarray(tree.query_ball_point(centers, chord, return_length=True))
    part = np.cumsum(counts) // PAIRS_AT_ONCE
    yield from np.split(np.arange(len(centers)), np.flatnonzero(np.diff(part)) + 1)


def _look_up(
    matched: Matched,
    table: _RegionTable,
    entries: Positions,
    image: Int[np.ndarray, " pair"],
    entry: Int[np.ndarray, " pair"],
    *,
    channel: int,
) -> Part:
    x, y = matched.planes.locate(entries.ra[entry], entries.dec[entry], image)
    side = table.masks.shape[1]
    column, row = locate_in_neuron(
        x, y, angle=matched.angle[image], flip=matched.flip[image], image_side=matched.image_side, neuron_side=side
    )
    count = table.count[matched.bmu[image]]
    pair = np.repeat(np.arange(len(image)), count)
    nth = np.arange(len(pair)) - np.repeat(np.cumsum(count) - count, count)
    region = table.first[matched.bmu[image[pair]]] + nth
    inside = look_up_pixels(table.masks, region, row[pair], column[pair])
    pair, region = pair[inside], region[inside]
    offset = np.hypot(row[pair] - table.middle[region, 0], column[pair] - table.middle[region, 1])
    return image[pair], entry[pair], table.label[region], np.full(len(pair), channel), offset


def look_up_pixels(
    masks: Bool[np.ndarray, "region row column"],
    region: Int[np.ndarray, " pair"],
    row: Float[np.ndarray, " pair"],
    column: Float[np.ndarray, " pair"],
) -> Bool[np.ndarray, " pair"]:
    """Say whether points fall into pixels of their regions; points beyond the frame do not.

    Examples
    --------
    >>> mask = np.array([[[False, True], [False, False]]])
    >>> look_up_pixels(mask, np.array([0, 0]), np.array([0.4, 0.6]), np.array([1.0, 1.0]))
    array([ True, False])
    """
    r, c = (np.floor(np.nan_to_num(place, nan=-1.0) + 0.5).astype(np.int64) for place in (row, column))
    inside = (r >= 0) & (c >= 0) & (r < masks.shape[1]) & (c < masks.shape[2])
    return inside & masks[region, np.where(inside, r, 0), np.where(inside, c, 0)]


def _point(ra: Shaped[np.ndarray, " row"], dec: Shaped[np.ndarray, " row"]) -> Float[np.ndarray, "row 3"]:
    a, d = np.deg2rad(ra), np.deg2rad(dec)
    return np.stack([np.cos(d) * np.cos(a), np.cos(d) * np.sin(a), np.sin(d)], axis=1)

"""What the page of a map is made from: the map, and if there are any its mapping and images."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int

from skysieve.report.sompictures import Stretch
from skysieve.som.inspection import pick_distances, pick_transforms, rank_allowed_neurons
from skysieve.som.mapped import StoredMapping
from skysieve.som.maps import ImageMap

ReadImages = Callable[[np.ndarray], np.ndarray]
"""Gives the images of some rows: (row, channel, y, x), NaN for bad pixels."""


@dataclass(frozen=True, eq=False)
class MappedView:
    """A mapping as the page shows it.

    Attributes
    ----------
    best_two
        The best and the second best neuron of each image (one column for a map of one neuron); -1 unknown.
    distances, angles, flips
        To the best one; angles in radian.
    names
        What each image is called.
    labels
        The label of each image, empty texts for none; None without labels.
    read
        Reads images; None where there are none.
    """

    best_two: Int[np.ndarray, "image two"]
    distances: Float[np.ndarray, " image"]
    angles: Float[np.ndarray, " image"]
    flips: Bool[np.ndarray, " image"]
    names: Sequence[str]
    labels: np.ndarray | None = None
    read: ReadImages | None = None

    @property
    def bmus(self) -> Int[np.ndarray, " image"]:
        """Best-matching unit of each image."""
        return self.best_two[:, 0]


@dataclass(frozen=True, eq=False)
class MapView:
    """All that the page of a map says.

    Attributes
    ----------
    title
        Heading.
    history
        A mapping a pass of training; empty when unknown.
    chosen
        The neuron that the page opens at.
    """

    title: str
    trained: ImageMap
    mapped: MappedView | None = None
    history: Sequence[Mapping[str, Any]] = ()
    chosen: int = 0
    stretch: Stretch = "asinh"
    links: Mapping[str, str] = field(default_factory=dict)


def view_mapping(
    mapping: StoredMapping,
    *,
    allowed: Bool[np.ndarray, " neuron"] | None = None,
    names: Sequence[str] | None = None,
    labels: np.ndarray | None = None,
    read: ReadImages | None = None,
) -> MappedView:
    """Rank the neurons of a mapping for the page.

    Parameters
    ----------
    allowed
        True for neurons that may be a best-matching unit; all by default.
    names
        What the images are called; their numbers by default.

    Raises
    ------
    ValueError
        If names or labels are not one an image.
    """
    for what, given in (("names", names), ("labels", labels)):
        if given is not None and len(given) != len(mapping):
            raise ValueError(
                f"{what}: {len(given)} for {len(mapping)} mapped images; give one for each, in their order"
            )
    usable = np.ones(mapping.lattice.n_neurons, bool) if allowed is None else allowed
    ranked = rank_allowed_neurons(mapping, usable, count=min(2, int(usable.sum())))
    angles, flips = pick_transforms(mapping, ranked[:, 0])
    return MappedView(
        ranked, pick_distances(mapping, ranked[:, 0]), angles, flips, names or [str(k) for k in range(len(mapping))],
        labels, read,
    )  # fmt: skip

"""What a person said about the neurons of a map of images: labels of whole neurons, and labeled regions in them."""

from collections import Counter
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool


@dataclass(frozen=True, eq=False)
class Region:
    """The pixels of one channel of a neuron that carry a label; regions may overlap.

    Attributes
    ----------
    label
        Any text; the empty text is a region that nobody labeled.
    channel
        Counted from 0.
    mask
        True inside, on the neuron's frame, row 0 on top.
    """

    label: str
    channel: int
    mask: Bool[np.ndarray, "row column"]


@dataclass(frozen=True, eq=False)
class NeuronAnnotation:
    """Labels and regions of one neuron; a neuron has at most one region per label and channel."""

    neuron: int
    labels: tuple[str, ...] = ()
    regions: tuple[Region, ...] = ()


@dataclass(frozen=True, eq=False)
class Annotations:
    """What is known of the neurons of one map; a neuron that is not named has no annotation.

    Attributes
    ----------
    neurons
        In ascending order of ``neuron``, each at most once; an index in the order of the map's lattice.
    som_sha256
        Checksum of the map's file of neurons, empty when it is not known.
    n_neurons, frame, channels
        Of the map: neurons, side of a neuron [pixel], channels.

    Raises
    ------
    ValueError
        If a neuron, a channel or a mask does not fit the map, or something is given twice.
    """

    neurons: tuple[NeuronAnnotation, ...]
    som_sha256: str
    n_neurons: int
    frame: int
    channels: int

    def __post_init__(self) -> None:
        numbers = [one.neuron for one in self.neurons]
        if numbers != sorted(set(numbers)):
            raise ValueError("annotations: neurons are given twice or out of order; sort them and join what is double")
        for one in self.neurons:
            _check_neuron(one, self)


def count_labels(annotations: Annotations) -> dict[str, int]:
    """Count the neurons that carry each label, as a whole or in a region; the most frequent first.

    Examples
    --------
    >>> count_labels(Annotations((NeuronAnnotation(2, ("fr2",)),), "", 9, 32, 1))
    {'fr2': 1}
    """
    counts = Counter(
        label for one in annotations.neurons for label in {*one.labels, *(region.label for region in one.regions)}
    )
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _check_neuron(one: NeuronAnnotation, whole: Annotations) -> None:
    where = f"annotations, neuron {one.neuron}"
    if not 0 <= one.neuron < whole.n_neurons:
        raise ValueError(f"{where}: the map has {whole.n_neurons} neurons, counted from 0; give those of this map")
    if len(set(one.labels)) != len(one.labels) or "" in one.labels:
        raise ValueError(f"{where}: labels {one.labels}; wanted are different texts that are not empty")
    seen = {(region.label, region.channel) for region in one.regions}
    if len(seen) != len(one.regions):
        raise ValueError(f"{where}: two regions have the same label and channel; join their masks")
    for region in one.regions:
        if not 0 <= region.channel < whole.channels:
            raise ValueError(f"{where}: a region in channel {region.channel}; the map has {whole.channels} channels")
        if region.mask.shape != (whole.frame, whole.frame):
            raise ValueError(
                f"{where}: the mask of {region.label!r} has {region.mask.shape} pixels; the neurons have {whole.frame} "
                "a side"
            )

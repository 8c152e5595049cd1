"""A mapping in a few numbers: how well the map stands for its images, and how evenly it is used."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from skysieve.som.coherence import Coherence, compare_edge, measure_coherence, measure_spread
from skysieve.som.lattice import Lattice
from skysieve.som.quality import count_hits, measure_quantization_error, measure_topographic_error


@dataclass(frozen=True)
class MappingSummary:
    """What a mapping says of a map.

    Attributes
    ----------
    images, unknown
        Images, and those among them that could not be compared.
    quantization_error, topographic_error
        As in `skysieve.som.quality`.
    coherence
        Images whose two best neurons touch.
    empty
        Neurons that are nobody's best-matching unit.
    edge_ratio
        Scatter of distances within neurons at the edge over that inside; NaN without edge or inside. Well above 1: a
        larger map may help.
    """

    images: int
    unknown: int
    quantization_error: float
    topographic_error: float
    coherence: Coherence
    empty: int
    edge_ratio: float


def summarize_mapping(
    best_two: Int[np.ndarray, "image two"], distances: Float[np.ndarray, " image"], lattice: Lattice
) -> MappingSummary:
    """Measure a mapping.

    Parameters
    ----------
    best_two
        ``StoredMapping.rank(2)``; of a map of one neuron, which has no second best, one column.
    distances
        Of each image to its best neuron, NaN where unknown.
    """
    bmus = best_two[:, 0]
    pairs = best_two if best_two.shape[1] == 2 else np.full((len(best_two), 2), -1)
    spread = measure_spread(distances, bmus, lattice.n_neurons)
    return MappingSummary(
        images=len(bmus),
        unknown=int((bmus < 0).sum()),
        quantization_error=measure_quantization_error(distances),
        topographic_error=measure_topographic_error(pairs, lattice),
        coherence=measure_coherence(pairs, lattice),
        empty=int((count_hits(bmus, lattice.n_neurons) == 0).sum()),
        edge_ratio=compare_edge(spread.scatter, lattice),
    )

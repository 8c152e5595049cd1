"""Images of any source onto one map, a few hundred in memory at a time."""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float32, Int

from skysieve.som.engine import map_batches
from skysieve.som.image_data import ImageSource
from skysieve.som.mapping_table import MappedImages, find_flags, settle_images
from skysieve.som.maps import ImageMap

BATCH = 32
"""Images that are compared together; parts of a mapping are multiples of it, so that their size changes nothing."""
READ = 16 * BATCH
"""Images that are read together."""


def map_rows(
    images: ImageSource, rows: Int[np.ndarray, " row"], som: ImageMap, *, device: str = "cpu"
) -> Iterator[MappedImages]:
    """Map some rows of a source onto a map, `READ` at a time.

    Raises
    ------
    ValueError
        If sizes or channels do not fit.
    """
    scale = np.sqrt(np.array(som.channel_weights, np.float32))[:, None, None]
    flags: list[Int[np.ndarray, " image"]] = []

    def prepare() -> Iterator[Float32[np.ndarray, "image channel y x"]]:
        for start in range(0, len(rows), READ):
            shown: np.ndarray = images.read(rows[start : start + READ])
            for batch in np.split(shown, range(BATCH, len(shown), BATCH)):
                flags.append(find_flags(batch))
                yield batch * scale

    found = map_batches(prepare(), som.neurons * scale, geometry=som.geometry, device=device)
    for number, mapping in enumerate(found):
        yield settle_images(mapping, flags[number], som.geometry)

"""How much memory training takes, told before it starts."""

import os

from skysieve.som.interpolation import ROTATIONS_AT_ONCE
from skysieve.som.regions import make_region
from skysieve.som.schedule import Schedule
from skysieve.som.transforms import Geometry

PROGRAM = 700e6
"""What Python with NumPy, PyTorch, Zarr and Arrow takes itself [byte]."""
UNITS = {"B": 1.0, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30, "Ti": 2.0**40}


def estimate_memory(
    geometry: Geometry, schedule: Schedule, *, n_neurons: int, channels: int, block: int, sample: int, at_once: int = 32
) -> float:
    """Estimate the most memory that training of a map of images takes [byte].

    Parameters
    ----------
    geometry
        Of the map; the stages bring their own rotations.
    schedule
        Its stages.
    n_neurons, channels
        Of the map.
    block
        Images in memory at a time.
    sample
        Images on which convergence is measured.
    at_once
        Images that are compared together.

    Notes
    -----
    Counts tables of rotations (12 bytes for each of 4 corners of each frame pixel, and 8 of 8 entries for each pixel
    of the region), blocks of images (read, scaled, and in all quarter turns while they are put together), the neurons
    (as they are, before the pass, sums, coefficients), sums by rotation, and the scores of the images that are compared
    together. In eight runs of 64 and 150 pixels the process took between 0.7 and 1.02 times as much.
    """
    steps = max(stage.rotations for stage in schedule.stages) / 4
    region, frame = int(make_region(geometry).sum()), geometry.neuron_side**2
    tables = steps * (12 * 4 * (frame + region) + 8 * 8 * region)
    image = 4 * channels * geometry.image_side**2
    images = 11 * block * image + 2 * sample * image
    neurons = 8 * 4 * n_neurons * channels * frame
    turned = ROTATIONS_AT_ONCE * at_once
    scores = 4 * turned * (8 * n_neurons * 3 + 3 * channels * region) + 8 * block * n_neurons * 4
    tracks = 4 * 8 * steps * 8 * min(n_neurons, 8) * geometry.image_side**2 / 8
    return float(PROGRAM + tables + images + neurons + scores + tracks)


def check_memory(needed: float, limit: str | None) -> None:
    """Refuse what does not fit into the limit, or into the machine where there is none.

    Raises
    ------
    ValueError
        If it does not fit.
    """
    machine = float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    allowed = machine if limit is None else parse_size(limit)
    if needed > allowed:
        whose = "the machine has" if limit is None else "memory_limit is"
        raise ValueError(
            f"training needs about {needed / 1e9:.1f} GB; {whose} {allowed / 1e9:.1f} GB: choose a smaller block, "
            "fewer rotations, or a smaller lattice"
        )


def parse_size(text: str) -> float:
    """Return a size such as "4GB" or "512 MiB" in bytes.

    Examples
    --------
    >>> parse_size("4GB"), parse_size("1 KiB")
    (4000000000.0, 1024.0)
    """
    number = text.rstrip("BkKMGTi ")
    unit = text[len(number) :].strip().removesuffix("B") or "B"
    return float(number) * UNITS["k" if unit == "K" else unit]

"""What a run of PINK is asked to do."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from skysieve.som.lattice import Lattice
from skysieve.som.neighborhood import Kind
from skysieve.som.transforms import RegionShape

Start = Literal["zero", "random", "random_with_preferred_direction", "file"]
Store = Literal["off", "overwrite", "keep"]
Rounding = Literal["pink", "exact"]


@dataclass(frozen=True)
class Order:
    """One run: training when ``som`` is None, mapping otherwise. The defaults are those of PINK 2.5.

    Attributes
    ----------
    images, result
        File of images; where the trained neurons or the distances go.
    som, transforms
        Of a mapping: the trained neurons, and where flips and angles go if anywhere.
    lattice, neuron_side, region_side, region, rotations, flip
        Where neurons stand, and how images are compared with them; sides [pixel] that are None follow from the images.
    kind, sigma, rate, max_distance
        Neighborhood of training, its width and reach [cell].
    start, start_file
        Neurons before training.
    seed, passes, shuffle
        Of random neurons and of the order of images.
    prints, store
        How often progress is told, and whether neurons are stored then.
    on_cpu, threads
        Where to compute; ``threads`` None takes what PyTorch takes.
    rounding
        ``pink`` gives PINK's files to the last bit, on the CPU; ``exact`` is faster, by the engine. None is ``pink``
        for training on the CPU, ``exact`` otherwise.
    wins
        Whether to count how often each neuron is the best-matching unit.
    """

    images: Path
    result: Path
    som: Path | None = None
    transforms: Path | None = None
    lattice: Lattice = field(default_factory=Lattice)
    neuron_side: int | None = None
    region_side: int | None = None
    region: RegionShape = "quadratic"
    rotations: int = 360
    flip: bool = True
    kind: Kind = "gaussian"
    sigma: float = 1.1
    rate: float = 0.2
    max_distance: float | None = None
    start: Start = "zero"
    start_file: Path | None = None
    seed: int = 1234
    passes: int = 1
    shuffle: bool = True
    prints: int = 10
    store: Store = "off"
    on_cpu: bool = False
    threads: int | None = None
    rounding: Rounding | None = None
    wins: bool = False


def list_ticks(total: int, prints: int) -> list[int]:
    """Return after how many images progress is told.

    Notes
    -----
    Every total // prints images, beginning one later where that leaves a rest; so there may be more than ``prints``,
    and the last may come before the end.

    Examples
    --------
    >>> list_ticks(20, 4), list_ticks(20, 7)
    ([5, 10, 15, 20], [3, 5, 7, 9, 11, 13, 15, 17, 19])
    """
    prints = min(total, prints)
    length = total // prints
    return list(range(length + (total % prints > 0), total + 1, length))


def list_stores(ticks: list[int], total: int) -> list[int]:
    """Return after how many images neurons are stored: one later than progress is told, never after the last.

    Examples
    --------
    >>> list_stores([5, 10, 15, 20], 20)
    [6, 11, 16]
    """
    return [tick + 1 for tick in ticks if tick + 1 < total]


def name_store(result: Path, number: int) -> Path:
    """Return the file of neurons stored on the way: a number before the suffix, or at the end where there is none.

    Examples
    --------
    >>> name_store(Path("out.d/som.bin"), 0).as_posix(), name_store(Path("./som"), 1).as_posix()
    ('out.d/som_0.bin', 'som_1')
    """
    return result.with_name(f"{result.stem}_{number}{result.suffix}")

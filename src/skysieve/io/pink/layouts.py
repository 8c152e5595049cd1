"""How neurons are laid out in PINK's files; hexagonal ones are told by the length of the file."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from skysieve.io.pink.headers import take_axes, take_number


@dataclass(frozen=True)
class PinkLayout:
    """Sides of a map of neurons as a file states them.

    ``shape`` is (width,), (width, height) or (width, height, depth). ``hexagonal`` maps have two equal odd sides and
    n_neurons = d*d - r*(r+1) with r = (d-1)/2. ``code`` is the layout number in the file: PINK 2.5 writes 0 for
    hexagonal maps too, its documentation says 1.

    Examples
    --------
    >>> PinkLayout((5, 5), hexagonal=True).n_neurons
    19
    """

    shape: tuple[int, ...]
    hexagonal: bool = False
    code: int = 0

    def __post_init__(self) -> None:
        if not 1 <= len(self.shape) <= 3 or min(self.shape) < 1:
            raise ValueError(f"shape = {self.shape}: wanted are one to three sides of at least 1")
        if self.hexagonal and not is_hexagonal_shape(self.shape):
            raise ValueError(f"shape = {self.shape}: a hexagonal map has two equal odd sides")
        if self.code not in {0, int(self.hexagonal)}:
            raise ValueError(f"code = {self.code}: wanted is 0, or 1 for a hexagonal map")

    @property
    def n_neurons(self) -> int:
        """Number of neurons in the map."""
        return count_hexagonal(self.shape) if self.hexagonal else math.prod(self.shape)


def is_hexagonal_shape(shape: tuple[int, ...]) -> bool:
    """Say whether a hexagonal map can have these sides."""
    return len(shape) == 2 and shape[0] == shape[1] and shape[0] % 2 == 1


def count_hexagonal(shape: tuple[int, ...]) -> int:
    """Return the number of neurons of a hexagonal map with these two equal odd sides."""
    radius = (shape[0] - 1) // 2
    return shape[0] ** 2 - radius * (radius + 1)


def take_layout(path: Path, numbers: Iterator[int]) -> tuple[int, tuple[int, ...]]:
    """Return the layout number and the sides that a header states."""
    code = take_number(path, numbers, "layout of the SOM", range(2))
    return code, take_axes(path, numbers, "SOM")


def resolve_layout(
    path: Path, stated: tuple[int, tuple[int, ...]], *, data_bytes: int, neuron_bytes: int
) -> PinkLayout:
    """Find out by the length of the data how the neurons are laid out.

    Parameters
    ----------
    path : Path
        The file, for the message.
    stated : tuple
        Layout number and sides of the header, from ``take_layout``.
    data_bytes : int
        Length of the data behind the header [byte].
    neuron_bytes : int
        How much of it belongs to each neuron [byte]; 0 for a file about no images, where the layout number decides.

    Raises
    ------
    ValueError
        If the length fits neither layout, or fits the cartesian one though the header says hexagonal.
    """
    code, shape = stated
    cartesian = PinkLayout(shape)
    hexagonal = PinkLayout(shape, hexagonal=True, code=code) if is_hexagonal_shape(shape) else None
    if code == 1 and hexagonal is None:
        raise ValueError(f"{path.name}: a hexagonal SOM with sides {shape}; wanted are two equal odd sides")
    fitting = [
        layout
        for layout in ((hexagonal,) if code == 1 else (cartesian, hexagonal))
        if layout is not None and layout.n_neurons * neuron_bytes == data_bytes
    ]
    if not fitting:
        wanted = (hexagonal if code == 1 and hexagonal else cartesian).n_neurons * neuron_bytes
        or_hexagonal = f", or {hexagonal.n_neurons * neuron_bytes} if hexagonal" if code == 0 and hexagonal else ""
        raise ValueError(
            f"{path.name}: {data_bytes} bytes of data are found; its header wants {wanted}{or_hexagonal}; "
            "the file is cut or its header wrong, write it again"
        )
    return fitting[0]

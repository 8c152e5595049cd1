"""Named arrays in one file that cannot run code: a safetensors file, whole or not at all."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import safetensors
from safetensors.numpy import load, save

from skysieve.io.atomic import write_whole


def write_arrays(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write arrays of numbers or booleans under their names; an older file is replaced in one step.

    Raises
    ------
    TypeError
        If an array holds something else.
    """
    wrong = [name for name, array in arrays.items() if array.dtype.kind not in "biuf"]
    if wrong:
        raise TypeError(f"{path.name}: {wrong[0]} is of type {arrays[wrong[0]].dtype}; numbers or booleans are written")
    content = save({name: np.ascontiguousarray(array) for name, array in arrays.items()})
    with write_whole(path) as temporary:
        temporary.write_bytes(content)


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """Read the arrays of a file.

    Raises
    ------
    ValueError
        If the file is absent or not whole.
    """
    if not path.is_file():
        raise ValueError(f"{path}: there is no such file of arrays")
    try:
        return dict(load(path.read_bytes()))
    except safetensors.SafetensorError as error:
        raise ValueError(f"{path.name}: not a whole safetensors file ({error}); make it again") from None

"""Which of several bands is red, which is blue."""

import math
import re
from collections.abc import Sequence

EFFECTIVE_WAVELENGTHS = {
    "u": 360.0, "b": 440.0, "g": 480.0, "v": 550.0, "r": 630.0, "i": 770.0, "z": 900.0, "y": 1000.0,
    "j": 1250.0, "h": 1640.0, "k": 2160.0, "ks": 2160.0, "w1": 3400.0, "w2": 4600.0, "w3": 12000.0, "w4": 22000.0,
    "fuv": 154.0, "nuv": 232.0, "blue": 440.0, "green": 540.0, "red": 630.0,
}  # fmt: skip
"""Rounded effective wavelengths [nm]: enough to order filters, not to calibrate them."""


def measure_wavelength(name: str) -> float:
    """Return the rough wavelength of a filter from its name [nm], NaN when the name says nothing.

    Examples
    --------
    >>> measure_wavelength("DECam-z"), measure_wavelength("F814W"), measure_wavelength("clear")
    (900.0, 814.0, nan)
    """
    for word in re.split(r"[^0-9a-z]+", name.lower()):
        if word.rstrip("'") in EFFECTIVE_WAVELENGTHS:
            return EFFECTIVE_WAVELENGTHS[word]
        numbered = re.fullmatch(r"f(\d{3})(w|m|n|lp|x)", word)
        if numbered:
            number = float(numbered[1])
            return number * 10 if number < 200 else number
    return math.nan


def choose_red_green_blue(names: Sequence[str]) -> tuple[int, int, int]:
    """Return the indices of the bands to show as red, green and blue.

    The reddest, the middle and the bluest where every name is a known filter, else the first, the middle and the
    last as given.

    Raises
    ------
    ValueError
        If there are fewer than three bands.

    Examples
    --------
    >>> choose_red_green_blue(["g", "r", "i", "z"])
    (3, 1, 0)
    """
    if len(names) < 3:
        raise ValueError(f"{len(names)} bands cannot make a color picture; give three or more")
    wavelengths = [measure_wavelength(name) for name in names]
    order = list(range(len(names)))
    if not any(math.isnan(value) for value in wavelengths):
        order.sort(key=lambda index: -wavelengths[index])
    return order[0], order[len(order) // 2], order[-1]

"""What a camera does to light: saturation, charge that runs along columns, dead columns, cosmic rays."""

import numpy as np
from jaxtyping import Float32, Int


def bleed_columns(image: Float32[np.ndarray, "y x"], limit: float) -> None:
    """Let what lies above the full well run up and down its column, half each way, in place.

    Parameters
    ----------
    image : ndarray, shape (y, x)
        Changed so that no pixel is above ``limit``; the charge is kept as long as it finds room in the column.
    limit : float
        The full well [unit of the image].
    """
    over = image > limit
    for column in np.flatnonzero(over.any(axis=0)):
        line = image[:, column].astype(float)
        edges = np.diff(np.concatenate([[0], over[:, column].astype(np.int8), [0]]))
        for start, stop in zip(np.flatnonzero(edges > 0), np.flatnonzero(edges < 0), strict=True):
            excess = float((line[start:stop] - limit).clip(0).sum())
            line[start:stop] = np.minimum(line[start:stop], limit)
            left = _fill(line[stop:], excess / 2, limit)
            left = _fill(line[:start][::-1], excess / 2 + left, limit)
            _fill(line[stop:], left, limit)
        image[:, column] = line


def _fill(line: np.ndarray, charge: float, limit: float) -> float:
    """Fill pixels one after the other up to the limit, in place; return what found no room."""
    room = np.cumsum(np.maximum(limit - line, 0))
    full = int(np.searchsorted(room, charge))
    used = float(room[full - 1]) if full else 0.0
    line[:full] = np.maximum(line[:full], limit)
    if full == len(line):
        return charge - used
    line[full] += charge - used
    return 0.0


def add_cosmic_rays(rng: np.random.Generator, image: Float32[np.ndarray, "y x"], number: int) -> None:
    """Add straight tracks of one pixel's width, in place [electron].

    Their lengths fall exponentially (mean 8 pixels) and their charge is about 1,000 electrons a pixel, as in thick
    CCDs on the ground (Groom 2002, Experimental Astronomy 14, 45).
    """
    rows, columns = image.shape
    for _ in range(number):
        steps = np.arange(1 + rng.exponential(8))
        angle = rng.uniform(0, 2 * np.pi)
        y = np.rint(rng.uniform(0, rows) + steps * np.sin(angle)).astype(int)
        x = np.rint(rng.uniform(0, columns) + steps * np.cos(angle)).astype(int)
        inside = (y >= 0) & (x >= 0) & (y < rows) & (x < columns)
        charge = rng.lognormal(np.log(1000), 0.5) * rng.uniform(0.5, 1.5, len(steps))
        image[y[inside], x[inside]] += charge[inside].astype(np.float32)


def draw_bad_columns(rng: np.random.Generator, columns: int, number: int) -> Int[np.ndarray, " column"]:
    """Draw which columns are dead."""
    return np.sort(rng.choice(columns, min(number, columns), replace=False))

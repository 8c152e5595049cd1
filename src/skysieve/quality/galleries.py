"""Which exposures are worth looking at, chosen by rule, and the pictures of them."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Shaped

from skysieve.io.exposures import InputRecipe, list_detectors, read_detector
from skysieve.quality.labels import CLASSES
from skysieve.records import Detector
from skysieve.report.qualitycolors import CLASS_NAMES
from skysieve.report.qualitycutouts import encode_fingerprint
from skysieve.report.qualitypictures import draw_part, draw_whole

MIXED = 2
"""Mixed exposures in a gallery."""

COLUMNS = 10
"""Cutouts in a row of the picture of one detector."""

ReadPrints = Callable[[str], dict[str, Shaped[np.ndarray, "cluster y x"]]]
"""From the name of an exposure to the cutouts of each of its detectors; nothing for an exposure that is not there."""


@dataclass(frozen=True)
class Choice:
    """One exposure of a gallery: its row, and by which rule it was chosen."""

    row: int
    why: str


@dataclass(frozen=True)
class Looker:
    """Where exposures are looked at again: the ``folder`` of their files, and what reads their fingerprints.

    Where one is None, there are no such pictures; ``side`` is that of pictures [pixel].
    """

    folder: Path | None = None
    read_prints: ReadPrints | None = None
    side: int = 256

    def draw(self, exposure: str, ccd: str) -> list[tuple[str, bytes]]:
        """Draw one detector: the whole, a typical part, and what the judge sees of it.

        Parameters
        ----------
        exposure, ccd : str
            Name of the file, and number of its extension.

        Returns
        -------
        list of tuple
            Captions and pictures (JPEG, PNG); none where there is nothing to read.
        """
        return [*self._draw_pixels(exposure, ccd), *self._draw_prints(exposure, ccd)]

    def _draw_pixels(self, exposure: str, ccd: str) -> list[tuple[str, bytes]]:
        detector = None if self.folder is None else _read(self.folder / exposure, ccd)
        if detector is None:
            return []
        band, (rows, columns) = detector.bands[detector.reference], detector.shape
        part, (x, y) = draw_part(band, side=self.side)
        return [
            (f"Detector {ccd}, {columns} x {rows} pixels", draw_whole(band, side=self.side)),
            (f"A part of it in full size, from pixel ({x}, {y})", part),
        ]

    def _draw_prints(self, exposure: str, ccd: str) -> list[tuple[str, bytes]]:
        prints = {} if self.read_prints is None else self.read_prints(exposure)
        if ccd not in prints:
            return []
        cutouts = prints[ccd]
        empty = int((~np.any(cutouts != 0, axis=(1, 2))).sum())
        words = f"Fingerprint: a source of each of {len(cutouts)} clusters; hatched: {empty} without one"
        return [(words, encode_fingerprint(_fold(cutouts)))]

    def draw_all_prints(self, exposure: str) -> list[tuple[str, bytes]]:
        """Draw the fingerprint of an exposure of several detectors: a row a detector, a column a cluster."""
        prints = {} if self.read_prints is None else self.read_prints(exposure)
        if len(prints) < 2:
            return []
        words = f"Fingerprint of the exposure: {len(prints)} detectors (rows), one source of each cluster (columns)"
        return [(words, encode_fingerprint(np.stack(list(prints.values()))))]


def choose_cases(probability: Float[np.ndarray, "exposure label"], *, mixed: int = MIXED) -> list[Choice]:
    """Choose exposures for a gallery.

    Parameters
    ----------
    probability : ndarray, shape (exposure, label)
        Of ``CLASSES``; rows of NaN are never chosen.
    mixed : int
        How many mixed ones.

    Returns
    -------
    list of Choice
        The surest exposure of each class that is the most probable of some exposure, then those of the largest entropy;
        none twice.

    Examples
    --------
    >>> chances = np.array([[0.9, 0.1, 0, 0, 0], [0.6, 0.4, 0, 0, 0], [0.0, 0.2, 0.8, 0, 0]])
    >>> [choice.row for choice in choose_cases(chances)]
    [0, 2, 1]
    """
    known = np.isfinite(probability).all(axis=1)
    safe = np.where(known[:, None], probability, 0.0)
    likely = np.where(known, safe.argmax(axis=1), -1)
    chosen = []
    for number, name in enumerate(CLASSES):
        rows = np.flatnonzero(likely == number)
        if len(rows):
            best = int(rows[safe[rows, number].argmax()])
            chosen.append(Choice(best, f"The surest of {len(rows)}: {CLASS_NAMES[name]}"))
    entropy = -(safe * np.log(np.maximum(safe, 1e-12))).sum(axis=1)
    taken = {one.row for one in chosen}
    order = [int(row) for row in np.argsort(-entropy, kind="stable") if known[row] and int(row) not in taken]
    return [*chosen, *(Choice(row, "Mixed: its probabilities are spread widely") for row in order[:mixed])]


def choose_spread(points: Float[np.ndarray, "exposure axis"], *, count: int) -> list[int]:
    """Choose exposures that are spread evenly over a plane: each the farthest from those chosen before.

    Rows with NaN are never chosen. The first is the one nearest to the median.

    Examples
    --------
    >>> choose_spread(np.array([[0.0, 0.0], [0.2, 0.0], [9.0, 0.0]]), count=2)
    [1, 2]
    """
    rows = np.flatnonzero(np.isfinite(points).all(axis=1))
    if not len(rows):
        return []
    known = points[rows]
    low, high = np.percentile(known, [2, 98], axis=0)
    scaled = (known - np.median(known, axis=0)) / np.where(high > low, high - low, 1.0)
    distance = np.full(len(rows), np.inf)
    last, chosen = int(np.hypot(*scaled.T).argmin()), []
    for _ in range(min(count, len(rows))):
        chosen.append(int(rows[last]))
        distance = np.minimum(distance, ((scaled - scaled[last]) ** 2).sum(axis=1))
        distance[last] = -1
        last = int(distance.argmax())
    return chosen


def open_fingerprints(path: Path) -> ReadPrints:
    """Open a store of fingerprints for reading by the name of an exposure.

    Raises
    ------
    ValueError
        If it is none.
    """
    # The store needs the judge, which the pages of tables alone do without.
    from skysieve.quality.fingerprint_store import list_prints, open_prints, read_look  # noqa: PLC0415

    store = open_prints(path)
    rows = list_prints(store)

    def read(exposure: str) -> dict[str, Shaped[np.ndarray, "cluster y x"]]:
        if exposure not in rows:
            return {}
        seen = read_look(store, rows[exposure]).seen
        if seen.views is None:
            return {}
        names = [address.extension or "0" for address in seen.addresses]
        return dict(zip(names, seen.views.cutouts, strict=True))

    return read


def _fold(cutouts: Shaped[np.ndarray, "cluster y x"]) -> Shaped[np.ndarray, "row column y x"]:
    """Put the cutouts of one detector in rows; a last row that is short is filled with nothing."""
    missing = -len(cutouts) % COLUMNS
    filled = np.concatenate([cutouts, np.zeros((missing, *cutouts.shape[1:]), cutouts.dtype)])
    return filled.reshape(-1, COLUMNS, *cutouts.shape[1:])


def _read(path: Path, ccd: str) -> Detector | None:
    """Read one detector of a file; None where it is not there or cannot be read."""
    if not path.is_file():
        return None
    inputs = InputRecipe()
    for address in list_detectors([path], recipe=inputs):
        if (address.extension or "0") == ccd and address.bands:
            try:
                return read_detector(address, inputs)
            except (OSError, ValueError):
                return None
    return None

"""What a map would learn from: a set of images is looked through before it is trained on."""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float, Float32

from skysieve.io.atomic import write_whole
from skysieve.morphology.imagesets import ImageSet
from skysieve.morphology.steps import UNUSABLE, PreparationFlag
from skysieve.records import decode_flags
from skysieve.som.image_data import hide_bad

FAR = 5.0
"""Robust standard deviations of the logarithm of a channel's sum beyond which an image is an outlier."""

FEWEST = 10
"""Of fewer images none is an outlier."""

NAMED = 20
"""Rows that a report names of each kind."""

SHOWN = 24
"""Images kept for the page."""


@dataclass(frozen=True)
class ChannelSums:
    """Sums of one channel's pixels over the usable images: how many are filled, percentiles, share of all channels."""

    band: str
    n_filled: int
    percentile_16: float
    median: float
    percentile_84: float
    share: float


@dataclass(frozen=True)
class Finding:
    """Images of one kind: how many there are, and the rows of the first of them."""

    count: int
    rows: tuple[int, ...]


@dataclass(frozen=True)
class SanityReport:
    """What was found in a set of images; plain numbers, for JSON.

    ``classes`` counts images by label and ``imbalance`` is the largest of them over the smallest, NaN without labels.
    ``duplicates`` are usable images equal to an earlier one in every pixel; ``faint`` and ``bright`` those whose sum in
    a channel lies more than five robust standard deviations off; ``beyond_one`` those with pixels outside 0 to 1,
    which PINK's 8-bit distances on a GPU wrap around.
    """

    n_images: int
    n_usable: int
    flags: Mapping[str, int]
    channels: tuple[ChannelSums, ...]
    classes: Mapping[str, int]
    imbalance: float
    empty: Finding
    constant: Finding
    duplicates: Finding
    faint: Finding
    bright: Finding
    beyond_one: Finding
    bad_fraction: float


@dataclass(frozen=True, eq=False)
class Inspection:
    """The report with what figures are drawn from: sums of all images, examples, and the mean image."""

    report: SanityReport
    sums: Float[np.ndarray, "image channel"]
    examples: Float32[np.ndarray, "example channel y x"]
    mean: Float[np.ndarray, "channel y x"]


@dataclass(frozen=True, eq=False)
class _Scan:
    """What one walk through the pixels gives, an entry an image."""

    sums: Float[np.ndarray, "image channel"]
    empty: Bool[np.ndarray, " image"]
    constant: Bool[np.ndarray, " image"]
    duplicate: Bool[np.ndarray, " image"]
    beyond: Bool[np.ndarray, " image"]
    bad: Float[np.ndarray, " image"]
    mean: Float[np.ndarray, "channel y x"]
    examples: Float32[np.ndarray, "example channel y x"]


def inspect_images(images: ImageSet, *, label: str = "", seed: int = 0) -> Inspection:
    """Look through a set of images, a few in memory at a time.

    Parameters
    ----------
    images : ImageSet
        From ``open_images``.
    label : str
        Column of the rows with the class of each image; none by default.
    seed : int
        Chooses the examples.

    Raises
    ------
    ValueError
        If there is no such column.
    """
    rows = images.read_rows(slice(None))
    if label and label not in rows.names:
        raise ValueError(f"--label {label}: the rows have no such column; there are {', '.join(rows.names)}")
    scan = _scan(images, seed=seed)
    known = rows.columns.get("preparation_flags", np.zeros(images.length, np.int32))
    usable = ~scan.empty & ((known & int(UNUSABLE)) == 0)
    classes = Counter(rows[label].astype(str).tolist()) if label else Counter[str]()
    faint, bright = _find_outliers(scan.sums, usable)
    report = SanityReport(
        n_images=images.length,
        n_usable=int(usable.sum()),
        flags=dict(Counter(name for value in known.tolist() for name in decode_flags(value, PreparationFlag))),
        channels=_summarize_sums(scan.sums[usable], images.header.bands),
        classes=dict(sorted(classes.items())),
        imbalance=max(classes.values()) / min(classes.values()) if classes else float("nan"),
        empty=_name_rows(scan.empty),
        constant=_name_rows(scan.constant),
        duplicates=_name_rows(scan.duplicate),
        faint=_name_rows(faint),
        bright=_name_rows(bright),
        beyond_one=_name_rows(scan.beyond),
        bad_fraction=float(scan.bad.mean()) if images.length else 0.0,
    )
    return Inspection(report, scan.sums[usable], scan.examples, scan.mean)


def write_sanity_report(path: Path, report: SanityReport) -> None:
    """Write a report as JSON, whole or not at all; NaN becomes null."""
    plain = json.loads(json.dumps(asdict(report)), parse_constant=lambda _: None)
    with write_whole(path) as temporary:
        temporary.write_text(json.dumps(plain, indent=1) + "\n", encoding="utf-8")


def _scan(images: ImageSet, *, seed: int) -> _Scan:
    """Walk through the pixels once."""
    n_channels, step = len(images.header.bands), images.count_at_once()
    chosen = np.random.default_rng(seed).choice(images.length, min(SHOWN, images.length), replace=False)
    chosen.sort()
    sums, bad = np.zeros((images.length, n_channels)), np.zeros(images.length)
    empty, constant, duplicate, beyond = np.zeros((4, images.length), bool)
    total, seen = np.zeros((n_channels, *images.header.shape)), set[bytes]()
    examples: list[Float32[np.ndarray, "channel y x"]] = []
    for start in range(0, images.length, step):
        part = slice(start, start + step)
        pixels = hide_bad(images.read(part))
        filled = np.nan_to_num(pixels)
        sums[part], bad[part] = filled.sum(axis=(2, 3), dtype=np.float64), np.isnan(pixels).mean(axis=(1, 2, 3))
        low, high = filled.min(axis=(1, 2, 3)), filled.max(axis=(1, 2, 3))
        empty[part] = ~filled.any(axis=(1, 2, 3))
        constant[part] = (low == high) & ~empty[part]
        beyond[part] = (low < 0) | (high > 1)
        duplicate[part] = [not none and _meet(one, seen) for one, none in zip(pixels, empty[part], strict=True)]
        total += filled.sum(axis=0)
        examples += [pixels[row - start] for row in chosen if start <= row < start + step]
    shown = np.stack(examples) if examples else np.zeros((0, n_channels, *images.header.shape), np.float32)
    return _Scan(sums, empty, constant, duplicate, beyond, bad, total / max(images.length, 1), shown)


def _meet(image: Float32[np.ndarray, "channel y x"], seen: set[bytes]) -> bool:
    """Tell whether an image was met before, and remember it."""
    digest = hashlib.blake2b(np.ascontiguousarray(image).tobytes(), digest_size=16).digest()
    met = digest in seen
    seen.add(digest)
    return met


def _summarize_sums(sums: Float[np.ndarray, "image channel"], bands: Sequence[str]) -> tuple[ChannelSums, ...]:
    """Summarize each channel over the images in which it is not empty."""
    filled = [one[one != 0] for one in sums.T]
    levels = [np.percentile(one, (16, 50, 84)).tolist() if one.size else [0.0, 0.0, 0.0] for one in filled]
    total = sum(middle for _, middle, _ in levels)
    return tuple(
        ChannelSums(band, one.size, low, middle, high, middle / total if total > 0 else 0.0)
        for band, one, (low, middle, high) in zip(bands, filled, levels, strict=True)
    )


def _find_outliers(
    sums: Float[np.ndarray, "image channel"], usable: Bool[np.ndarray, " image"]
) -> tuple[Bool[np.ndarray, " image"], Bool[np.ndarray, " image"]]:
    """Return which usable images are far fainter, and which far brighter, than most in some channel."""
    faint, bright = np.zeros((2, len(sums)), bool)
    for one in sums.T:
        filled = usable & (one > 0)
        if np.count_nonzero(filled) < FEWEST:
            continue
        levels = np.log(one[filled])
        away = levels - np.median(levels)
        spread = 1.4826 * float(np.median(np.abs(away)))
        faint[filled] |= away < -FAR * spread
        bright[filled] |= away > FAR * spread
    return faint, bright


def _name_rows(found: Bool[np.ndarray, " image"]) -> Finding:
    rows = np.flatnonzero(found)
    return Finding(len(rows), tuple(rows[:NAMED].tolist()))

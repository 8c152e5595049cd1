"""Numbers of detections in narrow bins of magnitude, which can be added over images and rounds."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from jaxtyping import Bool

from skysieve.records import Catalog

Histogram = Mapping[str, int]
"""Number of the bin (its lower edge in units of the width, as text, since it travels through JSON) -> detections."""


@dataclass(frozen=True)
class Counts:
    """What one method found on one image.

    Parameters
    ----------
    catalog, negated, blank : mapping
        Detections on the image as it is, on its negative, and on noise alone.
    new, spurious : mapping
        Detections that injections brought, and those of them that match no injected source.
    messages : tuple of str
        Why something lacks.
    """

    catalog: Histogram = field(default_factory=dict)
    negated: Histogram = field(default_factory=dict)
    blank: Histogram = field(default_factory=dict)
    new: Histogram = field(default_factory=dict)
    spurious: Histogram = field(default_factory=dict)
    messages: tuple[str, ...] = ()


def count_detections(
    catalog: Catalog, *, zeropoint: float, width: float, chosen: Bool[np.ndarray, " detection"] | None = None
) -> dict[str, int]:
    """Count detections by the magnitude of their Kron flux; those without a positive flux are left out.

    Parameters
    ----------
    catalog : Catalog
        With the column ``flux_kron`` [image unit].
    zeropoint : float
        Magnitude of one image unit.
    width : float
        Width of a bin [mag].
    chosen : ndarray of bool, shape (detection,), optional
        Which to count; all without it.

    Examples
    --------
    >>> from skysieve.records import Column
    >>> light = Catalog((Column("flux_kron", "f8"),), {"flux_kron": np.array([1.0, 1.0, 100.0, -1.0])})
    >>> count_detections(light, zeropoint=25.2, width=0.5)
    {'40': 1, '50': 2}
    """
    flux = catalog["flux_kron"].astype(float)
    flux = flux if chosen is None else flux[chosen]
    flux = flux[np.isfinite(flux) & (flux > 0)]
    bins, numbers = np.unique(np.floor((zeropoint - 2.5 * np.log10(flux)) / width).astype(int), return_counts=True)
    return {str(one): number for one, number in zip(bins.tolist(), numbers.tolist(), strict=True)}


def add_histograms(*histograms: Histogram) -> dict[str, int]:
    """Add counts bin by bin, brightest first.

    Examples
    --------
    >>> add_histograms({"3": 1}, {"-2": 5, "3": 2})
    {'-2': 5, '3': 3}
    """
    bins = sorted({int(one) for histogram in histograms for one in histogram})
    return {str(one): sum(histogram.get(str(one), 0) for histogram in histograms) for one in bins}


def add_counts(parts: list[Counts]) -> Counts:
    """Add what was counted on several images or rounds; messages are kept once."""
    names = ("catalog", "negated", "blank", "new", "spurious")
    sums = {name: add_histograms(*(getattr(part, name) for part in parts)) for name in names}
    return Counts(**sums, messages=tuple(dict.fromkeys(words for part in parts for words in part.messages)))


def dump_counts(counts: Counts) -> dict[str, Any]:
    """Return counts as JSON values."""
    return asdict(counts)


def parse_counts(plain: Mapping[str, Any]) -> Counts:
    """Return the counts that ``dump_counts`` made JSON values of."""
    return Counts(**{**plain, "messages": tuple(plain["messages"])})

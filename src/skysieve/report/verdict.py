"""What a run found, in sentences: troubles first."""

from dataclasses import dataclass

import numpy as np

from skysieve.records import Catalog, ImageFlag, describe_flags
from skysieve.report.quantities import IMAGE_WIDE, get_flags, get_numbers, measure_magnitudes

_GRAVE = (
    ImageFlag.UNREADABLE | ImageFlag.TRUNCATED | ImageFlag.TOO_SMALL | ImageFlag.ALL_BAD | ImageFlag.CONSTANT
    | ImageFlag.NO_SOURCES | ImageFlag.FAILED
)  # fmt: skip
"""Flags of images that gave no catalog, or not the whole one."""

_MINOR = ImageFlag.NO_WCS | ImageFlag.NO_ZEROPOINT | ImageFlag.NO_EXPTIME | ImageFlag.DUPLICATE_EXTNAME
"""Flags that say what the header lacks; the pixels may be fine."""


@dataclass(frozen=True)
class Verdict:
    """One sentence with its weight: ``"problem"``, ``"caution"`` or ``"fine"``."""

    weight: str
    text: str


def judge_run(images: Catalog, catalog: Catalog) -> tuple[Verdict, ...]:
    """Return the verdict on a run: problems, then cautions, then what is fine.

    Parameters
    ----------
    images : Catalog
        A row an image; absent columns are taken as nothing known.
    catalog : Catalog
        All sources.
    """
    found = (*_judge_image_flags(images), *_judge_outliers(images), *_judge_sources(catalog))
    if not any(verdict.weight == "problem" for verdict in found):
        ending = "image gave" if len(images) == 1 else "images gave"
        found = (*found, Verdict("fine", f"{len(images)} {ending} a catalog, {len(catalog)} sources in all."))
    order = ("problem", "caution", "fine")
    return tuple(sorted(found, key=lambda verdict: order.index(verdict.weight)))


def rank_image(flags: int) -> int:
    """Return 0 for an image with a grave flag, 1 for any other but those about missing header entries, else 2."""
    if flags & _GRAVE:
        return 0
    return 1 if flags & ~int(_MINOR) else 2


def get_labels(images: Catalog) -> list[str]:
    """Return the labels of the images, row numbers where the table has none."""
    return [str(v) for v in images["image"]] if "image" in images.names else [str(k) for k in range(len(images))]


def _judge_image_flags(images: Catalog) -> list[Verdict]:
    """One sentence for each image flag that is set."""
    flags, labels = get_flags(images), get_labels(images)
    verdicts = []
    for value, sentence in describe_flags(ImageFlag).values():
        rows = [label for label, bits in zip(labels, flags, strict=True) if int(bits) & value]
        if rows:
            weight = "problem" if value & _GRAVE else "caution"
            verdicts.append(Verdict(weight, f"{len(rows)} of {len(labels)} images: {sentence} ({_list_some(rows)})."))
    return verdicts


def _judge_outliers(images: Catalog) -> list[Verdict]:
    """Sentences on images whose seeing, star shapes or depth stand apart from the run."""
    labels = np.array(get_labels(images), dtype=object)
    fwhm, depth = get_numbers(images, "fwhm"), get_numbers(images, "limiting_mag")
    shape = get_numbers(images, "ellipticity")
    verdicts = []
    if np.isfinite(fwhm).sum() >= 4:
        rows = fwhm > 1.3 * np.nanmedian(fwhm)
        words = [f"{label}: {value:.2f}" for label, value in zip(labels[rows], fwhm[rows], strict=True)]
        verdicts += _mention(
            words, f"stars more than 30 % wider than the run's median of {np.nanmedian(fwhm):.2f} pixel"
        )
    if np.isfinite(depth).sum() >= 4:
        rows = depth < np.nanmedian(depth) - 0.5
        words = [f"{label}: {value:.2f}" for label, value in zip(labels[rows], depth[rows], strict=True)]
        verdicts += _mention(
            words, f"at least 0.5 mag shallower than the run's median of {np.nanmedian(depth):.2f} mag"
        )
    rows = shape > 0.2
    words = [f"{label}: {value:.2f}" for label, value in zip(labels[rows], shape[rows], strict=True)]
    return verdicts + _mention(words, "stars with an ellipticity above 0.2 (guiding, focus or wind)")


def _mention(words: list[str], what: str) -> list[Verdict]:
    ending = "image has" if len(words) == 1 else "images have"
    if "shallower" in what:
        ending = "image is" if len(words) == 1 else "images are"
    return [Verdict("caution", f"{len(words)} {ending} {what} ({_list_some(words)}).")] if words else []


def _judge_sources(catalog: Catalog) -> list[Verdict]:
    """Sentences on the catalog as a whole."""
    if not len(catalog):
        return [Verdict("problem", "No source was found: the catalog is empty.")]
    verdicts = []
    flagged = get_flags(catalog, ignore=IMAGE_WIDE)
    share = np.count_nonzero(flagged) / len(catalog)
    counts = {name: int(np.count_nonzero(flagged & bit)) for name, (bit, _) in describe_flags().items()}
    most = max(counts, key=lambda name: counts[name])
    if share > 0:
        text = f"{share:.1%} of the sources carry a quality flag, most often {most} ({counts[most]})."
        verdicts.append(Verdict("caution" if share > 0.5 else "fine", text))
    if not measure_magnitudes(catalog).calibrated:
        verdicts.append(Verdict("caution", "No photometric zeropoint is known: magnitudes are instrumental."))
    return verdicts


def _list_some(words: list[str], *, limit: int = 5) -> str:
    rest = len(words) - limit
    return ", ".join(words[:limit]) + (f" and {rest} more" if rest > 0 else "")

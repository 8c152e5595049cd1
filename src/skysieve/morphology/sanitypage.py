"""The sanity report as a page."""

from dataclasses import astuple
from pathlib import Path
from typing import Any

from skysieve.config import dump_recipe
from skysieve.morphology.imagesets import ImageSet
from skysieve.morphology.preparation_recipe import PreparationRecipe
from skysieve.morphology.sanity import Finding, Inspection
from skysieve.report.preparationfigures import draw_channel_sums, draw_classes, draw_examples, draw_mean_image
from skysieve.report.scorepage import ScoreSummary, ScoreTable, write_score_page

FINDINGS = {
    "empty": "all pixels are zero",
    "constant": "all pixels are the same",
    "duplicates": "equal to an earlier image in every pixel",
    "faint": "far fainter than most, in some channel",
    "bright": "far brighter than most, in some channel",
    "beyond_one": "pixels outside 0 to 1",
}


def write_sanity_page(path: Path, images: ImageSet, inspection: Inspection, *, name: str) -> None:
    """Write what was found in a set of images as one HTML page, whole or not at all.

    Parameters
    ----------
    path : Path
        The page.
    images : ImageSet
        The set that was inspected.
    inspection : Inspection
        From ``inspect_images``.
    name : str
        What the set is called in the heading.
    """
    report, bands = inspection.report, images.header.bands
    found = {key: getattr(report, key) for key in FINDINGS}
    tables = (
        ScoreTable("Images", ("", "images"), _count_images(inspection)),
        ScoreTable("Worth a look", ("kind", "images", "first rows"), [_describe(k, one) for k, one in found.items()]),
        ScoreTable(
            "Channels",
            ("channel", "filled", "sum, 16th percentile", "median", "84th percentile", "share of the medians"),
            [(c.band, str(c.n_filled), *(f"{value:.4g}" for value in astuple(c)[2:])) for c in report.channels],
        ),
    )
    panels = (
        draw_classes(report.classes),
        draw_channel_sums(inspection.sums, bands),
        draw_examples(inspection.examples, bands),
        draw_mean_image(inspection.mean, bands),
    )
    provenance = {"preparation": _tell(images.preparation) or "none: cutouts as they are"}
    write_score_page(path, ScoreSummary(f"Images to learn from: {name}", tables, panels, provenance))


def _tell(recipe: PreparationRecipe | None) -> dict[str, Any]:
    """Return the recipe as plain values, without the settings of steps that it does not take."""
    if recipe is None:
        return {}
    plain = dump_recipe(recipe)
    for channel in (plain["channel"], *plain["bands"].values()):
        for unused in set(channel) - {"steps", *channel["steps"]}:
            del channel[unused]
    return plain


def _count_images(inspection: Inspection) -> list[tuple[str, str]]:
    report = inspection.report
    flags = [(f"flag {name}", str(count)) for name, count in sorted(report.flags.items())]
    return [("all", str(report.n_images)), ("usable", str(report.n_usable)), *flags,
            ("share of bad pixels", f"{report.bad_fraction:.3g}")]  # fmt: skip


def _describe(kind: str, found: Finding) -> tuple[str, str, str]:
    rows = ", ".join(map(str, found.rows)) + (", ..." if found.count > len(found.rows) else "")
    return (FINDINGS[kind], str(found.count), rows)

"""One round of injections: put in, measured by every method, matched, set down as rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

from skysieve.extraction import Extraction
from skysieve.extraction.recipe import Method
from skysieve.records import Catalog, Detector, PsfModel
from skysieve.trust.conditions import Conditions
from skysieve.trust.counts import Counts, count_detections
from skysieve.trust.injection import Injected, inject
from skysieve.trust.matching import Match, match_sources
from skysieve.trust.measuring import measure_image
from skysieve.trust.population import Round, draw_population
from skysieve.trust.recipe import MatchingRecipe, TrustRecipe
from skysieve.trust.rows import add_method, find_isolated, make_truth_rows, measure_neighbors
from skysieve.trust.truth import measure_true_flux, measure_true_shapes

IDS_PER_IMAGE = 100_000_000
IDS_PER_ROUND = 100_000


@dataclass(frozen=True)
class Setting:
    """All that a round needs to know of its image.

    ``originals`` holds each method's catalog of the image as it is; ``psf`` is the one that the user gave, ``psfs``
    those with which sources are drawn, one a band.
    """

    detector: Detector
    conditions: Conditions
    psfs: tuple[PsfModel, ...]
    originals: Mapping[Method, Catalog]
    image_index: int = 0
    psf: PsfModel | None = None


@dataclass(frozen=True)
class RoundResult:
    """Rows of the injected sources, and the new detections of each method."""

    rows: Catalog
    counts: dict[str, Counts]


def measure_round(setting: Setting, number: int, recipe: TrustRecipe) -> RoundResult:
    """Inject the sources of one round, measure the image by every method, and match.

    Parameters
    ----------
    setting : Setting
        The image and what was found on it.
    number : int
        Which round.
    recipe : TrustRecipe
        All settings.

    Returns
    -------
    RoundResult
        Zero rows where no position is good. A method that is not run in this round has no columns in it.
    """
    chosen, injected = inject_round(setting, number, recipe)
    first = next(iter(setting.originals.values()))
    rows = make_truth_rows(
        chosen, setting.conditions,
        measure_true_shapes(injected.drawn[setting.detector.reference], cut=_find_cut(setting, recipe)),
        label=setting.detector.label, first_id=setting.image_index * IDS_PER_IMAGE + number * IDS_PER_ROUND,
        neighbor=measure_neighbors(chosen.profiles.x, chosen.profiles.y, first),
    )  # fmt: skip
    counts: dict[str, Counts] = {}
    for method, original in setting.originals.items():
        if not is_measured(method, number, recipe):
            continue
        found = measure_image(injected.detector, recipe.chain, method=method, psf=setting.psf)
        if isinstance(found, str):
            counts[method] = Counts(messages=(found,))
            continue
        match = _match(chosen, found, original, setting.conditions, recipe=recipe.matching)
        rows = _add_columns(rows, method, match, found, injected=injected, setting=setting, recipe=recipe)
        counts[method] = _count_new(match, found.catalog, setting.conditions, width=recipe.binning.width)
    return RoundResult(rows, counts)


def inject_round(setting: Setting, number: int, recipe: TrustRecipe) -> tuple[Round, Injected]:
    """Choose the sources of a round and put them into a copy of the image."""
    detector, conditions = setting.detector, setting.conditions
    bad = np.logical_or.reduce([band.bad for band in detector.bands])
    chosen = draw_population(number, conditions, recipe, bad=bad, image_index=setting.image_index)
    injected = inject(
        detector, chosen.profiles, setting.psfs, conditions=conditions, recipe=recipe.injection,
        seed=[recipe.chain.seed, setting.image_index, number],
    )  # fmt: skip
    return chosen, injected


def is_measured(method: str, number: int, recipe: TrustRecipe) -> bool:
    """Tell whether a method runs in a round; photutils skips most, an even number of them so that both placements come.

    Examples
    --------
    >>> [number for number in range(9) if is_measured("photutils", number, TrustRecipe())]
    [0, 5]
    """
    step = round(1 / recipe.photutils_share) | 1
    return method != "photutils" or number % step == 0


def _find_cut(setting: Setting, recipe: TrustRecipe) -> float:
    """Surface brightness above which shapes are measured [image unit]."""
    extraction = recipe.chain.extraction
    detection = extraction.detection if extraction.mode == "single" else extraction.hot
    return detection.threshold * setting.conditions.noise


def _match(
    chosen: Round, found: Extraction, original: Catalog, conditions: Conditions, *, recipe: MatchingRecipe
) -> Match:
    """Match the sources of a round to detections."""
    p = chosen.profiles
    size = np.where(p.is_star, 0.0, p.half_light_radius)
    radius = np.maximum(recipe.radius * np.hypot(conditions.fwhm, 2 * size), recipe.least)
    return match_sources(
        p.x, p.y, radius=radius, detections=found.catalog, labels=found.labels, original=original,
        old_share=recipe.old_share, fwhm=conditions.fwhm,
    )  # fmt: skip


def _add_columns(
    rows: Catalog,
    method: Method,
    match: Match,
    found: Extraction,
    *,
    injected: Injected,
    setting: Setting,
    recipe: TrustRecipe,
) -> Catalog:
    """Add the columns of one method to the rows of a round."""
    bands = setting.detector.bands
    several = [f"_{band.name}" for band in bands] if len(bands) > 1 else []
    recovered = np.flatnonzero(match.row >= 0)
    detections = found.catalog.take(match.row[recovered])
    flux = [measure_true_flux(drawn, recovered, detections) for drawn in injected.drawn]
    main = flux[setting.detector.reference]
    return add_method(
        rows, method, match, detections=found.catalog,
        isolated=find_isolated(
            found.catalog, original=setting.originals[method], gap=recipe.matching.isolated * setting.conditions.fwhm
        ),
        true_flux=np.stack([main, *flux]) if several else main[None], bands=["", *several],
    )  # fmt: skip


def _count_new(match: Match, detections: Catalog, conditions: Conditions, *, width: float) -> Counts:
    """Count what the injections brought."""
    count = partial(count_detections, detections, zeropoint=conditions.zeropoint, width=width)
    return Counts(new=count(chosen=match.new), spurious=count(chosen=match.spurious))

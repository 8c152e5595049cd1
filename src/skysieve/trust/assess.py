"""How far to believe the catalog of one image in memory."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from skysieve.extraction.recipe import Method
from skysieve.records import Catalog, Detector, PsfModel, concatenate_catalogs
from skysieve.trust.conditions import measure_conditions
from skysieve.trust.counts import Counts, add_counts
from skysieve.trust.measuring import measure_image
from skysieve.trust.originals import measure_original
from skysieve.trust.population import count_rounds
from skysieve.trust.recipe import TrustRecipe
from skysieve.trust.rounds import RoundResult, Setting, measure_round
from skysieve.trust.summary import make_plain, summarize_method


@dataclass(frozen=True)
class Trust:
    """Scores as ``trust.json`` holds them, and the injected sources, a row each."""

    content: dict[str, Any]
    injected: Catalog


def measure_trust(detector: Detector, recipe: TrustRecipe, *, psf: PsfModel | None = None) -> Trust:
    """Inject sources into a copy of an image, measure it by every method, and score what comes back.

    Parameters
    ----------
    detector : Detector
        The image; it stays as it is.
    recipe : TrustRecipe
        All settings; ``chain.extraction`` decides how it is measured, ``chain.execution`` is not looked at.
    psf : PsfModel, optional
        PSF of all bands; None measures it on the stars of the image.

    Returns
    -------
    Trust
        ``content["methods"]`` has the bins of each method that could be run.

    Raises
    ------
    ValueError
        If the image has no noise to speak of (constant, all bad, a few pixels), or its sizes cannot be converted.

    Examples
    --------
    >>> import numpy as np
    >>> from skysieve.records import Band
    >>> from skysieve.trust import InjectionRecipe
    >>> noise = np.random.default_rng(1).normal(0, 1, (128, 128)).astype(np.float32)
    >>> image = Detector("noise", (Band("r", noise, np.zeros(noise.shape, bool)),))
    >>> trust = measure_trust(image, TrustRecipe(baselines=(), injection=InjectionRecipe(most_rounds=2)))
    >>> trust.content["methods"]["skysieve"]["n"] == len(trust.injected) > 10
    True
    """
    own = recipe.chain.extraction.method
    found = measure_image(detector, recipe.chain, method=own, psf=psf)
    if isinstance(found, str):
        raise ValueError(found)  # noqa: TRY004 -- the image is at fault, not a type
    if found.mesh is None:
        raise ValueError(" ".join(found.messages))
    conditions, psfs = measure_conditions(detector, found, recipe.chain.extraction, psf=psf)
    originals = {
        method: measure_original(
            detector, method, recipe, zeropoint=conditions.zeropoint, found=found if method == own else None, psf=psf
        )
        for method in recipe.methods
    }
    catalogs: dict[Method, Catalog] = {name: one.catalog for name, one in originals.items() if one.catalog is not None}
    setting = Setting(detector, conditions, psfs, catalogs, psf=psf)
    rounds = [
        measure_round(setting, number, recipe)
        for number in range(count_rounds(detector.shape, conditions, recipe.injection))
    ]
    rows = concatenate_catalogs([one.rows for one in rounds])
    counts = {name: gather_counts(original.counts, rounds, name) for name, original in originals.items()}
    bands = [band.name for band in detector.bands] if len(detector.bands) > 1 else []
    methods = {
        name: summarize_method(rows, counts[name], name, recipe=recipe.binning, bands=bands) for name in recipe.methods
    }
    return Trust(make_plain({"methods": methods}), rows)


def gather_counts(original: Counts, rounds: Sequence[RoundResult], method: str) -> Counts:
    """Add what a method found without injections to what the rounds brought."""
    return add_counts([original, *(one.counts[method] for one in rounds if method in one.counts)])

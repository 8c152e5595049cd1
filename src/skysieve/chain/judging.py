"""The verdicts of the capabilities on what was extracted, and which weights give them."""

from dataclasses import replace
from pathlib import Path

from skysieve.chain.capabilities import CAPABILITIES
from skysieve.chain.recipe import ChainRecipe
from skysieve.extraction import Extraction
from skysieve.io.checksums import checksum_file
from skysieve.io.shipped import find_weights
from skysieve.io.weights import read_weights
from skysieve.records import Detector
from skysieve.stellarity import add_verdict, judge, read_model

OWN = "skysieve"
"""The method of extraction whose columns the capabilities were trained on."""


def judge_extraction(extraction: Extraction, detector: Detector, recipe: ChainRecipe) -> Extraction:
    """Give the sources of an image the verdicts that the recipe asks for; those on exposures come before.

    Parameters
    ----------
    extraction : Extraction
        By any method; other methods than our own keep the stellarity that they have.
    detector : Detector
        The image.
    recipe : ChainRecipe
        ``capabilities`` names the verdicts, their sections say how they are made.

    Returns
    -------
    Extraction
        With the columns ``stellarity``, replaced, and ``ood``, added; with those of the map of sources; and with
        deblended fluxes.

    Raises
    ------
    ValueError
        If a model is unusable, or its map wants more than one channel.
    """
    if recipe.extraction.method != OWN:
        return extraction
    catalog = extraction.catalog
    if "stellarity" in recipe.capabilities:
        model = read_model(recipe.stellarity.model)
        catalog = add_verdict(catalog, judge(catalog, model, recipe.stellarity), model)
    if "morphology" in recipe.capabilities:
        from skysieve.morphology.showing import judge_sources  # noqa: PLC0415 -- loads PyTorch, which few runs need

        catalog = judge_sources(catalog, detector.bands[detector.reference], recipe.morphology)
    if "deblending" in recipe.capabilities:
        from skysieve.deblending.applying import add_fluxes  # noqa: PLC0415 -- as above

        judged = replace(extraction, catalog=catalog)
        catalog = add_fluxes(judged, detector, recipe.deblending, measured_by=recipe.extraction)
    return replace(extraction, catalog=catalog)


def list_models(recipe: ChainRecipe) -> dict[str, dict[str, str]]:
    """Return name, version and SHA-256 of the weights that a run uses, by capability.

    Raises
    ------
    ValueError
        If the weights are not there or not whole.
    """
    names = {
        "stellarity": recipe.stellarity.model, "morphology": recipe.morphology.model, "quality": recipe.quality.model,
        "deblending": recipe.deblending.model,
    }  # fmt: skip
    used = {one: names[one] for one in CAPABILITIES if one in recipe.capabilities}
    if recipe.extraction.method != OWN:
        used = {one: name for one, name in used.items() if one == "quality"}
    return {capability: _describe(capability, name) for capability, name in used.items()}


def _describe(capability: str, name: str) -> dict[str, str]:
    """Return what weights, or a trained map of the user's own, are called, with their checksum."""
    own = Path(name)
    if own.is_dir() or own.suffix == ".bin":
        return {"name": name, "version": "", "sha256": checksum_file(own / "som.bin" if own.is_dir() else own)}
    _, card = read_weights(find_weights(capability, name))
    return {"name": card.name, "version": card.version, "sha256": card.sha256}

"""The verdicts of the capabilities on what was extracted, and which weights give them."""

from dataclasses import replace
from pathlib import Path

from skysieve.chain.capabilities import CAPABILITIES
from skysieve.chain.recipe import ChainRecipe
from skysieve.extraction import Extraction
from skysieve.io.shipped import find_weights
from skysieve.io.weights import read_weights
from skysieve.stellarity import add_verdict, judge, read_model

OWN = "skysieve"
"""The method of extraction whose columns the capabilities were trained on."""


def judge_extraction(extraction: Extraction, recipe: ChainRecipe) -> Extraction:
    """Give the sources of an image the verdicts that the recipe asks for.

    Parameters
    ----------
    extraction : Extraction
        By any method; other methods than our own keep the stellarity that they have.
    recipe : ChainRecipe
        ``capabilities`` names the verdicts, their sections say how they are made.

    Returns
    -------
    Extraction
        With the columns ``stellarity``, replaced, and ``ood``, added.
    """
    if recipe.extraction.method != OWN or "stellarity" not in recipe.capabilities:
        return extraction
    model = read_model(recipe.stellarity.model)
    verdict = judge(extraction.catalog, model, recipe.stellarity)
    return replace(extraction, catalog=add_verdict(extraction.catalog, verdict, model))


def list_models(recipe: ChainRecipe) -> dict[str, dict[str, str]]:
    """Return name, version and SHA-256 of the weights that a run uses, by capability.

    Raises
    ------
    ValueError
        If the weights are not there or not whole.
    """
    if recipe.extraction.method != OWN:
        return {}
    names = {"stellarity": recipe.stellarity.model}
    paths = {one: find_weights(one, names[one]) for one in CAPABILITIES if one in recipe.capabilities}
    return {capability: _describe(path) for capability, path in paths.items()}


def _describe(path: Path) -> dict[str, str]:
    _, card = read_weights(path)
    return {"name": card.name, "version": card.version, "sha256": card.sha256}

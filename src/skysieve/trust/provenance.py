"""What a trust run was made with and from, and the fingerprint by which it is resumed."""

import hashlib
import importlib.metadata
import json
from typing import Any

from skysieve.chain import RunPlan
from skysieve.chain.provenance import describe_run
from skysieve.config import dump_recipe
from skysieve.trust.recipe import TrustRecipe

DECIDING = ("galsim", "photutils")
"""Packages besides those of the chain whose version can change a number."""


def identify(plan: RunPlan, recipe: TrustRecipe) -> str:
    """Return SHA-256 of everything that decides a trust report; where it is computed does not count."""
    settings = dump_recipe(recipe)
    settings.pop("chain")
    identity = [plan.fingerprint, settings, list_more_versions()]
    return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()


def list_more_versions() -> dict[str, str]:
    """Return the versions of the packages that injections and baselines need, those that are installed."""
    installed = {one.metadata["Name"].lower() for one in importlib.metadata.distributions(name="galsim")}
    installed |= {one.metadata["Name"].lower() for one in importlib.metadata.distributions(name="photutils")}
    return {name: importlib.metadata.version(name) for name in DECIDING if name in installed}


def describe_trust(plan: RunPlan, recipe: TrustRecipe) -> dict[str, Any]:
    """Return the content of the provenance file: that of the run, with the settings of the injections."""
    run = describe_run(plan, [])
    settings = dump_recipe(recipe)
    settings.pop("chain")
    run.pop("overruled")
    versions = {**run["versions"], **list_more_versions()}
    return {**run, "fingerprint": identify(plan, recipe), "versions": versions, "trust": settings}

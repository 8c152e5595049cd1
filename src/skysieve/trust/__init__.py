"""Injection and recovery on the image of the user: how far to believe a catalog."""

from skysieve.trust.assess import Trust, measure_trust
from skysieve.trust.recipe import InjectionRecipe, MatchingRecipe, TrustRecipe
from skysieve.trust.run import TrustResult, run_trust

__all__ = ["InjectionRecipe", "MatchingRecipe", "Trust", "TrustRecipe", "TrustResult", "measure_trust", "run_trust"]

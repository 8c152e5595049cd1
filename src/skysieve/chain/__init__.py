"""The pipeline: strings the capabilities together by product files, and traces every row back."""

from skysieve.chain.plan import Inputs, RunPlan, plan_run
from skysieve.chain.recipe import ChainRecipe
from skysieve.chain.run import RunResult, run_chain
from skysieve.chain.trace import trace_source

__all__ = ["ChainRecipe", "Inputs", "RunPlan", "RunResult", "plan_run", "run_chain", "trace_source"]

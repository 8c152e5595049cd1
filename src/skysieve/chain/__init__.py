"""The pipeline: strings the capabilities together by product files, and traces every row back."""

from skysieve.chain.capabilities import CAPABILITIES
from skysieve.chain.judging import judge_extraction
from skysieve.chain.plan import Inputs, RunPlan, plan_run
from skysieve.chain.recipe import ChainRecipe
from skysieve.chain.run import RunResult, run_chain
from skysieve.chain.trace import trace_source

__all__ = [
    "CAPABILITIES",
    "ChainRecipe",
    "Inputs",
    "RunPlan",
    "RunResult",
    "judge_extraction",
    "plan_run",
    "run_chain",
    "trace_source",
]

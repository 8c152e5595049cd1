"""A whole run: plan, measure every detector, put the products together."""

import functools
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from skysieve.chain.exposures import Judgment, leave_out
from skysieve.chain.plan import Inputs, RunPlan, plan_run
from skysieve.chain.products import write_products
from skysieve.chain.recipe import ChainRecipe
from skysieve.chain.stage import Work, measure_detector
from skysieve.execution import Ledger, Outcome, map_items, open_ledger
from skysieve.io.catalogs import read_catalog
from skysieve.io.overrule import Overrule, read_overrules, split_overrules
from skysieve.io.psf import read_psf
from skysieve.records import Catalog, ImageFlag, PsfModel

LOG = logging.getLogger("skysieve.run")
USELESS = ImageFlag.UNREADABLE | ImageFlag.FAILED | ImageFlag.ALL_BAD | ImageFlag.CONSTANT | ImageFlag.TOO_SMALL


@dataclass(frozen=True)
class RunResult:
    """Where a run is, its table of images, and how many of its inputs gave something to measure."""

    folder: Path
    images: Catalog
    usable: int

    @property
    def n_sources(self) -> int:
        """Sources in the catalog."""
        return int(self.images["n_sources"].sum())


def run_chain(
    inputs: Inputs,
    out: Path,
    *,
    recipe: ChainRecipe | None = None,
    overrule: Path | None = None,
    overwrite: bool = False,
    on_done: Callable[[Outcome], None] = lambda _: None,
    on_plan: Callable[[RunPlan], None] = lambda _: None,
) -> RunResult:
    """Turn images into a run folder: catalog, segmentation maps, regions, report, provenance.

    Parameters
    ----------
    inputs : Inputs
        Images, or bands of one field, and what comes with them.
    out : Path
        The run folder. A run that was killed there resumes; another run there is refused unless ``overwrite``.
    recipe : ChainRecipe, optional
        All settings; defaults without it.
    overrule : Path, optional
        Table of values to replace (see ``read_overrules``).
    overwrite : bool
        Replace another run in the folder.
    on_done, on_plan : callable
        Called with the plan before the first pixel is read, and with each item's outcome.

    Returns
    -------
    RunResult
        Also when some inputs, or all, could not be used: the table of images says why.

    Raises
    ------
    ValueError
        If arguments, recipe, overrule table or PSF are unusable, or the folder holds another run.
    OSError
        If the disk is full.
    """
    recipe = recipe or ChainRecipe()
    overrules, of_exposures = split_overrules([] if overrule is None else read_overrules(overrule))
    psf = None if inputs.psf is None else read_psf(inputs.psf)
    positions = None if inputs.catalog is None else read_catalog(inputs.catalog)
    plan = plan_run(inputs, recipe)
    on_plan(plan)
    out = out.resolve()
    with open_ledger(out, plan.fingerprint, overwrite=overwrite) as ledger, _log_to(out / "run.log"):
        LOG.info("run of %d images with method %s", len(plan.detectors), recipe.extraction.method)

        def note(outcome: Outcome) -> None:
            """Put an outcome into the log, then tell the caller."""
            LOG.info("%s %s in %.1f s %s", outcome.key, outcome.state, outcome.seconds, outcome.error)
            on_done(outcome)

        judgment = _judge_exposures(plan, out, ledger=ledger, overrules=of_exposures, on_done=note)
        outcomes = _measure(plan, out, judgment, ledger=ledger, psf=psf, positions=positions, on_done=note)
        images = write_products(out, plan, outcomes, overrules=overrules, judgment=judgment)
        LOG.info("%d sources; products written", int(images["n_sources"].sum()))
    read = images["columns"] > 0  # a cut file has no pixels, a file with a cut companion has
    usable = int(np.count_nonzero(read & ((images["flags"] & int(USELESS)) == 0)))
    return RunResult(out, images, usable)


def _judge_exposures(
    plan: RunPlan, out: Path, *, ledger: Ledger, overrules: list[Overrule], on_done: Callable[[Outcome], None]
) -> Judgment | None:
    """Give the verdicts on the exposures where the recipe asks for them."""
    if "quality" not in plan.recipe.capabilities:
        if overrules:
            raise ValueError('overrule: no exposure is judged; add "quality" to capabilities, or leave verdicts out')
        return None
    from skysieve.chain.looking import judge_exposures  # noqa: PLC0415 -- loads PyTorch, which few runs need

    return judge_exposures(plan, out, ledger=ledger, overrules=overrules, on_done=on_done)


def _measure(
    plan: RunPlan, out: Path, judgment: Judgment | None, *, ledger: Ledger, psf: PsfModel | None,
    positions: Catalog | None, on_done: Callable[[Outcome], None],
) -> list[Outcome]:  # fmt: skip
    """Measure the detectors, but for those that are left out; return how all of them ended, in run order."""
    ended = {} if judgment is None else leave_out(plan, judgment)
    for outcome in ended.values():
        on_done(outcome)
    named = zip(plan.keys, plan.detectors, strict=True)
    work = [Work(index, key, one, psf, positions) for index, (key, one) in enumerate(named) if key not in ended]
    keys = [item.key for item in work]
    stage = functools.partial(measure_detector, folder=out, recipe=plan.recipe)
    done = map_items(stage, work, keys=keys, ledger=ledger, recipe=plan.recipe.execution, on_done=on_done)
    ended |= dict(zip(keys, done, strict=True))
    return [ended[key] for key in plan.keys]


@contextmanager
def _log_to(path: Path) -> Iterator[None]:
    """Send the run's log to a file for a while."""
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    level = LOG.level
    LOG.addHandler(handler)
    LOG.setLevel(logging.INFO)
    try:
        yield
    finally:
        LOG.removeHandler(handler)
        LOG.setLevel(level)
        handler.close()

"""A whole trust run: measure every image as it is, inject round by round, write the report."""

import functools
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from skysieve.chain import Inputs, plan_run
from skysieve.execution import Outcome, map_items, open_ledger
from skysieve.io.psf import read_psf
from skysieve.trust.parts import gather_blocks, gather_originals, list_blocks, list_originals
from skysieve.trust.products import write_products
from skysieve.trust.provenance import describe_trust, identify
from skysieve.trust.recipe import TrustRecipe
from skysieve.trust.stage import measure_as_is, measure_block

WORK = "trust-parts"
"""Folder of the ledger and of the parts, below that of the products, so that a run may share the latter."""


@dataclass(frozen=True)
class TrustResult:
    """Where the report is, what ``trust.json`` says, and of how many images it speaks."""

    folder: Path
    content: dict[str, Any]
    usable: int


def run_trust(
    inputs: Inputs,
    out: Path,
    *,
    recipe: TrustRecipe | None = None,
    overwrite: bool = False,
    on_done: Callable[[Outcome], None] = lambda _: None,
    on_plan: Callable[[int], None] = lambda _: None,
) -> TrustResult:
    """Measure how far the catalogs of some images can be believed.

    Parameters
    ----------
    inputs : Inputs
        As ``run_chain`` takes them, but for ``catalog``.
    out : Path
        Gets ``trust.json``, ``trust.html``, ``injected.parquet`` and the provenance; it may be the folder of the run
        whose trust is measured. A trust run that was killed there resumes; another one is refused unless
        ``overwrite``.
    recipe : TrustRecipe, optional
        All settings; defaults without it.
    overwrite : bool
        Replace another trust run in the folder.
    on_done, on_plan : callable
        Called with each item's outcome, and with the number of items: of the first of two stages, then of both.

    Returns
    -------
    TrustResult
        Also when some images, or all, could not be used: the report says why.

    Raises
    ------
    ValueError
        If arguments, recipe or PSF are unusable, a catalog is given, or the folder holds another trust run.
    ImportError
        If GalSim is not installed.
    OSError
        If the disk is full.
    """
    recipe = recipe or TrustRecipe()
    if importlib.util.find_spec("galsim") is None:
        raise ImportError("trust draws sources with GalSim, which is not installed; pip install 'skysieve[simulate]'")
    if inputs.catalog is not None:
        raise ValueError("trust measures what detection finds; leave out --catalog")
    psf = None if inputs.psf is None else read_psf(inputs.psf)
    plan = plan_run(inputs, recipe.chain)
    work = out.resolve() / WORK
    with open_ledger(work, identify(plan, recipe), overwrite=overwrite) as ledger:
        run_items = functools.partial(map_items, ledger=ledger, recipe=recipe.chain.execution, on_done=on_done)
        originals = list_originals(plan, recipe, folder=work, psf=psf)
        on_plan(len(originals))
        keys = [f"{item.folder.name}/{item.method}" for item in originals]
        outcomes = run_items(functools.partial(measure_as_is, folder=work, recipe=recipe), originals, keys=keys)
        parts = gather_originals(originals, outcomes, recipe)
        blocks = list_blocks(parts, psf)
        on_plan(len(originals) + len(blocks))
        keys = [f"{item.folder.name}/{item.rounds}" for item in blocks]
        outcomes = run_items(functools.partial(measure_block, folder=work, recipe=recipe), blocks, keys=keys)
        parts = gather_blocks(parts, blocks, outcomes)
        content = write_products(out.resolve(), parts, recipe=recipe, provenance=describe_trust(plan, recipe))
    return TrustResult(out.resolve(), content, sum(bool(part.blocks) for part in parts))

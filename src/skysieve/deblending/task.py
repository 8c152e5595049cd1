"""Train, apply, evaluate: the three verbs of the capability; and ``measure``, for one image and a list of positions."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from skysieve.config import dump_recipe
from skysieve.deblending.apply_recipe import ApplyRecipe
from skysieve.deblending.evaluate_recipe import EvaluateRecipe
from skysieve.deblending.recipe import TrainRecipe
from skysieve.execution import Outcome, limit_threads
from skysieve.io.atomic import write_whole
from skysieve.io.catalogs import read_catalog, write_catalog
from skysieve.io.overrule import apply_overrules, read_overrules
from skysieve.io.weights import Metric, ModelCard
from skysieve.records import Catalog
from skysieve.records.applied import Applied


def _ignore(outcome: Outcome) -> None:
    """Tell nobody."""


def train(recipe: TrainRecipe, *, out: Path, on_done: Callable[[Outcome], None] = _ignore) -> ModelCard:
    """Draw galaxies, train on blends of them, calibrate, export; a killed training resumes.

    Parameters
    ----------
    recipe : TrainRecipe
        Everything that decides the weights.
    out : Path
        The run folder: ``training/`` with checkpoints and log, and ``weights/<name>.safetensors`` with its card.
    on_done : callable, optional
        Gets an outcome after training, calibration and test.

    Returns
    -------
    ModelCard
        Its metrics are measured on galaxies that neither the network nor its calibration has seen.

    Raises
    ------
    ValueError
        If the folder holds another run.
    ImportError
        If GalSim or Lightning is not installed.
    """
    from skysieve.deblending.training import train_deblender  # noqa: PLC0415 -- needs PyTorch and GalSim

    def tell(stage: str) -> None:
        """Pass a stage on as an outcome."""
        on_done(Outcome(stage, "done", None))

    with limit_threads(recipe.execution.threads_per_worker):
        return train_deblender(recipe, out=out, on_stage=tell)


def measure(
    image: str | None,
    positions: Catalog,
    recipe: ApplyRecipe,
    *,
    out: Path,
    bands: Mapping[str, str] | None = None,
    overrule: Path | None = None,
) -> Applied:
    """Measure the fluxes of given sources on one image, overlapping ones together.

    Parameters
    ----------
    image : str, optional
        FITS file, or ``FILE[3]``; None where ``bands`` are given.
    positions : Catalog
        ``x, y`` [pixel, 0-based] or ``ra, dec`` [deg], and optionally ``id``.
    recipe : ApplyRecipe
        Model, noise, PSF.
    out : Path
        Catalog file to write, in any format; beside it ``<stem>.pairs.parquet`` with the correlations of errors and
        ``<stem>.json`` with how it was made.
    bands : mapping of str to str, optional
        Files of one field in several bands.
    overrule : Path, optional
        Table of values to replace.

    Returns
    -------
    Applied
        A row a position, in their order: ``id, flux, flux_err, flux_q16, flux_q50, flux_q84, flux_kron, blendedness,
        p_unrecognized, ood, flags`` and more; positions outside of the image have NaN and a flag.

    Raises
    ------
    ValueError
        If image, catalog, PSF or noise are unusable.
    """
    from skysieve.deblending.applying import measure_file  # noqa: PLC0415 -- loads PyTorch

    fluxes, pairs, messages = measure_file(image, positions, recipe, bands=bands)
    return _finish(fluxes, pairs, recipe, file=out, overrule=overrule, messages=messages)


def apply(source: Path, recipe: ApplyRecipe, *, out: Path, overrule: Path | None = None) -> Applied:
    """Measure the sources of a run folder on its images, or those of a catalog on the recipe's ``images``.

    Parameters
    ----------
    source : Path
        A folder of ``skysieve run``, or a catalog file.
    recipe : ApplyRecipe
        Model, noise, PSF; ``images`` where the source is a file.
    out : Path
        A folder; ``catalog.parquet`` in it is the given catalog with the columns of deblended fluxes.
    overrule : Path, optional
        Table of values to replace (see ``read_overrules``).

    Returns
    -------
    Applied
        Its facts: model, rows, ood, unknown (rows without a flux).

    Raises
    ------
    ValueError
        If there is no catalog or no image, or model or overrule table are unusable.
    """
    from skysieve.deblending.applying import join_fluxes, measure_file, measure_run  # noqa: PLC0415 -- loads PyTorch

    if source.is_dir():
        catalog, pairs, messages = measure_run(source, recipe)
    else:
        catalog = read_catalog(source)
        if len(recipe.images) != 1:
            raise ValueError(f"{source.name}: a catalog file wants its image: --set 'images=[\"FILE\"]'")
        fluxes, pairs, messages = measure_file(recipe.images[0], catalog, recipe)
        catalog = join_fluxes(catalog, fluxes)
    return _finish(catalog, pairs, recipe, file=out / "catalog.parquet", overrule=overrule, messages=messages)


def evaluate(recipe: EvaluateRecipe, *, out: Path, on_done: Callable[[Outcome], None] = _ignore) -> dict[str, Metric]:
    """Measure all methods on the same blends of galaxies that no training has seen.

    Parameters
    ----------
    recipe : EvaluateRecipe
        The model, and on which blends it is judged.
    out : Path
        The run folder: ``scores.json``, ``sources.parquet``, ``report.html``.
    on_done : callable, optional
        Gets an outcome after each kind of blends.

    Returns
    -------
    dict of str to Metric
        The main numbers; all others are in ``scores.json``.

    Raises
    ------
    ValueError
        If the model is unusable.
    ImportError
        If GalSim is not installed.
    """
    from skysieve.deblending.evaluation import evaluate_deblender  # noqa: PLC0415 -- needs figures, apply does not

    return evaluate_deblender(recipe, out=out, on_done=on_done)


def _finish(
    catalog: Catalog, pairs: Catalog, recipe: ApplyRecipe, *, file: Path, overrule: Path | None,
    messages: tuple[str, ...],
) -> Applied:  # fmt: skip
    """Overrule, write, and count."""
    overrules = [] if overrule is None else read_overrules(overrule, column="flux")
    judged, replaced = apply_overrules(catalog, overrules)
    stem = file.name.removesuffix(file.suffix)
    files = (file, file.with_name(f"{stem}.pairs.parquet"), file.with_name(f"{stem}.json"))
    ood = judged["deblend_ood" if "deblend_ood" in judged.names else "ood"]
    facts: dict[str, str | int | float] = {
        "model": judged.meta["deblending_model"], "rows": len(judged), "ood": int(np.count_nonzero(ood)),
        "unknown": int(np.count_nonzero(~np.isfinite(judged["flux"].astype(float)))),
        "groups": len(np.unique(judged["group"][judged["group"] >= 0])),
    }  # fmt: skip
    write_catalog(judged, files[0])
    write_catalog(pairs, files[1])
    content = {**facts, "recipe": dump_recipe(recipe), "messages": list(messages), "overruled": replaced}
    with write_whole(files[2]) as temporary:
        temporary.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    return Applied(judged, files, facts)

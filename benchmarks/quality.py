"""How good the verdicts on exposures are, on simulated exposures never learned from; on real ones see quality_real.py.

``simulated`` makes exposures of other seeds than the training's (or reads those of an earlier call) and prints for each
set of weights: agreement with the truth's class (all, clear, borderline faults), the ROC of P(good), the expected
calibration error, the coverage of the sets of causes, recall by class, and the same with the camera's usual sky and
zeropoint not told. Beside them a classical cut on FWHM and ellipticity, at the same share of passed exposures as the
first weights', and the share of what it passes that is bad. ``untrained`` makes exposures with faults that no weights
have learned, and prints how many are noticed. ``mosaics`` makes exposures of six detectors. Errors are
bootstraps over exposures.

    python benchmarks/quality.py simulated WEIGHTS... --run DIR --map RUN/map.safetensors [--number 1000]
    python benchmarks/quality.py untrained WEIGHTS --run DIR --map RUN/map.safetensors [--number 400] [--first 200]
    python benchmarks/quality.py mosaics WEIGHTS --run DIR --map RUN/map.safetensors [--number 50]
"""

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from skysieve.io.weights import Metric
from skysieve.metrics import bootstrap, measure_auc, measure_proportion
from skysieve.quality.labels import CLASSES, find_borderline
from skysieve.quality.learning import Views, make_views, plan_learning, read_source_map
from skysieve.quality.model import Model, judge_views, read_model
from skysieve.quality.recipe import LearningSet
from skysieve.quality.scores import measure_judged, measure_recall
from skysieve.quality.statistics import STATISTICS
from skysieve.quality.untrained import UntrainedRecipe, find_untrained
from skysieve.quality.verdict import give_verdict
from skysieve.quality.verdict_recipe import VerdictRecipe

SEED, ODD_SEED, MOSAIC_SEED = 1001, 2001, 3001


def format_metrics(metrics: dict[str, Metric]) -> str:
    """Write numbers with their errors."""
    return ", ".join(f"{name} {one.value:.3f} +- {one.error or 0:.3f} (n = {one.n})" for name, one in metrics.items())


def get_views(recipe: LearningSet, options: argparse.Namespace, *, folder: str = "") -> Views:
    """Make exposures, or read those that are there."""
    source_map, out = read_source_map(options.map), options.run / folder
    views, _ = make_views(recipe, out=out, source_map=source_map, on_done=lambda one: print(one.key, one.state))
    return views


def choose_exposures(model: Model, options: argparse.Namespace, *, hidden: float = 0.0, **changes: Any) -> LearningSet:
    """Return exposures like those that the weights have learned from, but for some settings."""
    learning = model.recipe.learning
    return replace(learning, hidden=hidden, observing=replace(learning.observing, number=options.number, **changes))


def judge_simulated(options: argparse.Namespace) -> None:
    """Print the numbers of each set of weights, and of the classical cut."""
    models = {path.parts[-3]: read_model(str(path)) for path in options.weights}
    first, limits = next(iter(models.values())), next(iter(models.values())).recipe.learning.limits
    for hidden in (0.0, 1.0):
        recipe = choose_exposures(first, options, hidden=hidden, seed=SEED)
        views = get_views(recipe, options, folder="hidden" if hidden else "told")
        views = views.take((views.label < len(CLASSES)) & (views.exposure >= options.first) & ~views.dead.astype(bool))
        near = find_borderline(views.excess.astype(float), limits)
        print(f"usual {'hidden' if hidden else 'told'}: n = {len(views)}, borderline {near.mean():.3f}")
        for name, model in models.items():
            judged = judge_views(model, views)
            print(f"{name}: {format_metrics(measure_judged(judged, views, limits=limits))}")
            print(f"  recall: {format_metrics(measure_recall(judged, views))}")
            clear = views.take(~near)
            print(f"  recall, clear faults: {format_metrics(measure_recall(judge_views(model, clear), clear))}")
            print_by_knowledge(judged.probability.argmax(axis=1) == views.label, near, views)
        passed = judge_views(first, views).probability[:, 0] >= first.boundary
        cut_classically(views, passed=passed)


def print_by_knowledge(right: np.ndarray, near: np.ndarray, views: Views) -> None:
    """Print the agreement of clear faults by how much light of stars there is to tell from."""
    known = 10 ** views.statistics[:, STATISTICS.index("log_knowledge")] - 1
    for low, high in ((0, 30), (30, 100), (100, 300), (300, np.inf)):
        rows = ~near & (known >= low) & (known < high)
        if rows.any():
            share = measure_proportion(right[rows])
            print(f"  clear, signal over noise of all bright sources {low} to {high}: {share.value:.3f} "
                  f"({share.low:.3f} to {share.high:.3f}), n = {rows.sum()}")  # fmt: skip


def cut_classically(views: Views, *, passed: np.ndarray) -> None:
    """Print what share of the exposures is bad that a cut on FWHM and ellipticity passes, and that the judge passes."""
    width, shape = (views.statistics[:, STATISTICS.index(name)] for name in ("log_narrow", "psf_ellipticity"))
    spread = [np.nanpercentile(one[views.label == 0], [50, 84]) for one in (width, shape)]
    worst = np.fmax(*((one - low) / (high - low) for one, (low, high) in zip((width, shape), spread, strict=True)))
    cut = np.argsort(np.nan_to_num(worst, nan=np.inf))[: passed.sum()]
    for name, rows in (("classical cut", np.isin(np.arange(len(views)), cut)), ("judge", passed)):
        share = measure_proportion(views.label[rows] != 0)
        print(f"{name}: of {rows.sum()} passed {share.value:.3f} ({share.low:.3f} to {share.high:.3f}) are bad")


def judge_untrained(options: argparse.Namespace) -> None:
    """Print how many exposures with faults of unlearned kinds are noticed."""
    model = read_model(str(options.weights[0]))
    recipe = choose_exposures(model, options, seed=ODD_SEED, good=0.1, extra=("focus", "trail", "gain"))
    views = get_views(recipe, options)
    views = views.take(views.exposure >= options.first)
    faults = [plan_learning(recipe, int(index)).recipe.faults for index in views.exposure]
    sizes = {
        "focus": (np.array([one.defocus for one in faults]), 2.5),
        "gain": (np.array([one.gain_error for one in faults]), 1.05),
        "trail": (np.array([one.trail_level * (one.trails > 0) for one in faults]), 0.3),
    }  # fmt: skip
    found = find_untrained(views.statistics, UntrainedRecipe())
    judged = judge_views(model, views)
    for name, (size, least) in sizes.items():
        rows, told = size >= least, found[{"gain": "other"}.get(name, name)]
        noticed = told | (judged.probability[:, 0] < model.boundary) | (judged.distance > 1)
        named, seen = measure_proportion(told[rows]), measure_proportion(noticed[rows])
        print(f"{name} of at least {least:g}: n = {rows.sum()}, named {named.value:.3f} ({named.low:.3f} to "
              f"{named.high:.3f}), noticed {seen.value:.3f} ({seen.low:.3f} to {seen.high:.3f})")  # fmt: skip
    clean = np.all([size <= (1 if name == "gain" else 0) for name, (size, _) in sizes.items()], axis=0)
    print("named without cause:", {name: round(float(rows[clean].mean()), 3) for name, rows in found.items()},
          f"n = {clean.sum()}")  # fmt: skip


def judge_mosaics(options: argparse.Namespace) -> None:
    """Print the numbers of whole mosaics of six detectors, and of the share of time that they lost."""
    model = read_model(str(options.weights[0]))
    recipe = choose_exposures(model, options, seed=MOSAIC_SEED, layout=(2, 3), shape=(384, 384))
    views = get_views(recipe, options)
    good, chance, covered, off = [], [], [], []
    for index in np.unique(views.exposure):
        part = views.take(views.exposure == index)
        found = give_verdict(judge_views(model, part), part, model=model, recipe=VerdictRecipe())
        truth = plan_learning(recipe, int(index)).truth
        good.append(part.label[0] == 0)
        chance.append(float(found.probability[0]))
        covered.append(CLASSES[part.label[0]] in found.causes)
        measured = sum(found.seconds_lost.values()) if found.seconds_lost else np.nan
        off.append((measured - sum(truth.seconds_lost.values())) / truth.exptime)
    known = np.isfinite(chance)
    print(f"{len(known)} exposures, {np.sum(~known)} of them without light or saturated everywhere")
    roc = bootstrap(measure_auc, [np.array(good)[known], np.array(chance)[known]])
    low, middle, high = np.nanpercentile(off, [16, 50, 84])
    print(f"ROC of P(good) {roc.value:.3f} +- {roc.error:.3f}, covered {sum(covered)} of {len(covered)}, "
          f"share of time lost off by {middle:.3f} +- {(high - low) / 2:.3f}")  # fmt: skip


def main() -> None:
    """Read the command line."""
    torch.set_num_threads(1)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(required=True)
    for name, verb, number in (
        ("simulated", judge_simulated, 1000),
        ("untrained", judge_untrained, 400),
        ("mosaics", judge_mosaics, 50),
    ):
        one = verbs.add_parser(name)
        one.add_argument("weights", type=Path, nargs="+")
        one.add_argument("--run", type=Path, required=True)
        one.add_argument("--map", type=Path, required=True)
        one.add_argument("--number", type=int, default=number)
        one.add_argument("--first", type=int, default=0, help="exposures before this number are left out")
        one.set_defaults(verb=verb)
    options = parser.parse_args()
    options.verb(options)


if __name__ == "__main__":
    main()

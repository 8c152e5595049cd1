"""What a judge learns from people: detectors with the probabilities of their classes, and how much each one counts."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float

from skysieve.config import dump_recipe
from skysieve.io.arrays import read_arrays, write_arrays
from skysieve.quality.exposure_preview import look_at, settle_usual
from skysieve.quality.labels import CLASSES
from skysieve.quality.learning import Views
from skysieve.quality.model import Judged, Model, judge_views
from skysieve.quality.raters import Consensus
from skysieve.quality.relearning_recipe import RelearnRecipe
from skysieve.quality.unsureness import measure_unsureness
from skysieve.quality.verdict import give_verdict
from skysieve.quality.verdict_recipe import VerdictRecipe
from skysieve.training import split_groups

PARTS = ("train", "validation", "calibration", "test")


@dataclass(frozen=True)
class Lessons:
    """Detectors to learn from, a row a detector.

    ``target`` has the probabilities of ``CLASSES``, and ``views.label`` the likeliest; ``weight`` says how much a row
    counts, 1 on average; ``real`` tells exposures of the sky from simulated ones.
    """

    views: Views
    target: Float[np.ndarray, "row label"]
    weight: Float[np.ndarray, " row"]
    real: Bool[np.ndarray, " row"]

    def __len__(self) -> int:
        return len(self.weight)

    def take(self, rows: np.ndarray) -> "Lessons":
        """Return the rows of a mask or an index array."""
        return Lessons(self.views.take(rows), self.target[rows], self.weight[rows], self.real[rows])


@dataclass(frozen=True)
class Labeled:
    """One exposure with what its raters hold for true, as far as it can be learned."""

    name: str
    views: Views
    target: Float[np.ndarray, " label"]


def choose_targets(consensus: Consensus, *, least: float) -> dict[str, Float[np.ndarray, " label"]]:
    """Return the probabilities of ``CLASSES`` of each exposure of which these hold the truth with some probability.

    Notes
    -----
    What networks do not learn (focus, trails, other) is left out, and the rest scaled to a sum of one.

    Raises
    ------
    ValueError
        If no exposure is left.
    """
    known = consensus.posterior[:, : len(CLASSES)]
    total = known.sum(axis=1)
    rows = [(row, name) for row, name in enumerate(consensus.exposures) if total[row] >= least]
    if not rows:
        raise ValueError("labels: no exposure has a class that can be learned; label exposures of the learned classes")
    return {name: known[row] / total[row] for row, name in rows}


def find_exposures(folder: Path, names: Sequence[str]) -> tuple[dict[str, Path], list[str]]:
    """Find exposures by their names in a folder and the folders in it; return their paths, and what is not there.

    Raises
    ------
    ValueError
        If two files have one of the names, or none is found.
    """
    wanted, found = {name.partition("[")[0]: name for name in names}, dict[str, Path]()
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        if path.name in wanted and path.is_file():
            name = wanted[path.name]
            if name in found:
                raise ValueError(
                    f"{path.name}: is in {found[name].parent} and in {path.parent}; give one of the folders"
                )
            found[name] = path.with_name(name)
    if not found:
        raise ValueError(f"{folder}: holds none of the {len(names)} labeled exposures; give the folder where they are")
    return found, sorted(set(names) - set(found))


def see_labeled(
    paths: Mapping[str, Path], targets: Mapping[str, Float[np.ndarray, " label"]], model: Model, *,
    recipe: RelearnRecipe, out: Path, on_done: Callable[[str], None],
) -> list[Labeled]:  # fmt: skip
    """Look at exposures as the model will, and keep what is seen in a folder, so that a killed run goes on.

    Returns
    -------
    list of Labeled
        Their detectors that have light; exposures without one are left out.
    """
    settled = settle_usual(list(paths.values()), recipe.assess)
    seen = []
    for name, path in paths.items():
        told = [model.card.sha256, dump_recipe(settled), name, *_stat(path)]
        kept = out / f"{hashlib.sha256(repr(told).encode()).hexdigest()[:24]}.safetensors"
        if not kept.is_file():
            views = look_at(path, model, settled).views
            if views is None:
                on_done(name)
                continue
            write_arrays(kept, {one.name: getattr(views, one.name) for one in fields(Views)})
        views = Views(**read_arrays(kept))
        lit = views.take(~views.dead.astype(bool))
        seen += [Labeled(name, lit, targets[name])] if len(lit) else []
        on_done(name)
    return seen


def make_lessons(labeled: Sequence[Labeled], model: Model, *, factor: float) -> Lessons:
    """Put labeled exposures together, with more weight to those that the model is unsure of.

    Raises
    ------
    ValueError
        If there are none.
    """
    if not labeled:
        raise ValueError("labels: no labeled exposure can be learned from; label exposures of the learned classes")
    sizes = [len(one.views) for one in labeled]
    target = np.repeat(np.stack([one.target for one in labeled]), sizes, axis=0)
    every = replace(
        join_views([one.views for one in labeled]),
        label=target.argmax(axis=1), exposure=np.repeat(np.arange(len(labeled)), sizes),
    )  # fmt: skip
    weight = np.repeat((1 + factor * _find_unsureness(every, model)) / sizes, sizes)
    return Lessons(every, target, weight / weight.mean(), np.ones(len(every), bool))


def split_lessons(
    lessons: Lessons, names: Sequence[str], shares: Mapping[str, float], *, seed: int
) -> dict[str, Lessons]:
    """Split lessons by the names of their exposures.

    Raises
    ------
    ValueError
        If there are too few for a part to get one.
    """
    groups = np.asarray(names)[lessons.views.exposure]
    return {part: lessons.take(rows) for part, rows in split_groups(groups, shares, seed).items()}


def read_simulated(run: Path, model: Model) -> dict[str, Lessons]:
    """Read what the simulated training of a model saw, in the parts into which that training split it.

    Parameters
    ----------
    run : Path
        Run folder of `skysieve quality train`.

    Raises
    ------
    ValueError
        If the folder holds no such thing, or what it holds was seen through another map of sources.
    """
    files = sorted((run / "views").glob("*.safetensors"))
    if not files:
        raise ValueError(f"{run}: holds no views; give the run folder of the training of these weights")
    neurons = read_arrays(run / "map.safetensors")["neurons"]
    if neurons.shape != model.source_map.neurons.shape or not np.allclose(neurons, model.source_map.neurons, atol=1e-4):
        raise ValueError(f"{run}: belongs to other weights; give the run folder of the training of these weights")
    views = join_views([Views(**read_arrays(path)) for path in files])
    learned = views.take((views.label < len(CLASSES)) & ~views.dead.astype(bool))
    rows = np.ones(len(learned))
    lessons = Lessons(learned, np.eye(len(CLASSES))[learned.label], rows, np.zeros(len(learned), bool))
    parts = split_groups(learned.exposure, dump_recipe(model.recipe.split), model.recipe.seed)
    return {name: lessons.take(chosen) for name, chosen in parts.items()}


def mix_lessons(real: Lessons, simulated: Lessons | None, *, share: float, seed: int) -> Lessons:
    """Add simulated lessons, drawn by chance, until they make up a share of all; fewer where there are too few."""
    if simulated is None or share == 0:
        return real
    number = min(len(simulated), round(len(real) * share / (1 - share)))
    drawn = simulated.take(np.sort(np.random.default_rng(seed).choice(len(simulated), number, replace=False)))
    # Exposures of both kinds keep numbers of their own.
    shifted = replace(drawn.views, exposure=drawn.views.exposure + 1 + real.views.exposure.max(initial=0))
    return Lessons(
        join_views([real.views, shifted]), np.concatenate([real.target, drawn.target]),
        np.concatenate([real.weight, drawn.weight]), np.concatenate([real.real, drawn.real]),
    )  # fmt: skip


def join_views(parts: Sequence[Views]) -> Views:
    """Put views one after the other."""
    return Views(**{one.name: np.concatenate([getattr(part, one.name) for part in parts]) for one in fields(Views)})


def _find_unsureness(views: Views, model: Model) -> Float[np.ndarray, " exposure"]:
    """Return how unsure a model is of each exposure, in the order of their numbers."""
    judged, found = judge_views(model, views), []
    for number in np.unique(views.exposure):
        rows = views.exposure == number
        part = Judged(*(getattr(judged, one.name)[rows] for one in fields(Judged)))
        found.append(give_verdict(part, views.take(rows), model=model, recipe=VerdictRecipe()))
    return measure_unsureness(np.stack([one.probability for one in found]), np.array([one.ood for one in found]))


def _stat(path: Path) -> tuple[int, int]:
    """Return size and time of a file, without the extension in brackets that its name may carry."""
    facts = path.with_name(path.name.partition("[")[0]).stat()
    return facts.st_size, facts.st_mtime_ns

"""How the shipped map is made: fields, map, classes of distances, and its numbers on fields held out."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from skysieve.config import dump_recipe
from skysieve.execution import Outcome
from skysieve.io.weights import Metric, ModelCard, SelfCheck, write_weights
from skysieve.morphology.classifier import fit_classifier
from skysieve.morphology.classifier_file import Judge
from skysieve.morphology.data import Sight, Sources, make_sources
from skysieve.morphology.judge_arrays import list_judge_arrays
from skysieve.morphology.model import Model, Verdict, judge_images
from skysieve.morphology.outliers import fit_outliers
from skysieve.morphology.recipe import TrainRecipe
from skysieve.morphology.scores import measure_scores
from skysieve.morphology.transfer import count_codes, measure_shares
from skysieve.morphology.truth import CLASSES
from skysieve.som.image_data import wrap_images
from skysieve.som.image_mapping import map_rows
from skysieve.som.maps import ImageMap, read_image_map, write_image_map
from skysieve.training import split_groups

EXAMPLES = 16
"""Images kept in the weights for their check."""

TOLERANCE = 1e-4
LEVEL = 0.01


def train_model(recipe: TrainRecipe, *, out: Path, on_done: Callable[[Outcome], None]) -> ModelCard:
    """Train as ``task.train`` says."""
    sight = Sight(recipe.extraction, recipe.view, recipe.preparation)
    sources = make_sources(recipe.fields, sight, out=out, execution=recipe.execution, on_done=on_done)
    parts = split_groups(sources.field, dump_recipe(recipe.split), recipe.seed)
    split = {name: sources.take(rows) for name, rows in parts.items()}
    som = train_som(recipe, split["train"], out=out / "map")
    distance = _measure_distances(som, split["classes"])
    judge = learn_judge(recipe, som, split["classes"], distance)
    model = Model("", som, judge, recipe.view, recipe.preparation)
    verdict = judge_images(model, split["test"].images, level=LEVEL)
    path = out / "weights" / f"{recipe.name}.safetensors"
    return _export(path, recipe, model, split, metrics=measure_main(split["test"], verdict))


def train_som(recipe: TrainRecipe, sources: Sources, *, out: Path) -> ImageMap:
    """Train the map and round its neurons to 16 bits, or read the one that an earlier run has trained."""
    from skysieve.som import RotationInvariantSOM  # noqa: PLC0415 -- scikit-learn takes a second

    if (out / "som.json").is_file():
        return read_image_map(out)
    rng = np.random.default_rng(recipe.seed)
    chosen = np.sort(rng.permutation(len(sources))[: recipe.images])
    lattice, geometry = recipe.lattice, recipe.geometry
    som = RotationInvariantSOM(
        lattice.shape, hexagonal=lattice.hexagonal, periodic=lattice.periodic, rotations=geometry.rotations,
        flip=geometry.flip, region=geometry.region, neuron_side=geometry.neuron_side, region_side=geometry.region_side,
        schedule=recipe.schedule, random_state=recipe.seed,
    ).fit(sources.images[chosen])  # fmt: skip
    trained = som.export_map()
    rounded = replace(trained, neurons=trained.neurons.astype(np.float16).astype(np.float32))
    write_image_map(out, rounded)
    return rounded


def learn_judge(recipe: TrainRecipe, som: ImageMap, sources: Sources, distance: np.ndarray) -> Judge:
    """Learn classes and usual distances from sources that the map was not trained on."""
    bmu, nearest = distance.argmin(axis=1), distance.min(axis=1)
    counts = count_codes(bmu, sources.label, neurons=som.lattice.n_neurons, classes=len(CLASSES))
    shares = measure_shares(counts, CLASSES, som.lattice)
    fitted = fit_classifier(
        distance, sources.label, CLASSES, groups=sources.field, methods=recipe.methods, seed=recipe.seed
    )
    return Judge(CLASSES, shares.shares, fitted.classifier, fit_outliers(bmu, nearest, som.lattice))


def measure_main(sources: Sources, verdict: Verdict) -> dict[str, Metric]:
    """Return the main numbers of verdicts on labeled sources; errors by drawing whole fields."""
    known = (sources.label >= 0) & np.isfinite(verdict.probability).all(axis=1)
    scores = measure_scores(
        sources.label[known], verdict.probability[known], verdict.classes, groups=sources.field[known]
    )
    count = int(known.sum())
    values = {
        "accuracy": scores.accuracy, "balanced_accuracy": scores.balanced_accuracy,
        "calibration_error": scores.calibration_error, "log_loss": scores.loss,
    }  # fmt: skip
    return {name: Metric(one.value, one.error if one.groups > 1 else None, count) for name, one in values.items()}


def _measure_distances(som: ImageMap, sources: Sources) -> np.ndarray:
    images = wrap_images(sources.images)
    parts = [one.distance for one in map_rows(images, np.arange(images.length), som)]
    return np.concatenate(parts)


def _export(
    path: Path, recipe: TrainRecipe, model: Model, split: Mapping[str, Sources], *, metrics: Mapping[str, Metric]
) -> ModelCard:
    """Write map and judge into one file, with a card and an example."""
    judge = model.judge
    if judge is None:
        raise ValueError("morphology: there is no judge to export")
    example = split["test"].images[:EXAMPLES].astype(np.float16)
    output = judge_images(model, example.astype(np.float32), level=LEVEL).probability
    geometry = model.som.geometry
    sides = (geometry.image_side, geometry.neuron_side, geometry.region_side, geometry.rotations, int(geometry.flip))
    tensors = {
        "som.neurons": model.som.neurons.astype(np.float16), "som.geometry": np.array(sides),
        "check.input.0": example, "check.output": output, **list_judge_arrays(judge),
    }  # fmt: skip
    fields = recipe.fields
    classifier = judge.classifier
    card = ModelCard(
        name=recipe.name, version=recipe.version, capability="morphology",
        architecture=f"map of {model.som.lattice.n_neurons} neurons of {geometry.neuron_side} pixels, "
        f"{geometry.orientations} orientations; {classifier.method if classifier else 'vote'} on the distances",
        training_data=f"{min(len(split['train']), recipe.images)} sources for the map and "
        f"{int((split['classes'].label >= 0).sum())} with classes, on {fields.number} simulated fields with the pixels "
        f"of {', '.join(fields.surveys)}",
        domain=f"sources of S/N {recipe.view.least_snr:g} and more on images whose PSF is measured; classes are those "
        "of the simulation",
        license="BSD-3-Clause", seed=recipe.seed, metrics=dict(metrics), recipe=_forget_execution(recipe),
        calibration={"kind": "temperature", "temperature": classifier.temperature.temperature} if classifier else {},
        domain_index={"threshold": LEVEL}, check=SelfCheck(tolerance=TOLERANCE, rounding=0.0),
    )  # fmt: skip
    return write_weights(path, tensors, card)


def _forget_execution(recipe: TrainRecipe) -> dict[str, object]:
    """Return the recipe without what does not decide the weights."""
    return {name: value for name, value in dump_recipe(recipe).items() if name != "execution"}

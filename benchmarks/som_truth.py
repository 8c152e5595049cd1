"""What a map of images knows of real radio galaxies: classes from few labels, calibration, outliers, pairs of surveys.

FIRST images of four classes and MiraBest images of two are judged in five folds of the sky (strips of 10 degrees of
right ascension, never apart). In each fold the map is trained without labels on the other four; how images are cut
and stretched is chosen there too, by cross-validation of the classifier. Labels of a tenth, a third and all of the
training sources then make votes of neurons and classifiers of distances, which judge the fold left out. MiraBest is
mapped on the maps of the same folds. The pairs of FIRST and NVSS have one class only; asked is whether a map of two
channels tells true pairs from swapped ones, by the weight of the second channel.

Run: SKYSIEVE_TEST_DATA=FOLDER python benchmarks/som_truth.py [--out FOLDER]
"""

import argparse
import json
import os
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from skimage.measure import block_reduce

from skysieve.metrics import bootstrap, measure_auc
from skysieve.morphology.classifier import apply_classifier, fit_classifier
from skysieve.morphology.closeness import is_known
from skysieve.morphology.cores import METHODS
from skysieve.morphology.islands import label_islands
from skysieve.morphology.noise import rms_estimate
from skysieve.morphology.outliers import find_outliers, fit_outliers
from skysieve.morphology.preprocessing import minmax, transfer
from skysieve.morphology.scores import list_scores, measure_by_distance, measure_scores
from skysieve.morphology.transfer import count_codes, measure_shares, vote
from skysieve.som.engine import map_images
from skysieve.som.image_training import make_workshop, train_batch
from skysieve.som.lattice import Lattice
from skysieve.som.neighborhood import measure_influence
from skysieve.som.transforms import Geometry, make_geometry, orient_image
from skysieve.training import split_folds

LATTICE = Lattice((10, 10))
FRACTIONS = {"a tenth": (0.1, 3), "a third": (1 / 3, 2), "all": (1.0, 1)}
"""Part of the labels, and how often it is drawn."""
WAYS = ("vote", *METHODS, "chosen")


@dataclass(frozen=True)
class Design:
    """How cutouts become images: side of the middle that is kept, pixels binned into one, transfer function."""

    side: int
    bin: int
    stretch: str


DESIGNS = (Design(64, 1, "sqrt"), Design(96, 2, "sqrt"), Design(128, 2, "log"))


def prepare(cutouts: np.ndarray, design: Design, thresholds: np.ndarray) -> np.ndarray:
    """Keep islands of five pixels above the threshold in the middle, bin, scale to 0 .. 1 and stretch."""
    margin = (cutouts.shape[1] - design.side) // 2
    images = np.zeros((len(cutouts), 1, design.side // design.bin, design.side // design.bin), np.float32)
    for number, (cutout, threshold) in enumerate(zip(cutouts, thresholds, strict=True)):
        middle = cutout[margin : margin + design.side, margin : margin + design.side].astype(np.float64)
        islands = label_islands(middle, float(threshold))
        binned = block_reduce(np.where(islands > 0, middle, 0.0), design.bin, np.mean)
        images[number, 0] = transfer(minmax(binned), "sqrt") if design.stretch == "sqrt" else stretch_log(binned)
    return images


def stretch_log(image: np.ndarray) -> np.ndarray:
    """Two decades of a logarithm from 0 to 1."""
    return np.log1p(100 * minmax(image)) / np.log(101)


def train_map(images: np.ndarray, geometry: Geometry, lattice: Lattice, *, passes: int, seed: int = 0) -> np.ndarray:
    """Train in batches from near the mean image; the neighborhood narrows from a third of the map to half a cell."""
    pick = np.random.default_rng(seed).choice(len(images), lattice.n_neurons, replace=len(images) < lattice.n_neurons)
    drawn = np.stack([orient_image(images[one], 0, geometry=geometry) for one in pick]).astype(np.float32)
    neurons = 0.9 * drawn.mean(axis=0) + 0.1 * drawn
    workshop, cells = make_workshop(geometry), lattice.measure_distances()
    for sigma in np.geomspace(lattice.shape[0] / 3, 0.5, passes):
        weights = measure_influence(cells, "unitygaussian", sigma=float(sigma), rate=1.0)
        neurons = train_batch(neurons, [images], weights=weights, workshop=workshop)
    return neurons


def choose_design(
    prepared: dict[Design, np.ndarray], train: np.ndarray, labels: np.ndarray, classes: Sequence[str], strip: np.ndarray
) -> tuple[Design, dict[Design, float]]:  # fmt: skip
    """Train a rough map for each design on the training sky, and take the one whose distances foretell best there."""
    losses = {}
    for design, images in prepared.items():
        geometry = make_geometry(images.shape[-1], rotations=48, shape="circular")
        neurons = train_map(images[train], geometry, LATTICE, passes=5)
        distance = map_images(images[train], neurons, geometry=geometry).distance
        fitted = fit_classifier(distance, labels[train], classes, groups=strip[train], methods=("neighbors",))
        losses[design] = fitted.classifier.losses["neighbors"]
    return min(losses, key=lambda one: losses[one]), losses


def judge_fold(
    distance: np.ndarray, labels: np.ndarray, classes: Sequence[str], *, train: np.ndarray, strip: np.ndarray
) -> dict[tuple[str, int, str], np.ndarray]:  # fmt: skip
    """Probabilities of the test sources by part of the labels, draw and way."""
    found, bmu = {}, np.where(is_known(distance), distance.argmin(axis=1), -1)
    for name, (part, draws) in FRACTIONS.items():
        for draw in range(draws):
            lot = np.random.default_rng(draw).random(len(labels))
            known = train & (lot <= np.quantile(lot[train], part))
            given = np.where(known, labels, -1)
            counts = count_codes(bmu, given, neurons=LATTICE.n_neurons, classes=len(classes))
            shares = measure_shares(counts, classes, LATTICE)
            found[name, draw, "vote"] = vote(bmu[~train], shares.shares)
            fits = {one: fit_classifier(np.where((train)[:, None], distance, np.nan), given, classes, groups=strip,
                                        methods=(one,)).classifier for one in METHODS}  # fmt: skip
            for method, one in fits.items():
                found[name, draw, method] = apply_classifier(one, distance[~train])
            best = min(METHODS, key=lambda one: fits[one].losses[one])
            found[name, draw, "chosen"] = found[name, draw, best]
    return found


def judge_set(
    distances: list[np.ndarray], labels: np.ndarray, classes: Sequence[str], fold: np.ndarray, strip: np.ndarray
) -> dict[str, Any]:
    """Judge all folds, and measure: by part of the labels and way, and more of the way chosen from all labels."""
    found: dict[tuple[str, int, str], np.ndarray] = {}
    p_value = np.zeros(len(labels))
    for number, distance in enumerate(distances):
        test = fold == number
        for key, probability in judge_fold(distance, labels, classes, train=~test, strip=strip).items():
            found.setdefault(key, np.zeros((len(labels), len(classes))))[test] = probability
        bmu, nearest = distance.argmin(axis=1), distance.min(axis=1)
        reference = fit_outliers(bmu[~test], nearest[~test], LATTICE)
        p_value[test] = find_outliers(reference, bmu[test], nearest[test]).p_value
    nearest = np.stack(distances)[fold, np.arange(len(fold))].min(axis=1)
    return {
        "n": len(labels),
        "groups": len(np.unique(strip)),
        "counts": np.bincount(labels, minlength=len(classes)).tolist(),
        "ways": {name: {way: average_draws([found[name, draw, way] for draw in range(draws)], labels, classes,
                                           strip=strip) for way in WAYS} for name, (_, draws) in FRACTIONS.items()},
        "by_distance": [[one.low, one.high, one.mean_probability, one.accuracy.value, one.accuracy.low,
                         one.accuracy.high, one.accuracy.n]
                        for one in measure_by_distance(labels, found["all", 0, "chosen"], nearest)],
        "outliers": {str(level): share(p_value < level, strip) for level in (0.01, 0.05, 0.2)},
    }  # fmt: skip


def share(selected: np.ndarray, groups: np.ndarray) -> list[float]:
    """Part that is selected and its error."""
    estimate = bootstrap(lambda x: float(x.mean()), [selected.astype(float)], groups=groups, resamples=500)
    return [estimate.value, estimate.error]


def average_draws(
    parts: list[np.ndarray], labels: np.ndarray, classes: Sequence[str], *, strip: np.ndarray
) -> dict[str, Any]:
    """Scores of the first draw, with accuracy and calibration error over all draws; errors by strips of the sky."""
    plain = list_scores(measure_scores(labels, parts[0], classes, groups=strip))
    right = np.mean([(one.argmax(axis=1) == labels) for one in parts], axis=0)
    plain["accuracy_of_draws"] = share(right, strip)
    errors = [measure_scores(labels, one, classes, groups=strip).calibration_error.value for one in parts]
    plain["calibration_error_of_draws"] = [float(np.mean(errors)), plain["calibration_error"]["error"]]
    return plain


def judge_first(data: Path, mirabest: Path) -> dict[str, Any]:
    """Four classes of FIRST, and MiraBest on the same maps."""
    first, flux = np.load(data), np.load(mirabest)
    plain = flux["code"] < 300
    faint = flux["data"][plain] * float(flux["scale_jy_per_beam"])
    strips = [(one["ra"] // 10).astype(int) for one in (first, flux)]
    labels, classes = first["label"].astype(int), tuple(map(str, first["class_names"]))
    fold = split_folds(strips[0], 5, 0)
    fold_of = dict(zip(strips[0].tolist(), fold.tolist(), strict=True))
    other, strip = strips[1][plain], strips[0]
    other_fold = np.array([fold_of.get(one, one % 5) for one in other.tolist()])
    noise = np.array([3 * rms_estimate(one, mode="mad") for one in faint])
    zero = np.zeros(len(labels))
    prepared = {one: prepare(first["images"], one, zero) for one in DESIGNS}
    distances, others, designs = [], [], []
    for number in range(5):
        train = fold != number
        design, losses = choose_design(prepared, train, labels, classes, strip)
        images = prepared[design]
        geometry = make_geometry(images.shape[-1], rotations=92, shape="circular")
        neurons = train_map(images[train], geometry, LATTICE, passes=10)
        distances.append(map_images(images, neurons, geometry=geometry).distance)
        others.append(map_images(prepare(faint, design, noise), neurons, geometry=geometry).distance)
        designs.append({"chosen": str(design), "losses": {str(one): loss for one, loss in losses.items()}})
        say(f"fold {number}: {design}")
    names = ("FRI", "FRII")
    return {
        "designs": designs,
        "first": judge_set(distances, labels, classes, fold, strip),
        "mirabest": judge_set(others, (flux["code"][plain] // 100 - 1).astype(int), names, other_fold, other),
    }


def compare_labels(data: Path, mirabest: Path) -> dict[str, int]:
    """Count the sources of both sets within 20 arcsec, by whether their labels agree: what any method can hope for."""
    first, flux = np.load(data), np.load(mirabest)
    plain = flux["code"] < 300
    near = np.hypot(
        (flux["ra"][plain][:, None] - first["ra"]) * np.cos(np.deg2rad(first["dec"])),
        flux["dec"][plain][:, None] - first["dec"],
    )
    both = near.min(axis=1) < 20 / 3600
    theirs, ours = first["label"][near.argmin(axis=1)[both]], (flux["code"][plain] // 100 - 1)[both]
    bent = theirs == list(first["class_names"]).index("Bent")
    return {"both": int(both.sum()), "bent in one": int(bent.sum()), "same": int((theirs == ours).sum())}


def judge_pairs(data: Path) -> dict[str, Any]:
    """Tell true pairs of FIRST and NVSS images from swapped ones, by the distance to a map of two channels."""
    pairs = np.load(data)
    design, zero = Design(96, 2, "sqrt"), np.zeros(len(pairs["first"]))
    first = prepare(pairs["first"], design, zero)
    nvss = prepare(pairs["nvss"], Design(48, 1, "sqrt"), zero)
    lit = (first.max(axis=(1, 2, 3)) > 0) & (nvss.max(axis=(1, 2, 3)) > 0)
    both = np.concatenate([first, nvss], axis=1)[lit]
    fold = split_folds(pairs["name"][lit], 4, 0)
    return {
        "n": len(both),
        "left_out": int((~lit).sum()),
        "weights": {str(weight): measure_pairs(both, fold, weight) for weight in (0.0, 0.1, 0.3, 1.0, 3.0)},
    }


def measure_pairs(both: np.ndarray, fold: np.ndarray, weight: float) -> dict[str, Any]:
    """AUC of minus the distance for true against swapped pairs, and share that keeps the neuron of FIRST alone."""
    lattice, rng = Lattice((4, 4)), np.random.default_rng(0)
    geometry = make_geometry(both.shape[-1], rotations=92, shape="circular")
    images = both * np.sqrt(np.array([1.0, weight], np.float32))[:, None, None]
    true, swapped = np.zeros(len(both)), np.zeros(len(both))
    for number in range(fold.max() + 1):
        test = np.flatnonzero(fold == number)
        neurons = train_map(images[fold != number], geometry, lattice, passes=8)
        other = images[test].copy()
        other[:, 1] = images[np.roll(test[rng.permutation(len(test))], 1)][:, 1]
        true[test] = map_images(images[test], neurons, geometry=geometry).distance.min(axis=1)
        swapped[test] = map_images(other, neurons, geometry=geometry).distance.min(axis=1)
    auc = bootstrap(
        lambda t, s: measure_auc(np.repeat([True, False], len(t)), -np.concatenate([t, s])), [true, swapped],
        resamples=500,
    )  # fmt: skip
    closer = bootstrap(lambda t, s: float(((t < s) + 0.5 * (t == s)).mean()), [true, swapped], resamples=500)
    return {"auc": [auc.value, auc.error], "closer": [closer.value, closer.error]}


def say(text: str) -> None:
    """Print at once."""
    print(text, flush=True)


def main() -> None:
    """Print the tables of the page, and write all numbers as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("som-truth"))
    out = parser.parse_args().out
    data = Path(os.environ["SKYSIEVE_TEST_DATA"]) / "real" / "radio_som"
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    start = time.perf_counter()
    found = judge_first(data / "first_rgd_4class.npz", data / "mirabest_first_flux.npz")
    found["labels"] = compare_labels(data / "first_rgd_4class.npz", data / "mirabest_first_flux.npz")
    found["pairs"] = judge_pairs(data / "frdeep_first_nvss_pairs.npz")
    out.mkdir(parents=True, exist_ok=True)
    (out / "som_truth.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    for name in ("first", "mirabest"):
        print_set(name, found[name])
    say(f"labels: {found['labels']}")
    for weight, one in found["pairs"]["weights"].items():
        say(f"pairs, weight {weight}: auc {one['auc'][0]:.3f} +- {one['auc'][1]:.3f}, "
            f"closer {one['closer'][0]:.3f} +- {one['closer'][1]:.3f}")  # fmt: skip
    say(f"{time.perf_counter() - start:.0f} s")


def print_set(name: str, found: dict[str, Any]) -> None:
    """Print the scores of one set as Markdown."""
    say(f"\n{name}: {found['n']} sources in {found['groups']} strips, {found['counts']}")
    show: Callable[[list[float]], str] = lambda pair: f"{100 * pair[0]:.1f} ± {100 * pair[1]:.1f}"
    for part, ways in found["ways"].items():
        for way, one in ways.items():
            say(f"| {part} | {way} | {show(one['accuracy_of_draws'])} | {show(one['calibration_error_of_draws'])} |")
    say(json.dumps({"confusion": found["ways"]["all"]["chosen"]["confusion"], "outliers": found["outliers"]}))
    say(json.dumps({"vote": found["ways"]["all"]["vote"]["confusion"], "by_distance": found["by_distance"]}))


if __name__ == "__main__":
    main()

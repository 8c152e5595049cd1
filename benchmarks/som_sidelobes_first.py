"""Sidelobes on real maps, where nobody labeled any: components of FIRST maps, judged against their negatives.

The sky has no negative sources, so what a finder lists on the negated map is noise, sidelobes and the bowls of
deconvolution; where these are as often positive as negative, as many false components are among the positive ones.
Components away from the central source are cut out of both and prepared alike. A map trained on four fifths of the sky
(strips of 10 degrees in right ascension) and the shares q of negative components on its neurons give every component of
the other fifth p = q / (1 - q), at most 1: as many false ones among the positive as there are negative ones. Reported:
how well q tells negative from positive components, and whether the sum of p over positive components agrees with the
number of negative ones. No component is labeled, so nothing here says how many positive sidelobes are found.

Run: python benchmarks/som_sidelobes_first.py FILE.npz [--lattice 4] [--threshold 4]
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from skysieve.metrics import bootstrap, measure_auc
from skysieve.morphology.preprocessing import minmax
from skysieve.morphology.sidelobes import count_by_neuron, estimate_odds, measure_peak_to_ring
from skysieve.simulate.radio_components import find_components, measure_local_noise
from skysieve.som.engine import map_images
from skysieve.som.image_training import make_workshop, train_batch
from skysieve.som.lattice import Lattice
from skysieve.som.neighborhood import measure_influence
from skysieve.som.transforms import make_geometry, orient_image

SIDE, SCALE, BEAM = 50, 1.8, 5.4
AWAY = 30.0
"""Components within so many pixels of a map's middle may belong to the source that it was chosen for."""


@dataclass(frozen=True)
class Suspects:
    """Components away from the middle: images, ratio, sign, map, right ascension, brightest pixel nearby over noise."""

    images: np.ndarray
    ratio: np.ndarray
    negative: np.ndarray
    sky: np.ndarray
    ra: np.ndarray
    glare: np.ndarray


def gather(maps: np.ndarray, ra: np.ndarray, threshold: float) -> Suspects:
    """Find components of either sign on all maps."""
    parts = []
    for number, plain in enumerate(maps):
        noise = 1.4826 * np.median(np.abs(plain - np.median(plain)))
        local = measure_local_noise(plain, least=float(noise))
        for negative in (False, True):
            image = -plain if negative else plain
            parts += cut_components(image, local, threshold, (float(negative), float(number), ra[number]), plain)
    columns = [np.array(column) for column in zip(*parts, strict=True)]
    images, ratio, negative, sky, place, glare = columns
    return Suspects(images[:, None], ratio, negative > 0, sky.astype(int), place, glare)


def cut_components(
    image: np.ndarray, noise: np.ndarray, threshold: float, facts: tuple[float, float, float], plain: np.ndarray
) -> list[tuple[np.ndarray, float, float, float, float, float]]:
    """Cut out and prepare the components that lie away from the middle and from the edges."""
    found = find_components(image, noise=noise, beam=BEAM / SCALE, threshold=threshold)
    middle, half = (len(image) - 1) / 2, SIDE // 2
    parts = []
    for x, y in zip(np.rint(found.x).astype(int), np.rint(found.y).astype(int), strict=True):
        inside = min(x, y) >= half and max(x, y) < len(image) - half
        if not inside or np.hypot(x - middle, y - middle) < AWAY:
            continue
        window = (slice(y - half, y + half), slice(x - half, x + half))
        cut, level = image[window], 2 * noise[y, x]
        ratio = measure_peak_to_ring(cut[None], pixel_scale=SCALE, offset=np.full((1, 2), 0.5))[0]
        shown = minmax(np.log10(np.maximum(cut, level) / level)).astype(np.float32)
        parts.append((shown, float(ratio), *facts, float(plain.max() / np.median(noise))))
    return parts


def train(images: np.ndarray, options: argparse.Namespace) -> tuple[np.ndarray, Lattice]:
    """Train a small map in passes over all images."""
    lattice, geometry = Lattice((options.lattice, options.lattice)), make_geometry(SIDE, rotations=92, shape="circular")
    rng, workshop = np.random.default_rng(options.seed), make_workshop(geometry)
    start = images[rng.choice(len(images), lattice.n_neurons, replace=len(images) < lattice.n_neurons)]
    neurons = np.stack([orient_image(one, 0, geometry=geometry) for one in start])
    for sigma in np.geomspace(options.lattice / 3, 0.5, 8):
        weights = measure_influence(lattice.measure_distances(), "unitygaussian", sigma=sigma, rate=1.0)
        neurons = train_batch(neurons, [images], weights=weights, workshop=workshop)
    return neurons, lattice


def describe(name: str, values: np.ndarray, groups: np.ndarray) -> None:
    """Print a mean with its error over maps."""
    if len(values):
        found = bootstrap(lambda one: float(one.mean()), [values], groups=groups)
        print(f"| {name} | {found.value:.3f} | {found.error:.3f} | {found.n} |")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path, help="data [1e-5 Jy/beam], ra")
    parser.add_argument("--threshold", type=float, default=4.0, help="of components [sigma]")
    parser.add_argument("--lattice", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(1)
    with np.load(options.file) as file:
        all_of_it = gather(file["data"].astype(np.float64) * file["scale_jy_per_beam"], file["ra"], options.threshold)
    fold = (np.floor(all_of_it.ra / 10).astype(int)) % 5
    share = np.full(len(fold), np.nan)
    for one in range(5):
        share[fold == one] = judge(all_of_it, fold == one, options)
    negative = all_of_it.negative
    false = np.minimum(share / (1 - share), 1)
    print(f"{(~negative).sum()} positive and {negative.sum()} negative components on {len(set(all_of_it.sky))} maps")
    print("| what | value | error | n |\n|---|---|---|---|")
    for name, values in (("neuron", share), ("peak-to-ring ratio alone", all_of_it.ratio)):
        found = bootstrap(measure_auc, [negative, np.nan_to_num(values, posinf=1e6)], groups=all_of_it.sky)
        print(f"| AUC, negative against positive: {name} | {found.value:.3f} | {found.error:.3f} | {found.n} |")
    ratio = bootstrap(lambda n, p: float(p[~n].sum() / n.sum()), [negative, false], groups=all_of_it.sky)
    print(f"| sum of p over positive / number of negative | {ratio.value:.3f} | {ratio.error:.3f} | {ratio.n} |")
    bright = all_of_it.glare > np.median(all_of_it.glare)
    for name, chosen in (("brighter", bright), ("fainter", ~bright)):
        rows = chosen & ~negative
        describe(f"mean p of positive ones, {name} half of the maps", false[rows], all_of_it.sky[rows])
        describe(f"share of negative ones, {name} half", negative[chosen].astype(float), all_of_it.sky[chosen])


def judge(suspects: Suspects, test: np.ndarray, options: argparse.Namespace) -> np.ndarray:
    """Train on what is not of the test, and return the share of negative ones on each test component's neuron."""
    neurons, lattice = train(suspects.images[~test], options)
    bmu = map_images(suspects.images, neurons, geometry=make_geometry(SIDE, rotations=92, shape="circular")).bmu
    odds = estimate_odds(*count_by_neuron(bmu[~test], suspects.negative[~test], n_neurons=lattice.n_neurons))
    whole = suspects.negative[~test].mean()
    return np.where(odds.probability >= 0, odds.probability, whole)[bmu[test]]


if __name__ == "__main__":
    main()

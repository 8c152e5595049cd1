"""The sidelobe study of Vantyghem et al. (2024), section 8, on simulated maps: how well neurons tell sidelobes.

Components with a peak-to-ring ratio below 3 are cut out of simulated maps in which a tenth of the sidelobes is left,
prepared as in the paper, and a map is trained on them. Labels of a share of the training images give the probability
of each neuron; fields that nobody has seen are judged. Errors: bootstrap over fields. The tutorial docs/tutorial/
sidelobes.md walks the same steps in small.

Run: python benchmarks/som_sidelobes.py [--fields 12] [--train-fields 12] [--lattice 10] [--labeled 0.5]
"""

import argparse
import os
import platform
import time
from dataclasses import dataclass

import numpy as np
import torch

from skysieve.metrics import bootstrap, measure_auc, measure_brier, measure_calibration_error
from skysieve.morphology.preprocessing import minmax
from skysieve.morphology.sidelobes import (
    LIMIT,
    fit_sidelobe_model,
    measure_peak_to_ring,
    measure_sidelobe_probability,
)
from skysieve.simulate.radio import make_radio_sky
from skysieve.simulate.radio_recipe import BeamRecipe, InfraredRecipe, RadioPopulation, RadioSkyRecipe
from skysieve.som.engine import map_images
from skysieve.som.image_training import make_workshop, train_batch
from skysieve.som.lattice import Lattice
from skysieve.som.neighborhood import measure_influence
from skysieve.som.transforms import make_geometry, orient_image

SIDE = 50
RECIPE = RadioSkyRecipe(
    side=1000,
    beam=BeamRecipe(residual=0.1),
    sources=RadioPopulation(density=200.0),
    infrared=InfraredRecipe(density=0.0),
)


@dataclass(frozen=True)
class Suspects:
    """Components below the limit: prepared images, peak-to-ring ratios, truth, fields."""

    images: np.ndarray
    ratio: np.ndarray
    sidelobe: np.ndarray
    field: np.ndarray


def gather(seeds: range) -> Suspects:
    """Simulate fields and keep the suspects."""
    parts = []
    for seed in seeds:
        sky = make_radio_sky(RECIPE, seed=seed)
        padded = np.pad(sky.radio, SIDE // 2)
        x, y = (np.rint(sky.components[name]).astype(int) for name in ("x", "y"))
        cut = np.stack([padded[r : r + SIDE, c : c + SIDE] for r, c in zip(y, x, strict=True)])
        ratio = measure_peak_to_ring(cut, pixel_scale=RECIPE.pixel_scale, offset=np.full((len(x), 2), 0.5))
        few = ratio < LIMIT
        bright = np.log10(np.maximum(cut[few], 2 * RECIPE.noise) / (2 * RECIPE.noise))
        images = np.array([minmax(one) for one in bright], np.float32).reshape(-1, 1, SIDE, SIDE)
        parts.append((images, ratio[few], sky.component_sidelobe[few], np.full(int(few.sum()), seed)))
    return Suspects(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fields", type=int, default=12, help="test fields of a quarter of a square degree")
    parser.add_argument("--train-fields", type=int, default=12)
    parser.add_argument("--lattice", type=int, default=10)
    parser.add_argument("--labeled", type=float, default=0.5, help="share of the training images that is labeled")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(1)
    begin = time.perf_counter()
    train = gather(range(1000 * options.seed, 1000 * options.seed + options.train_fields))
    test = gather(range(1000 * options.seed + 500, 1000 * options.seed + 500 + options.fields))
    lattice, rng = Lattice((options.lattice, options.lattice)), np.random.default_rng(options.seed)
    geometry = make_geometry(SIDE, rotations=92, shape="circular")
    workshop = make_workshop(geometry, threads=options.threads)
    chosen = rng.choice(len(train.images), lattice.n_neurons, replace=len(train.images) < lattice.n_neurons)
    neurons = np.stack([orient_image(train.images[row], 0, geometry=geometry) for row in chosen])
    for sigma in np.geomspace(options.lattice / 3, 0.5, 8):
        weights = measure_influence(lattice.measure_distances(), "unitygaussian", sigma=sigma, rate=1.0)
        neurons = train_batch(neurons, [train.images], weights=weights, workshop=workshop)
    bmu, new = (map_images(one.images, neurons, geometry=geometry).bmu for one in (train, test))
    seen = rng.permutation(len(bmu))[: round(options.labeled * len(bmu))]
    model = fit_sidelobe_model(bmu[seen], train.ratio[seen], train.sidelobe[seen], n_neurons=lattice.n_neurons)
    print(f"{platform.machine()}, {os.cpu_count()} processors, {time.perf_counter() - begin:.0f} s")
    print(f"{len(bmu)} images trained on, {len(seen)} labeled; {len(new)} judged, {test.sidelobe.mean():.3f} sidelobes")
    print("| from | score | value | error | n |\n|---|---|---|---|---|")
    for name, one in (("neuron", model.odds), ("neuron and ring", model)):
        probability = measure_sidelobe_probability(new, test.ratio, one)[0]
        known = probability >= 0
        columns = [test.sidelobe[known], probability[known]]
        for score, measure in (
            ("AUC", measure_auc),
            ("Brier", measure_brier),
            ("calibration error", lambda truth, p: measure_calibration_error(truth, p, bins=10)),
        ):
            found = bootstrap(measure, columns, groups=test.field[known], resamples=300)
            print(f"| {name} | {score} | {found.value:.3f} | {found.error:.3f} | {found.n} |")


if __name__ == "__main__":
    main()

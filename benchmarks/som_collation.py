"""Collation judged on a simulated sky: how many true groupings come back, how many sources are wrongly merged.

A map of two channels (radio, and infrared within the hull of the radio emission) is trained on some simulated fields;
regions are drawn on its neurons by a fixed rule that looks at the neurons alone (what stands out of the average image
belongs together; the host is where the infrared channel peaks); other fields are mapped onto it, and their components
collated. Nothing of the test fields is used before that. A true source counts as recovered when one collated source
has all of its components and no other; a collated source is wrongly merged when it has components of two true sources
(or an artifact beside anything). Errors: bootstrap over fields. The rule
and its numbers were settled on fields of their own (seeds from 900,000 on).

Run: python benchmarks/som_collation.py [--fields 20] [--train-fields 20] [--lattice 10] [--density 80] [--out FOLDER]
"""

import argparse
import contextlib
import io
import json
import os
import platform
import shutil
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from scipy import ndimage
from scipy.spatial import cKDTree

from skysieve.cli.main import invoke
from skysieve.io.annotations import write_annotations
from skysieve.io.catalogs import read_catalog, write_catalog
from skysieve.io.pink import write_pink_images
from skysieve.metrics import Estimate, bootstrap
from skysieve.morphology.collation import Action, Conflict
from skysieve.morphology.islands import convex_hull, convex_hull_smoothed
from skysieve.morphology.likeness import measure_unlikeness
from skysieve.morphology.noise import rms_estimate
from skysieve.morphology.planes import cut_planes
from skysieve.morphology.preprocessing import circular_mask, minmax
from skysieve.morphology.projection import Matched
from skysieve.morphology.sources import Collated, CollationRecipe, collate_components
from skysieve.records import Catalog
from skysieve.records.annotations import Annotations, NeuronAnnotation, Region
from skysieve.simulate.radio import RadioSky, make_radio_sky
from skysieve.simulate.radio_recipe import RadioPopulation, RadioSkyRecipe
from skysieve.som.engine import map_images
from skysieve.som.image_data import wrap_images
from skysieve.som.image_training import make_workshop, train_batch
from skysieve.som.lattice import Lattice
from skysieve.som.maps import ImageMap, write_image_map
from skysieve.som.neighborhood import measure_influence
from skysieve.som.transforms import make_geometry, measure_angles, orient_image

SIDE = 64
INFRARED_WEIGHT = 0.4
NEIGHBOR = 60.0
"""Images whose component has another one within this distance [arcsec] are trained on; of the others as many."""

UNLIKE = 0.7
"""Images whose distance exceeds this share of their distance to an empty neuron claim nothing; chosen on other skies
than those of the test."""


@dataclass(frozen=True)
class Drawing:
    """The rule by which regions are drawn on a neuron.

    Blobs are what exceeds ``radio`` times the brightest radio pixel. The host is the spot above ``host`` times the
    brightest infrared pixel within the hull of all blobs, if that pixel exceeds ``faintest_host``. The blob at the
    center of the neuron belongs to the source, and so do all others, unless just one other is seen and the host lies
    upon one of the two, within ``upon`` pixels of its brightest: then they are two sources. Regions get a margin of one
    pixel.
    """

    radio: float = 0.1
    host: float = 0.5
    faintest_host: float = 0.05
    upon: float = 2.5


def cut_image(plane: np.ndarray, x: int, y: int) -> np.ndarray:
    """Cut a square around a pixel; zeros beyond the field."""
    padded = np.zeros((SIDE, SIDE), np.float32)
    low, left = y - SIDE // 2, x - SIDE // 2
    part = plane[max(low, 0) : low + SIDE, max(left, 0) : left + SIDE]
    top, start = max(-low, 0), max(-left, 0)
    padded[top : top + part.shape[0], start : start + part.shape[1]] = part
    return padded


def stretch(plane: np.ndarray, noise: float, sigma: float) -> np.ndarray:
    """Keep pixels above some sigma, on a logarithmic scale from 0 to 1."""
    above = plane > sigma * noise
    scaled = np.zeros(plane.shape)
    scaled[above] = np.log10(plane[above] / (sigma * noise))
    return minmax(scaled)


def prepare(sky: RadioSky) -> np.ndarray:
    """Prepare the images of all components: radio, and infrared within the hull of the radio emission."""
    x, y = (np.rint(sky.components[name]).astype(int) for name in ("x", "y"))
    disk = circular_mask((SIDE, SIDE), scale=1.0)
    radio_noise, infrared_noise = (rms_estimate(plane, mode="mad") for plane in (sky.radio, sky.infrared))
    images = np.zeros((len(x), 2, SIDE, SIDE), np.float32)
    for row in range(len(x)):
        radio = cut_image(sky.radio, x[row], y[row])
        images[row, 0] = stretch(radio, radio_noise, 3) * disk
        hull = convex_hull_smoothed(images[row, 0], 1.5, level=0.3)
        infrared = stretch(cut_image(sky.infrared, x[row], y[row]), infrared_noise, 4)
        images[row, 1] = INFRARED_WEIGHT * infrared * hull * disk
    return images


def choose_training(sky: RadioSky, rng: np.random.Generator) -> np.ndarray:
    """Choose components with neighbors, and as many without: both rules look at the catalog only."""
    places = np.stack([sky.components["x"], sky.components["y"]], axis=1)
    near = cKDTree(places).query(places, k=2)[0][:, 1] < NEIGHBOR / 1.8
    alone = rng.permutation(np.flatnonzero(~near))
    return np.concatenate([np.flatnonzero(near), alone[: max(1, near.sum() // 2)]])


def train(images: np.ndarray, options: argparse.Namespace) -> ImageMap:
    """Train a map in passes over all images, its neighborhood narrowing."""
    lattice = Lattice((options.lattice, options.lattice))
    geometry = make_geometry(SIDE, rotations=92, shape="circular")
    workshop = make_workshop(geometry, threads=options.threads)
    rng = np.random.default_rng(options.seed)
    start = images[rng.choice(len(images), lattice.n_neurons, replace=len(images) < lattice.n_neurons)]
    neurons = np.stack([orient_image(one, 0, geometry=geometry) for one in start])
    for sigma in np.geomspace(options.lattice / 3, 0.5, options.passes):
        weights = measure_influence(lattice.measure_distances(), "unitygaussian", sigma=sigma, rate=1.0)
        neurons = train_batch(neurons, [images], weights=weights, workshop=workshop)
    return ImageMap(neurons, lattice, geometry, bands=("radio", "infrared"))


def draw_regions(trained: ImageMap, rule: Drawing) -> Annotations:
    """Draw regions on all neurons as a person would who sees nothing but the neurons."""
    side = trained.geometry.neuron_side
    disk = circular_mask((side, side), radius=SIDE / 2)
    drawn = [NeuronAnnotation(k, (), draw_neuron(one, rule, disk)) for k, one in enumerate(trained.neurons)]
    return Annotations(tuple(drawn), "", len(drawn), side, 2)


def draw_neuron(neuron: np.ndarray, rule: Drawing, disk: np.ndarray) -> tuple[Region, ...]:
    """Draw what belongs together, and where the host is."""
    radio = ndimage.gaussian_filter(neuron[0], 0.7) * disk
    blobs, count = ndimage.label(radio > rule.radio * radio.max(), np.ones((3, 3)))
    tops = np.array(ndimage.maximum_position(radio, blobs, np.arange(1, count + 1))).reshape(-1, 2)
    middle = (np.array(radio.shape) - 1) / 2
    central = 1 + int(np.argmin([np.hypot(*(np.argwhere(blobs == k + 1) - middle).T).min() for k in range(count)]))
    infrared = ndimage.gaussian_filter(neuron[1] / INFRARED_WEIGHT, 1.0) * convex_hull((blobs > 0).astype(float))
    host = np.array(np.unravel_index(infrared.argmax(), infrared.shape))
    seen = infrared.max() > rule.faintest_host
    apart = count == 2 and (not seen or np.hypot(*(tops - host).T).min() < rule.upon)
    related = ndimage.binary_dilation(blobs == central if apart else blobs > 0)
    spots, _ = ndimage.label(infrared > rule.host * infrared.max())
    spot = ndimage.binary_dilation(spots == spots[tuple(host)])
    if not seen or (not related[tuple(host)] and apart):
        return (Region("related", 0, related),)
    return Region("related", 0, related), Region("host", 1, spot)


def collate(
    sky: RadioSky,
    images: np.ndarray,
    trained: ImageMap,
    *,
    drawn: Annotations,
    sorter: str,
    conflict: Conflict = "join",
    unlike: float = UNLIKE,
) -> Collated:
    """Map the images of a field and collate its components."""
    mapping = map_images(images, trained.neurons, geometry=trained.geometry)
    bmu, rows = mapping.bmu, np.arange(len(images))
    orientation = mapping.orientation[rows, bmu]
    x, y = (np.rint(sky.components[name]) - 0.5 for name in ("x", "y"))
    matched = Matched(
        cut_planes(sky.wcs, x, y, image_side=SIDE),
        bmu,
        measure_angles(orientation, trained.geometry),
        orientation >= trained.geometry.rotations,
        SIDE,
    )
    actions = {"related": Action.LINK, "host": Action.DATA_ATTACH}
    recipe = CollationRecipe(actions, sorter=sorter, conflict=conflict, max_unlike=unlike)
    distance = mapping.distance[rows, bmu].astype(np.float64)
    likeness = measure_unlikeness(distance, wrap_images(images))
    return collate_components(
        matched, drawn, sky.components, distance=distance, own=rows, unlike=likeness, hosts=sky.hosts, recipe=recipe
    )


def collate_by_command(sky: RadioSky, images: np.ndarray, som: Path, *, scratch: Path, unlike: float) -> Collated:
    """Do the same with ``skysieve som map`` and ``skysieve som collate``, from files to files."""
    ra, dec = sky.wcs.pixel_to_world_values(*(np.rint(sky.components[name]) - 0.5 for name in ("x", "y")))
    place = Catalog(sky.components.schema[:3], {"id": sky.components["id"], "ra": ra, "dec": dec})
    write_pink_images(scratch / "images.bin", [images], shape=images.shape[1:])
    write_catalog(place, scratch / "images.rows.parquet")
    write_catalog(sky.components, scratch / "components.parquet")
    write_catalog(sky.hosts, scratch / "hosts.parquet")
    folder = str(scratch / "mapping")
    run(["map", str(scratch / "images.bin"), str(som), "--out", folder, "--overwrite"])
    tables = [f"--{name}={scratch / name}.parquet" for name in ("components", "hosts")]
    limits = ["--set", f"max_unlike={unlike}", "--pixel-scale", "1.8", "--images", str(scratch / "images.bin")]
    run(["collate", folder, f"--annotations={som / 'annotations'}", *tables, *limits, f"--out={scratch / 'collated'}"])
    summary = json.loads((scratch / "collated" / "collation.json").read_text())["counts"]
    sources, members = (read_catalog(scratch / "collated" / f"{name}.parquet") for name in ("sources", "members"))
    return Collated(sources, members, summary)


def run(command: list[str]) -> None:
    """Run a command of the group ``skysieve som``."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()) as errors:
        code = invoke(["som", *command])
    if code:
        raise RuntimeError(errors.getvalue())


def judge(sky: RadioSky, collated: Collated) -> dict[str, list[bool]]:
    """Compare sources with the truth: a list of yes and no for each question."""
    truth = np.where(sky.component_source >= 0, sky.component_source, -1 - np.arange(len(sky.component_source)))
    mine = collated.members["channel"] == 0
    source = np.zeros(len(truth), int)
    source[collated.members["component_id"][mine] - 1] = collated.members["source_id"][mine]
    true_sets = {frozenset(np.flatnonzero(truth == one).tolist()) for one in set(truth.tolist()) if one >= 0}
    found = {frozenset(np.flatnonzero(source == one).tolist()): one for one in set(source.tolist())}
    merged = {one: len({int(truth[k]) for k in members}) > 1 for members, one in found.items()}
    hosts = dict(zip(collated.sources["id"].tolist(), collated.sources["host_id"].tolist(), strict=True))
    right = [(members, int(truth[next(iter(members))])) for members in true_sets if members in found]
    seen = [(members, one) for members, one in right if sky.sources["host_id"][one] >= 0]
    return {
        "recovered, all true sources": [members in found for members in true_sets],
        "recovered, of several components": [members in found for members in true_sets if len(members) > 1],
        "recovered, of three or more": [members in found for members in true_sets if len(members) > 2],
        "wrongly merged, of all collated sources": list(merged.values()),
        "wrongly merged, of those of several components": [merged[one] for s, one in found.items() if len(s) > 1],
        "right host, of recovered sources": [hosts[found[m]] == sky.sources["host_id"][one] for m, one in seen],
        "right host, of those of several components": [
            hosts[found[m]] == sky.sources["host_id"][one] for m, one in seen if len(m) > 1
        ],
    }


def estimate(fields: list[dict[str, list[bool]]], question: str) -> Estimate:
    """Measure a fraction with its error over fields."""
    answers = np.array([float(one) for field in fields for one in field[question]])
    groups = np.repeat(np.arange(len(fields)), [len(field[question]) for field in fields])
    return bootstrap(lambda values: float(values.mean()), [answers], groups=groups)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fields", type=int, default=20, help="test fields of one square degree")
    parser.add_argument("--train-fields", type=int, default=20)
    parser.add_argument("--lattice", type=int, default=10)
    parser.add_argument("--passes", type=int, default=9)
    parser.add_argument("--density", type=float, default=80, help="radio sources a square degree")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--conflict", choices=["join", "first"], default="join")
    parser.add_argument("--unlike", type=float, default=UNLIKE, help="share of the distance to an empty neuron")
    parser.add_argument("--out", type=Path, default=None, help="folder for the map and its regions")
    options = parser.parse_args()
    torch.set_num_threads(1)
    start = time.perf_counter()
    recipe = replace(RadioSkyRecipe(), sources=RadioPopulation(density=options.density))
    rng = np.random.default_rng(options.seed)
    training = []
    for number in range(options.train_fields):
        sky = make_radio_sky(recipe, seed=100_000 * options.seed + number)
        training.append(prepare(sky)[choose_training(sky, rng)])
    images = np.concatenate(training)
    trained = train(images, options)
    drawn = draw_regions(trained, Drawing())
    scratch = Path(tempfile.mkdtemp(prefix="collation"))
    som = options.out or scratch / "map"
    write_image_map(som, trained)
    write_annotations(som / "annotations", drawn)
    print(f"{platform.machine()}, {os.cpu_count()} processors; {len(images)} images trained on, "
          f"{time.perf_counter() - start:.0f} s")  # fmt: skip
    answers: dict[str, list[dict[str, list[bool]]]] = {}
    for number in range(options.fields):
        sky = make_radio_sky(recipe, seed=100_000 * options.seed + 50_000 + number)
        prepared = prepare(sky)
        for sorter in ("largest_first", "best_matching_first", "area_ratio"):
            found = collate(
                sky, prepared, trained, drawn=drawn, sorter=sorter, conflict=options.conflict, unlike=options.unlike
            )
            answers.setdefault(sorter, []).append(judge(sky, found))
        found = collate_by_command(sky, prepared, som, scratch=scratch, unlike=options.unlike)
        answers.setdefault("largest_first, command line", []).append(judge(sky, found))
    shutil.rmtree(scratch)
    print("| sorter | what | fraction | error | n |\n|---|---|---|---|---|")
    for sorter, fields in answers.items():
        for question in fields[0]:
            share = estimate(fields, question)
            print(f"| {sorter} | {question} | {share.value:.4f} | {share.error:.4f} | {share.n} |")
    print(f"{time.perf_counter() - start:.0f} s in all")


if __name__ == "__main__":
    main()

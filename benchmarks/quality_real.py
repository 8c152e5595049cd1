"""How good the verdicts on real exposures are: with faults put in, on a night with bad tracking, on odd frames.

``injected`` puts faults of stated sizes (times the limit from which each ruins an exposure) into real good frames:
crops of DECam, SDSS frames in cuts of 512 x 512, a plate of M67 and an old CCD image. Each frame also stays as it is
and gets faults of at most half their limit, which are good. For each cause it prints recall and precision with their
numbers and 68 % intervals, with the camera's usual sky and zeropoint told and hidden; equal numbers of each kind of
fault decide the precision. Frames whose parent's name holds one of the texts after ``--leave-out`` (those that the
weights have learned from) are not used; ``frames`` lists them. ``night`` judges the frames of a folder by weights,
and compares P(RBT) + P(BT) with a table of measured ellipticities (columns file, median_ellipticity, proxy_label);
nothing is fitted to it. ``odd`` judges frames of kinds never simulated: vignetted, without sources, with a color
filter on every pixel. DATA is the folder of real exposures.

    python benchmarks/quality_real.py frames DATA --run DIR
    python benchmarks/quality_real.py injected WEIGHTS DATA --run DIR [--draws 4] [--sizes 1.5 3] [--kinds KIND...]
                                                         [--leave-out TEXT...]
    python benchmarks/quality_real.py night WEIGHTS FOLDER METRICS.csv
    python benchmarks/quality_real.py odd WEIGHTS DATA
"""

import argparse
import bz2
import csv
import re
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path

import numpy as np
import torch
from astropy.io import fits
from scipy.stats import spearmanr

from skysieve.metrics import bootstrap, measure_auc, measure_proportion
from skysieve.quality.assess_recipe import AssessRecipe
from skysieve.quality.assessing import assess_exposures
from skysieve.quality.flags import ExposureFlag
from skysieve.quality.frames import RealFrame
from skysieve.quality.labels import CAUSES, CLASSES
from skysieve.quality.learning import Views
from skysieve.quality.model import Judged, Model, hide_usual, judge_views, read_model
from skysieve.quality.realfaults import SETTINGS, UNTRAINED, DegradeRecipe
from skysieve.quality.realframes import make_real_views, number_parent
from skysieve.quality.verdict import give_verdict
from skysieve.quality.verdict_recipe import VerdictRecipe

SEED = 4001

SDSS_SKY = {"r": 0.80, "i": 1.64}
"""Median of the sky that SDSS subtracted, from the frames' own tables [nanomaggy a pixel]."""

ODD = ("toros_eso085-030-004.fits.gz", "m13_short_0001.fits.gz", "panoptes_unsolved.fits.gz")


def list_frames(data: Path, run: Path) -> list[RealFrame]:
    """Return the good frames; compressed SDSS frames are unpacked into the run folder once."""
    return [*list_decam(data / "decam_crops"), *list_sdss(data, run), *list_others(data)]


def list_decam(folder: Path) -> list[RealFrame]:
    """Return crops of DECam with their masks; crops of one detector of one exposure have one parent."""
    found = []
    for path in sorted(folder.glob("*ooi*")):
        stem = path.name.split(".fits")[0]
        _, night, second, _, band, place = stem.split("_", 5)
        parent = f"decam_{night}_{second}_{re.split('[.-]', place)[-1]}"
        name = f"{parent}_{band}_{re.split('[.-]', place)[0]}"
        mask = path.with_name(path.name.replace("_ooi_", "_ood_"))
        with fits.open(path) as planes:
            width = float(planes[-1].header["FWHM"])
        found.append(RealFrame(name, str(path), str(mask), parent, width))
    return found


def list_sdss(data: Path, run: Path) -> list[RealFrame]:
    """Return cuts of the frames away from the globular cluster; both bands saw one sky at one time."""
    run.mkdir(parents=True, exist_ok=True)
    found = []
    for band, sky in SDSS_SKY.items():
        path = run / f"sdss_{band}.fits"
        if not path.is_file():
            packed = data / f"sdss_frame-{band}-002583-2-0136.fits.bz2"
            path.write_bytes(bz2.decompress(packed.read_bytes()))
        for row, column in ((0, 1024), (0, 1536), (488, 1024), (488, 1536), (977, 1024), (977, 1536)):
            name = f"sdss_{band}_{row}_{column}"
            found.append(RealFrame(name, str(path), parent="sdss_2583_2_136", sky=sky, corner=(row, column)))
    return found


def list_others(data: Path) -> list[RealFrame]:
    """Return four quarters of the plate of M67, and the test image of sep."""
    quarters = [(0, 0), (0, 547), (547, 0), (547, 547)]
    plate = data / "poss_m67.fits.gz"
    return [
        *(RealFrame(f"m67_{y}_{x}", str(plate), parent="m67", corner=(y, x)) for y, x in quarters),
        RealFrame("sep_image", str(data / "sep_image.fits")),
    ]


def print_frames(options: argparse.Namespace) -> None:
    """Print names and parents of the frames."""
    for frame in list_frames(options.data, options.run):
        print(frame.name, frame.parent or frame.name)


def judge_injected(options: argparse.Namespace) -> None:
    """Print recall and precision of each cause."""
    model = read_model(str(options.weights))
    learning = model.recipe.learning
    recipe = DegradeRecipe(
        kinds=tuple(options.kinds), draws=options.draws, good=3 * options.draws, sizes=tuple(options.sizes),
        limits=learning.limits, detector=learning.detector, seed=SEED,
    )  # fmt: skip
    frames = [
        frame
        for frame in list_frames(options.data, options.run)
        if not any(text in (frame.parent or frame.name) for text in options.leave_out)
    ]
    views = make_real_views(
        frames, recipe, out=options.run / "views", source_map=model.source_map,
        on_done=lambda one: print(one.key, one.state, f"{one.seconds:.0f} s", flush=True),
    )  # fmt: skip
    sizes = f"{options.sizes[0]:g} to {options.sizes[1]:g} times the limit"
    print(f"{len(frames)} frames of {len(np.unique(views.exposure))} parents, {len(views)} exposures, faults {sizes}")
    for told, seen in (("usual told", views), ("usual hidden", hide_usual(views))):
        found = find_causes(model, seen)
        print_causes(told, seen, found)
        print_parents(seen, found, (frame.parent or frame.name for frame in frames))


def find_causes(model: Model, views: Views) -> np.ndarray:
    """Return the number of the cause that the verdict on each detector names, as if it were an exposure of its own."""
    judged, found = judge_views(model, views), []
    for row in range(len(views)):
        rows = np.array([row])
        one = Judged(*(getattr(judged, part.name)[rows] for part in fields(Judged)))
        found.append(CAUSES.index(give_verdict(one, views.take(rows), model=model, recipe=VerdictRecipe()).cause))
    return np.array(found)


def print_parents(views: Views, found: np.ndarray, parents: Iterable[str]) -> None:
    """Print for each parent how many of its good exposures pass, and how often the class is right."""
    learned = views.label < len(CLASSES)
    for parent in sorted(set(parents)):
        own = views.exposure == number_parent(parent)
        good = own & (views.label == 0)
        right = measure_proportion((found == views.label)[own & learned])
        print(f"  {parent}: {np.sum(found[good] == 0)} of {good.sum()} good ones pass, "
              f"class right {right.value:.2f} ({right.low:.2f} to {right.high:.2f}), n = {right.n}")  # fmt: skip


def print_causes(told: str, views: Views, found: np.ndarray) -> None:
    """Print recall and precision of each cause, and what it is taken for."""
    right = measure_proportion(found == views.label)
    print(f"{told}: cause right {right.value:.3f} ({right.low:.3f} to {right.high:.3f}), n = {right.n}")
    for number, cause in enumerate(CAUSES):
        is_so, said = views.label == number, found == number
        recall, precision = measure_proportion(said[is_so]), measure_proportion(is_so[said])
        taken = {CAUSES[one]: count for one, count in Counter(found[is_so].tolist()).most_common()}
        print(f"  {cause:8s} recall {recall.value:.3f} ({recall.low:.3f} to {recall.high:.3f}), n = {recall.n}; "
              f"precision {precision.value:.3f} ({precision.low:.3f} to {precision.high:.3f}), n = {precision.n}; "
              f"taken for {taken}")  # fmt: skip


def judge_night(options: argparse.Namespace) -> None:
    """Print how well P(RBT) + P(BT) follows the measured ellipticity of real frames."""
    with options.metrics.open(encoding="utf-8") as file:
        rows = {Path(row["file"]).name: row for row in csv.DictReader(file)}
    paths = [path for path in sorted(options.folder.iterdir()) if path.name in rows]
    start = time.perf_counter()
    table, detectors = assess_exposures(paths, AssessRecipe(model=str(options.weights)), on_done=lambda _: None)
    verdicts = dict(Counter(table["verdict"].tolist()))
    seconds = time.perf_counter() - start
    print(f"{len(paths)} frames in {seconds:.0f} s; out of the domain {table['ood'].sum()}; verdicts {verdicts}")
    chance = (table["p_rbt"].astype(float) + table["p_bt"]).astype(float)
    shape = np.array([float(rows[name]["median_ellipticity"]) for name in table["exposure"]])
    kind = np.array([rows[name]["proxy_label"] for name in table["exposure"]])
    known = np.isfinite(chance)
    print_rank("P(RBT) + P(BT)", chance[known], shape[known])
    own = detectors["ellipticity"].astype(float)
    print_rank("our median ellipticity", own[np.isfinite(own)], shape[np.isfinite(own)])
    sure = known & np.isin(kind, ["round", "trailed"])
    roc = bootstrap(measure_auc, [(kind == "trailed")[sure], chance[sure]])
    print(f"ROC of trailed against round: {roc.value:.3f} +- {roc.error:.3f}, "
          f"{np.sum(kind == 'trailed')} trailed, {np.sum(kind == 'round')} round")  # fmt: skip
    for name in ("round", "intermediate", "trailed"):
        print(f"  {name}: {dict(Counter(table['cause'][kind == name].tolist()))}")


def print_rank(name: str, values: np.ndarray, shape: np.ndarray) -> None:
    """Print the rank correlation with its error."""
    found = bootstrap(lambda a, b: float(spearmanr(a, b).statistic), [values, shape])
    print(f"rank correlation of {name} with ellipticity: {found.value:.3f} +- {found.error:.3f} (n = {found.n})")


def judge_odd(options: argparse.Namespace) -> None:
    """Print the verdicts on frames unlike any simulated one, each judged alone."""
    for name in ODD:
        recipe = AssessRecipe(model=str(options.weights))
        row = assess_exposures([options.data / name], recipe, on_done=lambda _: None)[0].row(0)
        flags = [str(flag.name).lower() for flag in ExposureFlag if flag & int(row["flags"])]
        print(f"{name}: {row['verdict']} ({row['cause']}), P(good) {row['p_good']:.3f}, causes {row['causes95']}, "
              f"ood {row['ood']}, flags {', '.join(flags)}. {row['message']}")  # fmt: skip


def main() -> None:
    """Read the command line."""
    torch.set_num_threads(1)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(required=True)
    frames = verbs.add_parser("frames")
    frames.set_defaults(verb=print_frames)
    injected = verbs.add_parser("injected")
    injected.add_argument("weights", type=Path)
    injected.add_argument("--draws", type=int, default=4, help="of each kind of fault, for each frame")
    injected.add_argument("--sizes", type=float, nargs=2, default=(1.5, 3.0), help="times the limit")
    injected.add_argument("--kinds", nargs="*", default=[*SETTINGS, *UNTRAINED], help="of faults")
    injected.add_argument("--leave-out", nargs="*", default=[], help="frames whose parent's name holds one of these")
    injected.set_defaults(verb=judge_injected)
    for one in (frames, injected):
        one.add_argument("data", type=Path)
        one.add_argument("--run", type=Path, required=True)
    night = verbs.add_parser("night")
    night.add_argument("weights", type=Path)
    night.add_argument("folder", type=Path)
    night.add_argument("metrics", type=Path)
    night.set_defaults(verb=judge_night)
    odd = verbs.add_parser("odd")
    odd.add_argument("weights", type=Path)
    odd.add_argument("data", type=Path)
    odd.set_defaults(verb=judge_odd)
    options = parser.parse_args()
    options.verb(options)


if __name__ == "__main__":
    main()

"""How good and how fast deblended fluxes are, beside sep's hot and cold modes and the published results.

``blends`` runs ``skysieve deblend evaluate`` with its defaults: 5,000 pairs in the paper's setting, groups of 3 to 8,
and blends that detection has not recognized; all of galaxies never trained on. ``detected`` measures groups of 3 to 8
at the positions that sep detects. ``hidden`` counts unrecognized blends that are found, by the separation of the two.
``speed`` times pairs of 128x128 pixels and 10,000 sources of a simulated detector of 2048x4612. ``real`` runs the
blends of HSC's COSMOS field (FOLDER/real/deblending/hsc_cosmos_not_matched) in all bands; ``joint`` compares light
fractions on the field that HST has seen as well.

    python benchmarks/deblending.py blends --out RUN [--published coindeblend_paper_output_catalog.csv.gz]
    python benchmarks/deblending.py detected|hidden|speed [--model WEIGHTS] [--number N]
    SKYSIEVE_TEST_DATA=FOLDER python benchmarks/deblending.py real|joint
"""

import argparse
import os
import platform
import resource
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from astropy.io import fits
from astropy.wcs import WCS

from skysieve.deblending import EvaluateRecipe, evaluate
from skysieve.deblending.blending import Blend, make_blend, make_blends
from skysieve.deblending.evaluate_recipe import GROUPS, HIDDEN, PAPER
from skysieve.deblending.measuring import deblend_detector
from skysieve.deblending.model import Model, Windows, read_model, tell_apart
from skysieve.deblending.network import LEVELS
from skysieve.deblending.populations import draw_galaxies
from skysieve.deblending.scores import judge_told
from skysieve.deblending.training import make_windows
from skysieve.extraction import measure_stamp_shape
from skysieve.extraction.hotcold import find_hot_cold
from skysieve.metrics import bootstrap
from skysieve.records import Catalog, Column
from skysieve.simulate import GalaxyRecipe, SceneRecipe, StarRecipe, make_scene

I_BAND = 2
MIDDLE = LEVELS.index(0.5)
NEAR = 2.0
"""A detection is a source's own where it lies nearer than this [pixel]."""


def run_blends(options: argparse.Namespace) -> None:
    """Print the main numbers of an evaluation."""
    recipe = EvaluateRecipe(published=options.published)
    recipe = replace(recipe, apply=replace(recipe.apply, model=options.model),
                     execution=replace(recipe.execution, threads_per_worker=torch.get_num_threads()))  # fmt: skip
    for name, metric in evaluate(recipe, out=options.out).items():
        error = "" if metric.error is None else f" +- {metric.error:.4f}"
        print(f"{name}: {metric.value:.4f}{error} (n = {metric.n})")


def run_detected(options: argparse.Namespace) -> None:
    """Measure groups at detected positions: the error of the sources that were detected, and how many were not."""
    model, galaxies = read_model(options.model), draw_galaxies(GROUPS.galaxies)
    errors, groups, all_sources, unknown = [], [], 0, 0
    for index in range(options.number):
        blend = make_blend(galaxies, replace(GROUPS.blends, jitter=0.0), seed=5, index=index)
        found = find_hot_cold(blend.image, 1.0)
        all_sources += len(blend)
        if len(found) == 0:
            continue
        places = np.column_stack([found.x, found.y])
        told = tell_apart(model, Windows(blend.image[None], blend.psf[None], places, np.zeros(len(found), int)))
        flux = told.quantiles[:, MIDDLE]
        unknown += int(np.count_nonzero(~np.isfinite(told.quantiles)))
        for source, own in match_sources(blend, places):
            errors.append(abs(flux[own] / blend.flux[source] - 1))
            groups.append(int(blend.row[source]))
    median = bootstrap(lambda one: float(np.median(one)), (np.array(errors),), groups=np.array(groups), resamples=200)
    print(f"detected positions: median error {100 * median.value:.2f} +- {100 * median.error:.2f} %, n = {median.n}; "
          f"{all_sources - len(errors)} of {all_sources} were not detected; {unknown} numbers were NaN")  # fmt: skip


def match_sources(blend: Blend, places: np.ndarray) -> list[tuple[int, int]]:
    """Return sources and their detections, those that are each other's nearest."""
    apart = np.hypot(blend.true_x[:, None] - places[:, 0], blend.true_y[:, None] - places[:, 1])
    nearest, back = apart.argmin(axis=1), apart.argmin(axis=0)
    return [
        (source, int(own)) for source, own in enumerate(nearest) if back[own] == source and apart[source, own] < NEAR
    ]


def run_hidden(options: argparse.Namespace) -> None:
    """Print the share of unrecognized blends that are found at 10 % false alarms, by separation."""
    model, galaxies = read_model(options.model), draw_galaxies(HIDDEN.galaxies)
    rule = replace(HIDDEN.blends, sources=(1, 2), jitter=0.2, merged=1.0)
    chance, hidden, apart, contrast = [], [], [], []
    for start in range(0, options.number, 100):
        blends = list(make_blends(galaxies, rule, seed=9, rows=range(start, start + 100)))
        whole = list(make_blends(galaxies, replace(rule, merged=0.0), seed=9, rows=range(start, start + 100)))
        judged = judge_told(tell_apart(model, make_windows(blends)), blends)
        chance += judged.p_hidden.tolist()
        hidden += judged.unlisted.tolist()
        for one in whole:
            far = float(np.hypot(np.diff(one.true_x), np.diff(one.true_y))[0] / one.psf[0]) if len(one) == 2 else 0.0
            apart.append(far)
            contrast.append(float(one.total.min() / one.total.max()))
    known, is_hidden, far, ratio = (np.array(one) for one in (chance, hidden, apart, contrast))
    limit = np.quantile(known[~is_hidden], 0.9)
    print(f"single sources: {np.count_nonzero(~is_hidden)}; 10 % of them lie above {limit:.3f}")
    for low, high in ((0.0, 0.5), (0.5, 1.0), (1.0, 2.0), (0.5, 1e9)):
        for least in (0.0, 0.2):
            part = known[is_hidden & (far >= low) & (far < high) & (ratio >= least)] > limit
            error = np.sqrt(part.mean() * (1 - part.mean()) / max(len(part), 1))
            print(f"separation {low:g} to {high:g} FWHM, flux ratio above {least:g}: {100 * part.mean():.1f} +- "
                  f"{100 * error:.1f} % found (n = {len(part)})")  # fmt: skip


def run_speed(options: argparse.Namespace) -> None:
    """Time pairs on stamps, and a whole detector."""
    model = read_model(options.model)
    galaxies = draw_galaxies(replace(PAPER.galaxies, number=200))
    windows = make_windows(list(make_blends(galaxies, PAPER.blends, seed=3, rows=range(512))))
    tell_apart(model, windows)
    start = time.perf_counter()
    tell_apart(model, windows)
    seconds = time.perf_counter() - start
    print(f"pairs of 128x128: {512 / seconds:.0f} a second, {torch.get_num_threads()} threads")
    time_detector(model, sources=options.number)


def time_detector(model: Model, *, sources: int) -> None:
    """Time the measurement of a simulated detector at the true positions of its brightest objects."""
    scene = make_scene(
        SceneRecipe(shape=(4612, 2048), galaxies=GalaxyRecipe(faint=25.5, density=2.0), stars=StarRecipe(density=3.0)),
        seed=11,
    )
    truth, band = scene.truth, scene.detector.bands[0].name
    rows, columns = scene.detector.shape
    inside = (truth["x"] > 0) & (truth["x"] < columns - 1) & (truth["y"] > 0) & (truth["y"] < rows - 1)
    order = np.flatnonzero(inside)[np.argsort(-truth[f"flux_{band}"][inside])][:sources]
    positions = Catalog((Column("x", "f8"), Column("y", "f8")), {one: truth[one][order] for one in ("x", "y")})
    start = time.perf_counter()
    found = deblend_detector(scene.detector, positions, model, psf=scene.psf[band])
    seconds = time.perf_counter() - start
    quantiles = found.fluxes[band].quantiles
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"detector of {columns}x{rows}: {len(order)} sources in {seconds:.1f} s, {np.isnan(quantiles).sum()} NaN, "
          f"peak memory {peak:.2f} GiB (simulation included)")  # fmt: skip


def run_real(options: argparse.Namespace) -> None:
    """Run the HSC blends whole, each band by itself."""
    folder = Path(os.environ["SKYSIEVE_TEST_DATA"], "real", "deblending", "hsc_cosmos_not_matched")
    model = read_model(options.model)
    blends = sources = negative = unknown = ood = 0
    shares = []
    for path in sorted(folder.glob("*.npz")):
        held = np.load(path)
        blends += 1
        for image, weight, psf in zip(held["images"], held["weights"], held["psfs"], strict=True):
            noise = 1 / np.sqrt(np.median(weight[weight > 0]))
            told = tell_apart(model, make_real_window(image / noise, psf, held["peaks"]))
            flux, half = told.quantiles[:, MIDDLE], (told.quantiles[:, 6] - told.quantiles[:, 2]) / 2
            sources += len(flux)
            negative += int(np.count_nonzero((flux <= 0) & (flux > 5 * half)))
            unknown += int(np.count_nonzero(~np.isfinite(told.quantiles)))
            ood += int(told.ood.sum())
            if image.sum() / noise > 50:
                shares.append(flux.sum() * noise / image.sum())
    low, middle, high = np.percentile(shares, [16, 50, 84])
    print(f"{blends} HSC blends, {sources} sources in five bands: {negative} negative above S/N 5, {unknown} NaN, "
          f"{ood} outside the domain; sum of fluxes over the light {middle:.3f} ({low:.3f} to {high:.3f})")  # fmt: skip


def run_joint(options: argparse.Namespace) -> None:
    """Compare light fractions of HSC sources with those that HST resolves, on the field seen by both."""
    folder = Path(os.environ["SKYSIEVE_TEST_DATA"], "real", "deblending", "hst_hsc_joint")
    sharp, sharp_wcs = read_joint(folder / "Cut_HST1.fits.gz")
    cube, wcs = read_joint(folder / "Cut_HSC1.fits.gz")
    found = find_hot_cold((sharp - np.median(sharp)).astype(np.float32), measure_noise(sharp))
    x, y = wcs.world_to_pixel_values(*sharp_wcs.pixel_to_world_values(found.x, found.y))
    image = cube[I_BAND] - np.median(cube[I_BAND])
    noise = measure_noise(image)
    psf = np.asarray(fits.getdata(folder / "PSF_HSC.fits.gz"), float)[I_BAND]
    told = tell_apart(read_model(options.model), make_real_window(image / noise, psf, np.column_stack([x, y])))
    flux = told.quantiles[:, MIDDLE]
    half = (told.quantiles[:, 6] - told.quantiles[:, 2]) / 2
    for row in np.argsort(-found.flux):
        apart = np.hypot(x - x[row], y - y[row])
        print(f"HST {100 * found.flux[row] / found.flux.sum():5.1f} %  HSC {100 * flux[row] / flux.sum():5.1f} +- "
              f"{100 * half[row] / flux.sum():.1f} % of the light; nearest source at {np.sort(apart)[1]:.1f} pixels, "
              f"blendedness {told.blendedness[row]:.2f}")  # fmt: skip


def read_joint(path: Path) -> tuple[np.ndarray, WCS]:
    """Read an image or cube with its celestial coordinates."""
    with fits.open(path) as hdus:
        return np.asarray(hdus[0].data, float), WCS(hdus[0].header).celestial


def measure_noise(image: np.ndarray) -> float:
    """Measure the standard deviation of the sky from the pixels fainter than the median."""
    below = image[image < np.median(image)] - np.median(image)
    return float(1.4826 * np.median(np.abs(below)))


def make_real_window(image: np.ndarray, psf: np.ndarray, peaks: np.ndarray) -> Windows:
    """Put a blend of any size on a window that the network takes; around it there is empty sky."""
    rows, columns = image.shape
    side = max(64, -(-(max(rows, columns) + 16) // 16) * 16)
    y0, x0 = (side - rows) // 2, (side - columns) // 2
    window = np.zeros((1, side, side), np.float32)
    window[0, y0 : y0 + rows, x0 : x0 + columns] = np.nan_to_num(image)
    fwhm, ellipticity, theta = measure_stamp_shape(psf.astype(float))
    flat, turn = ellipticity / (2 - ellipticity), 2 * np.radians(theta)
    shape = np.array([[fwhm, flat * np.cos(turn), flat * np.sin(turn)]])
    return Windows(window, shape, peaks[:, :2] + np.array([x0, y0]), np.zeros(len(peaks), int))


def main() -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("blends", "detected", "hidden", "speed", "real", "joint"))
    parser.add_argument("--model", default="deblending")
    parser.add_argument("--out", type=Path, default=Path("deblending-scores"))
    parser.add_argument("--published")
    parser.add_argument("--number", type=int)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    options = parser.parse_args()
    options.number = options.number or {"speed": 10_000, "detected": 1000, "hidden": 4000}.get(options.what, 0)
    torch.set_num_threads(options.threads)
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, {options.threads} threads")
    run = {"blends": run_blends, "detected": run_detected, "hidden": run_hidden, "speed": run_speed, "real": run_real,
           "joint": run_joint}  # fmt: skip
    run[options.what](options)


if __name__ == "__main__":
    main()

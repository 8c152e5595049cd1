"""Exposures to label, and a judge to label beside, made in a moment: nothing is simulated or trained."""

import numpy as np
import torch
from astropy.io import fits
from tests.chain.conftest import make_header, make_sky
from tests.quality.conftest import RECIPE, invent_views, make_source_map

from skysieve.config import dump_recipe
from skysieve.io.exposurelabels import ExposureLabel
from skysieve.io.weights import ModelCard
from skysieve.quality.judging import Judge
from skysieve.quality.model import list_inputs, run_judge
from skysieve.training import Temperature, export_weights, fit_domain


def write_exposure(path, *, seed=1, detectors=2, wcs=True):
    """Two detectors side by side, with stars."""
    planes = []
    for number in range(detectors):
        header = make_header() if wcs else fits.Header()
        if wcs:
            header["CRPIX1"] -= 130 * number
        header["EXPTIME"] = 100.0
        sky = make_sky(shape=(100, 120), stars=25, seed=seed * 10 + number)
        planes.append(fits.ImageHDU(sky, header, name=f"CCD{number}"))
    fits.HDUList([fits.PrimaryHDU(), *planes]).writeto(path)
    return path


def write_untrained(path):
    """Weights that nobody trained, with all that belongs to them."""
    torch.manual_seed(0)
    views = invent_views(60)
    judge = Judge(make_source_map(), torch.from_numpy(views.statistics), variant="view", counts=RECIPE.counts).eval()
    judge.conformal.copy_(torch.tensor([0.99, 0.95, 100.0]))
    recipe = {name: value for name, value in dump_recipe(RECIPE).items() if name != "execution"}
    card = ModelCard("quality", "1", "quality", "view", "nothing", "nowhere", "BSD-3-Clause", 0, recipe=recipe)
    _, embeddings = run_judge(judge, views)
    example = tuple(one[:4] for one in list_inputs(views))
    export_weights(
        path, judge, card, example=example, calibrator=Temperature(0.5), domain=fit_domain(embeddings), tolerance=0.1
    )
    return path


def say(*told, raters="ABCDEFGH"):
    """Labels of exposures 0, 1, ...: each a text with a word for each rater, a dash where one said nothing."""
    return tuple(
        ExposureLabel(f"{number}.fits", rater, word)
        for number, words in enumerate(told)
        for rater, word in zip(raters, words.split(), strict=False)
        if word != "-"
    )


def throw_labels(confusions, *, number, seed=0, prevalence=None):
    """Labels of raters with known confusions of the classes, on exposures of known classes."""
    from skysieve.quality.labels import CAUSES  # noqa: PLC0415

    rng = np.random.default_rng(seed)
    truth = rng.choice(len(CAUSES), size=number, p=prevalence)
    labels = [
        ExposureLabel(f"{row:05d}.fits", name, CAUSES[rng.choice(len(CAUSES), p=confusion[cause])])
        for row, cause in enumerate(truth)
        for name, confusion in confusions.items()
    ]
    return truth, labels

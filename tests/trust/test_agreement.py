"""Completeness by injection against completeness of a simulated field's own stars."""

from itertools import pairwise

import numpy as np
import pytest
from tests.trust.conftest import make_detections

from skysieve.chain import ChainRecipe
from skysieve.metrics import measure_proportion
from skysieve.simulate import GalaxyRecipe, SceneRecipe, StarRecipe, make_scene
from skysieve.trust import InjectionRecipe, TrustRecipe, measure_trust
from skysieve.trust.assess import measure_image
from skysieve.trust.matching import match_sources

EDGES = np.array([19.0, 21.0, 22.0, 22.6, 23.5])


def count(found: np.ndarray, mag: np.ndarray) -> list[tuple[float, float]]:
    """Share found and its error in each bin."""
    shares = [measure_proportion(found[(mag >= a) & (mag < b)]) for a, b in pairwise(EDGES)]
    assert min(one.n for one in shares) >= 15
    return [(one.value, (one.high - one.low) / 2) for one in shares]


def is_inside(x: np.ndarray, y: np.ndarray, side: int) -> np.ndarray:
    """Tell which objects are centered on the image, as far from its border as injected ones."""
    return (x > 3) & (y > 3) & (x < side - 4) & (y < side - 4)


@pytest.mark.slow
def test_injected_stars_are_as_complete_as_the_fields_own():
    stars = StarRecipe(density=25.0, bright=18.0, faint=23.5)
    scene = make_scene(
        SceneRecipe(survey="SDSS", shape=(480, 480), stars=stars, galaxies=GalaxyRecipe(density=0.0)), seed=4
    )
    recipe = TrustRecipe(
        baselines=(), injection=InjectionRecipe(stars=1.0, count=300), chain=ChainRecipe(capabilities=())
    )
    injected = measure_trust(scene.detector, recipe).injected
    found = measure_image(scene.detector, recipe.chain, method="skysieve", psf=None)
    truth = scene.truth.take(is_inside(scene.truth["x"], scene.truth["y"], 480))
    match = match_sources(
        truth["x"], truth["y"], radius=np.full(len(truth), 1.75), detections=found.catalog, labels=found.labels,
        original=make_detections([], [], []), old_share=0.5, fwhm=3.5,
    )  # fmt: skip
    own = (match.row >= 0) & (truth["flux_r"] > 0.5 * found.catalog["flux_kron"][match.row])
    first = count(own, truth["mag_r"])
    second = count(injected["status_skysieve"] == "recovered", injected["mag"])
    distance = [abs(a - b) / np.hypot(e, f) for (a, e), (b, f) in zip(first, second, strict=True)]
    assert max(distance) < 3
    assert np.sqrt(np.mean(np.square(distance))) < 1.8

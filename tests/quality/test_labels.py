import math
from dataclasses import replace

import numpy as np
import pytest

from skysieve.quality.labels import CAUSES, EXCESS, LimitsRecipe, choose_causes, find_borderline, measure_excess
from skysieve.simulate import ExposureRecipe, FaultRecipe, plan_exposure

LIMITS = LimitsRecipe()


def label(**faults):
    truth = plan_exposure(replace(ExposureRecipe(), faults=FaultRecipe(**faults)), seed=1).truth
    sizes = measure_excess(truth, LIMITS, noise=0.02)
    return CAUSES[choose_causes(np.array([[sizes[one] for one in EXCESS]]), LIMITS)[0]]


@pytest.mark.parametrize(("fault", "cause"), [
    ({}, "good"), ({"tracking_size": 1.5}, "bt"), ({"tracking_size": 5.0}, "rbt"), ({"seeing": 2.0}, "bseeing"),
    ({"extinction": 1.0}, "bseeing"), ({"fringes": 0.1}, "bgp"), ({"glow": 10.0}, "bgp"), ({"defocus": 3.0}, "focus"),
])  # fmt: skip
def test_each_fault_has_its_cause(fault, cause):
    assert label(**fault) == cause
    assert cause in CAUSES


def test_the_worse_of_two_faults_is_named():
    assert label(tracking_size=1.5, seeing=3.0) == "bseeing"


def test_a_fault_at_its_limit_is_one():
    truth = plan_exposure(ExposureRecipe(), seed=1).truth
    at_limit = replace(truth, factors={**truth.factors, "tracking": 1 / LIMITS.tracking})
    assert measure_excess(at_limit, LIMITS, noise=0.02)["tracking"] == pytest.approx(1)


@pytest.mark.parametrize(("sizes", "near"), [
    ((0.7, 0.0, 0.0, 0.0), True), ((0.4, 0.2, 0.0, 0.0), False), ((0.0, 1.4, 0.0, 0.0), True),
    ((0.0, 1.6, 0.0, 0.0), False), ((0.0, 2.0, 1.5, 0.0), True), ((2.9, 0.0, 0.0, 0.0), True),
    ((5.0, 0.0, 0.0, 0.0), False),
])  # fmt: skip
def test_an_exposure_near_the_limit_of_any_class_is_borderline(sizes, near):
    assert find_borderline(np.array([sizes]), LIMITS).tolist() == [near]


def test_structure_counts_against_the_noise():
    truth = plan_exposure(ExposureRecipe(faults=FaultRecipe(fringes=0.01)), seed=1).truth
    quiet, noisy = (measure_excess(truth, LIMITS, noise=noise)["bgp"] for noise in (0.01, 0.1))
    assert quiet == pytest.approx(10 * noisy)
    assert math.isfinite(quiet)

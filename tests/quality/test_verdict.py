from dataclasses import replace

import numpy as np
import pytest
from tests.quality.conftest import invent_views

from skysieve.quality.cuts import CutsRecipe, apply_cuts
from skysieve.quality.flags import EXPOSURE_FLAG_SENTENCES, CutFlag, ExposureFlag
from skysieve.quality.labels import CLASSES
from skysieve.quality.losses import measure_losses
from skysieve.quality.model import Judged
from skysieve.quality.statistics import STATISTICS
from skysieve.quality.untrained import UntrainedRecipe, find_untrained
from skysieve.quality.verdict import combine_detectors, give_verdict
from skysieve.quality.verdict_recipe import VerdictRecipe

GOOD, RBT = [0.96, 0.01, 0.01, 0.01, 0.01], [0.01, 0.96, 0.01, 0.01, 0.01]


def make_statistics(rows=1, **values):
    statistics = np.full((rows, len(STATISTICS)), np.nan)
    for name, value in values.items():
        statistics[:, STATISTICS.index(name)] = value
    return statistics


def give(model, probability, *, dead=0, distance=0.5, **values):
    chance = np.array(probability)
    views = replace(
        invent_views(len(chance)), statistics=make_statistics(len(chance), **values), dead=np.arange(len(chance)) < dead
    )
    judged = Judged(chance, chance > 0.05, np.full(len(chance), distance))
    return give_verdict(judged, views, model=model, recipe=VerdictRecipe(boundary=0.5))


def test_detectors_without_fault_make_a_good_exposure(model):
    verdict = give(model, [GOOD] * 4)
    assert (verdict.verdict, verdict.cause) in {("good", "good"), ("acceptable", "good")}
    assert not verdict.failed.any()
    np.testing.assert_allclose(verdict.probability, GOOD, atol=0.01)


@pytest.mark.parametrize(("bad", "verdict", "cause"), [(1, "hole", "rbt"), (4, "bad", "rbt")])
def test_few_failing_detectors_are_a_hole(model, bad, verdict, cause):
    found = give(model, [RBT] * bad + [GOOD] * (5 - bad))
    assert (found.verdict, found.cause) == (verdict, cause)
    assert found.failed.sum() == bad


def test_dead_detectors_are_counted_and_do_not_decide(model):
    found = give(model, [RBT, *[GOOD] * 7], dead=1)
    assert (found.verdict, found.cause, found.n_dead) == ("hole", "other", 1)


def test_an_exposure_without_light_is_bad(model):
    found = give(model, [GOOD, GOOD], dead=2)
    assert (found.verdict, found.cause) == ("bad", "other")
    assert np.isnan(found.probability).all()


def test_a_sky_that_saturates_everything_is_too_bright(model):
    assert give(model, [GOOD, GOOD], dead=2, saturated=-0.01).cause == "bgp"
    assert give(model, [GOOD, GOOD], dead=2, saturated=-6.0).cause == "other"


@pytest.mark.parametrize(("values", "verdict", "cause"), [
    ({"concentration": 0.5, "log_area": 1.0}, "bad", "focus"), ({"dip": 0.2}, "bad", "focus"),
    ({"line": 0.9}, "hole", "trail"), ({"half_step": 5.0, "step_order": 2.0}, "bad", "other"),
    ({"dead": 0.6}, "bad", "other"),
])  # fmt: skip
def test_statistics_find_what_was_never_learned(model, values, verdict, cause):
    found = give(model, [GOOD] * 3, **values)
    assert (found.verdict, found.cause) == (verdict, cause)


def test_a_wrong_gain_and_a_trail_explain_structure_of_the_sky(model):
    structured = [0.01, 0.01, 0.01, 0.01, 0.96]
    assert give(model, [structured] * 3).cause == "bgp"
    assert give(model, [structured] * 3, line=0.9).cause == "trail"
    assert give(model, [structured] * 3, half_step=5.0, step_order=2.0).cause == "other"
    assert give(model, [RBT] * 3, line=0.9).cause == "rbt"


def test_smooth_structure_is_no_step():
    smooth = make_statistics(half_step=5.0, step_order=0.1)
    assert not find_untrained(smooth, UntrainedRecipe())["other"].any()


def test_a_step_is_no_trail():
    found = find_untrained(make_statistics(line=1.0, half_step=5.0, step_order=2.0), UntrainedRecipe())
    assert not found["trail"].any()
    assert found["other"].all()


def test_what_is_unlike_the_training_set_may_be_anything_else(model):
    found = give(model, [GOOD] * 3, distance=2.0)
    assert found.ood
    assert "other" in found.causes


def test_detectors_without_sources_hardly_count():
    found = combine_detectors(np.array([GOOD, RBT]), np.array([40, 0]), least=20)
    assert found[0] == pytest.approx(0.96, abs=0.01)
    assert np.isnan(combine_detectors(np.zeros((0, len(CLASSES))), np.zeros(0, int), least=20)).all()


def test_seconds_go_to_their_causes():
    lost = measure_losses(
        make_statistics(2, log_area=0.0, psf_ellipticity=0.05, log_sky=np.log10(2), log_transparency=0.0), exptime=100.0
    )
    assert lost["sky"] == pytest.approx(50)
    assert lost["seeing"] == pytest.approx(0, abs=1e-9)
    stretched = measure_losses(make_statistics(log_area=np.log(2), psf_ellipticity=0.525), exptime=100.0)
    assert stretched == pytest.approx({"tracking": 50.0, "seeing": 0.0})


def test_nothing_measured_is_nothing_lost():
    assert measure_losses(make_statistics(), exptime=100.0) == {}
    assert measure_losses(make_statistics(log_sky=1.0), exptime=float("nan")) == {}


def test_cuts_are_one_bit_each():
    bad = make_statistics(
        log_area=2.0, psf_ellipticity=0.5, log_sky=1.0, log_transparency=-1.0, log_sources=0.1, log_extent=0.0
    )
    assert apply_cuts(bad, CutsRecipe(dead=3), dead=4) == CutFlag(63)
    assert apply_cuts(make_statistics(), CutsRecipe(), dead=0) == CutFlag(0)


def test_every_flag_has_its_sentence():
    assert set(EXPOSURE_FLAG_SENTENCES) == set(ExposureFlag)

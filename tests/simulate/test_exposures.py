from dataclasses import replace

import numpy as np
import pytest

from skysieve.config import dump_recipe, parse_recipe
from skysieve.simulate import ExposureRecipe, FaultRecipe, make_detector, plan_exposure
from skysieve.simulate.faults import split_loss

SMALL = ExposureRecipe(shape=(96, 128), layout=(2, 2))


def expose(number=0, seed=1, **faults):
    return make_detector(plan_exposure(replace(SMALL, faults=FaultRecipe(**faults)), seed=seed), number)


def get_truth(**faults):
    return plan_exposure(replace(SMALL, faults=FaultRecipe(**faults)), seed=1).truth


def test_the_same_seed_gives_the_same_bits_in_any_order():
    plan = plan_exposure(SMALL, seed=4)
    late, early = make_detector(plan, 3), make_detector(plan, 0)
    np.testing.assert_array_equal(make_detector(plan, 3).bands[0].data, late.bands[0].data)
    assert not np.array_equal(early.bands[0].data, late.bands[0].data)


def test_a_detector_has_sky_noise_header_and_place():
    detector = expose()
    band = detector.bands[0]
    assert band.data.shape == (96, 128)
    assert band.calibration.exptime == 100
    assert np.median(band.data) > 0
    assert detector.wcs is not None


def test_twice_the_time_is_twice_the_sky():
    short, long = (
        make_detector(plan_exposure(replace(SMALL, exptime=time), seed=1), 0).bands[0] for time in (100.0, 200.0)
    )
    assert np.median(long.data) == pytest.approx(2 * np.median(short.data), rel=0.02)
    assert long.calibration.zeropoint == pytest.approx(short.calibration.zeropoint + 0.7526, abs=1e-3)


def test_nothing_lost_without_a_fault():
    truth = get_truth()
    assert truth.axis_ratio == pytest.approx(1, abs=0.01)
    assert sum(truth.seconds_lost.values()) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(("fault", "cause"), [
    ({"tracking_size": 2.0}, "tracking"), ({"seeing": 2.0}, "seeing"), ({"defocus": 3.0}, "focus"),
    ({"extinction": 0.5}, "transparency"), ({"glow": 1.0}, "sky"),
])  # fmt: skip
def test_seconds_are_lost_to_their_cause(fault, cause):
    lost = get_truth(**fault).seconds_lost
    assert lost[cause] > 20
    assert sum(lost.values()) == pytest.approx(lost[cause])


def test_seconds_lost_add_up_to_the_time_that_is_missing():
    factors = {"seeing": 0.5, "tracking": 0.8, "sky": 1.5}
    assert sum(split_loss(factors, 60.0).values()) == pytest.approx(60 * (1 - 0.4))


def test_bad_tracking_stretches_and_bad_seeing_does_not():
    assert get_truth(tracking_size=3.0).axis_ratio < 0.75
    assert get_truth(seeing=2.0).axis_ratio == pytest.approx(1, abs=0.01)
    assert get_truth(seeing=2.0).fwhm > 1.8 * get_truth().fwhm


@pytest.mark.parametrize(
    ("fault", "least"), [({"fringes": 0.1}, 0.05), ({"moonlight": 2.0}, 0.1), ({"scattered": 0.5}, 0.05)]
)
def test_a_background_problem_is_a_pattern_on_the_sky(fault, least):
    plain, faulty = (one.bands[0].data.astype(float) for one in (expose(), expose(**fault)))
    coarse = np.median((faulty - plain).reshape(12, 8, 16, 8), axis=(1, 3))
    assert coarse.std() > least * np.median(plain)


def test_clouds_dim_the_stars_not_the_sky():
    clear, cloudy = expose().bands[0].data, expose(extinction=2.0, patchiness=0.0).bands[0].data
    assert np.median(cloudy) == pytest.approx(np.median(clear), rel=0.01)
    assert (cloudy - np.median(cloudy)).max() < 0.6 * (clear - np.median(clear)).max()


def test_dead_detectors_and_amplifiers_hold_nothing():
    plan = plan_exposure(replace(SMALL, faults=FaultRecipe(dead_detectors=1, dead_amplifiers=1)), seed=2)
    made = [make_detector(plan, number).bands[0].data for number in range(4)]
    assert [number for number in range(4) if not made[number].any()] == list(plan.truth.dead)
    halves = [(~data[:, :64].any(), ~data[:, 64:].any()) for data in made]
    assert sum(map(sum, halves)) in {2, 3}


def test_a_wrong_gain_steps_in_the_middle():
    data = expose(gain_error=1.1).bands[0].data
    assert np.median(data[:, 64:]) == pytest.approx(1.1 * np.median(data[:, :64]), rel=0.02)


def test_recipes_survive_plain_values():
    recipe = replace(SMALL, faults=FaultRecipe(tracking="jumps", tracking_size=2.0))
    assert parse_recipe(ExposureRecipe, dump_recipe(recipe)) == recipe


def test_a_detector_that_the_mosaic_lacks_is_refused():
    with pytest.raises(IndexError, match="the mosaic has 4"):
        expose(4)

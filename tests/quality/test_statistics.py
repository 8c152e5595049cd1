from dataclasses import replace

import numpy as np
import pytest

from skysieve.quality.camera import Usual
from skysieve.quality.detectors import DetectorRecipe, list_features
from skysieve.quality.features import FEATURES, FeatureRecipe, measure_features
from skysieve.quality.learning import calibrate_detector, find_usual
from skysieve.quality.shapes import measure_shapes
from skysieve.quality.statistics import STATISTICS, measure_statistics
from skysieve.records import Band, Calibration, Detector
from skysieve.simulate import ExposureRecipe, FaultRecipe, StarRecipe, make_detector, plan_exposure

CAMERA = ExposureRecipe(shape=(256, 256), stars=StarRecipe(density=60.0))


def look(**faults):
    plan = plan_exposure(replace(CAMERA, faults=FaultRecipe(**faults)), seed=5)
    usual = find_usual(plan, hidden=0.0)
    return measure(calibrate_detector(make_detector(plan, 0), plan), usual)


def measure(detector, usual):
    found, _ = list_features(detector, DetectorRecipe(), usual=usual)
    band = detector.bands[0]
    shapes = measure_shapes(band.data, found, usual=usual, saturation=band.calibration.saturation)
    values = measure_statistics(band.data, band.bad, found, shapes, usual=usual, calibration=band.calibration)
    return dict(zip(STATISTICS, values, strict=True))


@pytest.fixture(scope="module")
def good():
    return look()


def test_a_good_exposure_is_as_usual(good):
    assert abs(good["log_fwhm"]) < 0.25
    assert good["ellipticity"] < 0.15
    assert good["noise_excess"] == pytest.approx(1, abs=0.15)
    assert good["dead"] < 0.01
    assert good["log_sky"] == pytest.approx(0, abs=0.02)
    assert good["log_transparency"] == pytest.approx(0, abs=0.05)
    assert good["log_area"] == pytest.approx(0, abs=0.25)


@pytest.mark.parametrize(("fault", "name", "grows"), [
    ({"seeing": 2.0}, "log_fwhm", 0.4), ({"tracking_size": 3.0}, "ellipticity", 0.1),
    ({"tracking_size": 3.0}, "alignment", 0.15), ({"moonlight": 3.0}, "gradient", 3.0),
    ({"fringes": 0.1}, "structure_8", 3.0), ({"tracking_size": 6.0, "tracking": "jumps"}, "twins", 0.5),
    ({"gain_error": 1.05}, "half_step", 1.0), ({"gain_error": 1.2}, "step_order", 0.8), ({"trails": 1}, "line", 0.4),
    ({"dead_amplifiers": 1}, "dead", 0.4), ({"glow": 4.0}, "log_sky", 0.6), ({"trails": 1}, "log_reach", 0.3),
    ({"seeing": 2.0}, "log_area", 1.0), ({"tracking_size": 3.0}, "psf_ellipticity", 0.2),
    ({"defocus": 4.0}, "concentration", 0.05),
])  # fmt: skip
def test_each_fault_moves_its_number(good, fault, name, grows):
    assert look(**fault)[name] > good[name] + grows


def test_clouds_dim_the_zeropoint(good):
    assert look(extinction=1.0)["log_transparency"] == pytest.approx(good["log_transparency"] - 0.4, abs=0.01)


def test_nothing_is_measured_of_a_blank_detector():
    blank = Detector(
        "blank", (Band("r", np.zeros((128, 128), np.float32), np.zeros((128, 128), bool), None, Calibration()),)
    )
    assert list_features(blank, DetectorRecipe(), usual=Usual(4.0))[1].shape == (0, len(FEATURES))
    known = measure(blank, Usual(4.0))
    assert known["dead"] == 1
    assert np.isnan(known["ellipticity"])


def test_exposure_times_may_have_a_limit():
    plan = plan_exposure(CAMERA, seed=5)
    found, _ = list_features(make_detector(plan, 0), DetectorRecipe(), usual=Usual(4.0))
    capped = measure_features(found, FeatureRecipe(exptime_limit=30.0), usual=Usual(4.0), exptime=1000.0)
    assert capped[:, FEATURES.index("log_exptime")] == pytest.approx(np.log10(30))
    unknown = measure_features(found, FeatureRecipe(), usual=Usual(4.0), exptime=float("nan"))
    assert not unknown[:, FEATURES.index("log_exptime")].any()

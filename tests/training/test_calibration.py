import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.isotonic import IsotonicRegression

from skysieve.training import Isotonic, Temperature, calibrate, fit_isotonic, fit_temperature

LOGITS = st.floats(-1e308, 1e308)
FITS = pytest.mark.parametrize("fit", [fit_temperature, fit_isotonic])


def draw(sharpness, classes=None, number=4000):
    """Logits that are ``sharpness`` times those by which the labels were drawn."""
    rng = np.random.default_rng(1)
    true = rng.normal(size=(number, classes or 1)) * 2
    if classes is None:
        return sharpness * true[:, 0], (rng.uniform(size=number) < 1 / (1 + np.exp(-true[:, 0]))).astype(int)
    return sharpness * true, (true + rng.gumbel(size=true.shape)).argmax(axis=1)


@pytest.mark.parametrize("classes", [None, 3])
@pytest.mark.parametrize("sharpness", [0.5, 1.0, 3.0])
def test_the_temperature_by_which_logits_were_sharpened_is_found(sharpness, classes):
    assert fit_temperature(*draw(sharpness, classes)).temperature == pytest.approx(sharpness, rel=0.07)


def test_the_isotonic_curve_is_that_of_scikit_learn():
    logits, labels = draw(3.0)
    theirs = IsotonicRegression(out_of_bounds="clip").fit(logits, labels).predict(logits)
    inner = (theirs > 0) & (theirs < 1)
    np.testing.assert_allclose(calibrate(fit_isotonic(logits, labels), logits)[inner], theirs[inner], atol=1e-12)


@FITS
def test_what_is_calibrated_is_calibrated(fit):
    logits, labels = draw(3.0, number=20_000)
    probability = calibrate(fit(logits[::2], labels[::2]), logits[1::2])
    for low, high in ((0.0, 0.3), (0.3, 0.7), (0.7, 1.0)):
        chosen = (probability > low) & (probability <= high)
        assert probability[chosen].mean() == pytest.approx(labels[1::2][chosen].mean(), abs=0.03)


@FITS
@given(logits=hnp.arrays(float, st.integers(1, 30), elements=LOGITS), data=st.data())
def test_probabilities_rise_with_the_logit_and_stay_between_zero_and_one(fit, logits, data):
    labels = data.draw(hnp.arrays(int, len(logits), elements=st.integers(0, 1)))
    probability = calibrate(fit(logits, labels), np.sort(logits))
    assert np.isfinite(probability).all()
    assert probability.min() >= 0
    assert probability.max() <= 1
    assert (np.diff(probability) >= 0).all()


@FITS
@given(logits=hnp.arrays(float, st.tuples(st.integers(1, 20), st.integers(2, 4)), elements=LOGITS))
def test_probabilities_of_classes_sum_to_one(fit, logits):
    labels = np.arange(len(logits)) % logits.shape[1]
    probability = calibrate(fit(logits, labels), logits)
    assert (probability >= 0).all()
    np.testing.assert_allclose(probability.sum(axis=1), 1)


def test_no_isotonic_probability_is_beyond_what_its_objects_can_tell():
    probability = calibrate(fit_isotonic(np.array([-1.0, -1.0, 2.0]), np.array([0, 0, 1])), np.array([-9.0, 9.0]))
    np.testing.assert_allclose(probability, [0.5 / 3, 1 - 0.5 / 2])


@pytest.mark.parametrize("calibrator", [Temperature(2.0), Isotonic(np.zeros(1), np.ones(1) / 2, np.array([0, 1]))])
def test_an_unknown_logit_has_an_unknown_probability(calibrator):
    found = calibrate(calibrator, np.array([np.nan, 0.0, np.inf]))
    assert np.isnan(found).tolist() == [True, False, False]


@FITS
def test_bad_logits_and_labels_are_refused(fit):
    with pytest.raises(ValueError, match="some logits are not finite"):
        fit(np.array([0.0, np.nan]), np.array([0, 1]))
    with pytest.raises(ValueError, match="labels from 0 to 2; 0 to 1 are wanted"):
        fit(np.zeros(2), np.array([0, 2]))
    with pytest.raises(ValueError, match="0 logits and 0 labels"):
        fit(np.zeros(0), np.zeros(0, int))


def test_a_calibrator_of_other_classes_is_refused():
    with pytest.raises(ValueError, match="fitted for 1 curves, the logits want 3"):
        calibrate(fit_isotonic(np.zeros(2), np.array([0, 1])), np.zeros((1, 3)))

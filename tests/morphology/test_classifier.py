"""Classes from distances."""

import numpy as np
import pytest
from tests.morphology.clouds import CLASSES, make_clouds

from skysieve.metrics import measure_calibration_error
from skysieve.morphology.classifier import apply_classifier, fit_classifier

DISTANCE, LABELS = make_clouds(300, seed=0)
NEW, TRUTH = make_clouds(1000, seed=1)
QUICK = ("neighbors", "logistic")


def test_classes_of_new_images_are_found_with_probabilities_that_hold():
    fitted = fit_classifier(DISTANCE, LABELS, CLASSES, methods=QUICK)
    found = apply_classifier(fitted.classifier, NEW)
    assert (found.argmax(axis=1) == TRUTH).mean() > 0.8
    assert measure_calibration_error(TRUTH, found, bins=10) < 0.06


def test_the_method_with_the_least_loss_is_kept():
    one = fit_classifier(DISTANCE, LABELS, CLASSES, methods=QUICK).classifier
    assert one.losses[one.method] == min(one.losses.values())


def test_images_are_judged_without_their_own_label():
    noise = np.random.default_rng(0).permutation(LABELS)
    fitted = fit_classifier(DISTANCE, noise, CLASSES, methods=("neighbors",))
    assert (fitted.left_out.argmax(axis=1) == noise).mean() < 0.45


def test_images_are_judged_without_their_group():
    twins, labels = np.repeat(DISTANCE[:60], 2, axis=0), np.random.default_rng(0).permutation(LABELS[:60]).repeat(2)
    alone = fit_classifier(twins, labels, CLASSES, methods=("neighbors",))
    grouped = fit_classifier(twins, labels, CLASSES, groups=np.repeat(np.arange(60), 2), methods=("neighbors",))
    right = [(one.left_out.argmax(axis=1) == labels).mean() for one in (alone, grouped)]
    assert right[0] > 0.6 > right[1]


def test_unknown_images_stay_unknown():
    lost = DISTANCE.copy()
    lost[5] = np.nan
    fitted = fit_classifier(lost, LABELS, CLASSES, methods=("neighbors",))
    assert np.isnan(fitted.left_out[5]).all()
    assert np.isnan(apply_classifier(fitted.classifier, lost)[5]).all()
    assert np.isfinite(apply_classifier(fitted.classifier, lost)[6]).all()


def test_one_label_alone_is_refused():
    with pytest.raises(ValueError, match="only 'bent' has"):
        fit_classifier(DISTANCE, np.where(LABELS == 0, 0, -1), CLASSES)


def test_labels_of_one_group_are_refused():
    with pytest.raises(ValueError, match="all labeled images are of one group"):
        fit_classifier(DISTANCE, LABELS, CLASSES, groups=np.zeros(300, int))


def test_a_class_that_only_one_group_has_beside_another_is_refused():
    labels, groups = np.where(LABELS == 0, 0, -1), np.arange(len(LABELS)) // 10
    labels[:10] = 1
    with pytest.raises(ValueError, match="without the images of one fold only"):
        fit_classifier(DISTANCE, labels, CLASSES, groups=groups, methods=("neighbors",))

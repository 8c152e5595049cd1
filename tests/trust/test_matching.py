import numpy as np
from tests.trust.conftest import FWHM, make_detections

from skysieve.trust.matching import match_sources

EMPTY = make_detections([], [], [])


def match(detections, original=EMPTY, *, x=(50.0,), y=(50.0,), labels=None):
    labels = np.zeros((100, 100), np.int32) if labels is None else labels
    return match_sources(
        np.array(x), np.array(y), radius=np.full(len(x), 2.0), detections=detections, labels=labels,
        original=original, old_share=0.5, fwhm=FWHM,
    )  # fmt: skip


def test_the_nearest_detection_within_the_radius_recovers_a_source():
    result = match(make_detections([51.5, 49.5, 80.0], [50.0, 50.0, 80.0], [10.0, 9.0, 5.0]))
    assert result.row.tolist() == [1]
    assert result.status.tolist() == ["recovered"]
    assert result.distance[0] == 0.5
    assert result.spurious.tolist() == [True, False, True]


def test_a_detection_recovers_one_source_only():
    result = match(make_detections([50.4], [50.0], [10.0]), x=(50.0, 51.0), y=(50.0, 50.0))
    assert result.row.tolist() == [0, -1]


def test_a_detection_that_was_there_before_is_no_recovery():
    labels = np.ones((100, 100), np.int32)
    result = match(make_detections([50.3], [50.0], [130.0]), make_detections([50.0], [50.0], [100.0]), labels=labels)
    assert result.status.tolist() == ["blended"]
    assert not result.spurious.any()


def test_a_source_that_outshines_the_one_it_lies_on_is_recovered():
    result = match(make_detections([50.3], [50.0], [300.0]), make_detections([50.0], [50.0], [100.0]))
    assert result.status.tolist() == ["recovered"]


def test_a_source_in_the_footprint_of_another_is_blended_and_in_blank_sky_missed():
    labels = np.zeros((100, 100), np.int32)
    labels[40:60, 40:60] = 1
    result = match(EMPTY, x=(50.0, 80.0), y=(50.0, 80.0), labels=labels)
    assert result.status.tolist() == ["blended", "missed"]


def test_an_original_source_whose_flux_an_injection_changed_is_not_spurious():
    result = match(make_detections([20.0], [20.0], [300.0]), make_detections([20.0], [20.0], [100.0]))
    assert not result.new.any()


def test_a_flux_that_is_unknown_claims_no_recovery():
    result = match(make_detections([50.0], [50.0], [np.nan]), make_detections([50.0], [50.0], [5.0]))
    assert result.row.tolist() == [-1]

"""Missing numbers are refused in a sentence, or found with a mask; never skipped."""

import numpy as np
import pytest

from skysieve.metrics import measure_auc, measure_bias, select_finite
from skysieve.metrics.checks import require_choice, require_probability, require_same_length
from skysieve.metrics.instances import Outline


def test_an_object_is_finite_when_all_its_columns_are():
    kept = select_finite(np.array([1.0, np.nan, 3.0]), np.array([1.0, 2.0, -np.inf]))
    assert kept.tolist() == [True, False, False]


def test_columns_of_other_objects_are_refused():
    with pytest.raises(ValueError, match="truth has 2, score has 3; give one row an object in each"):
        require_same_length(truth=np.zeros(2), score=np.zeros(3))


def test_finite_in_no_column_is_refused():
    with pytest.raises(ValueError, match="no column given"):
        select_finite()


def test_the_sentence_counts_what_is_missing_and_says_what_to_do():
    with pytest.raises(ValueError, match=r"delta_mag: 2 of 3 values are NaN or infinite; leave them out with select_"):
        measure_bias(np.array([0.1, np.nan, np.inf]))


def test_one_missing_score_is_refused():
    with pytest.raises(ValueError, match="score: 1 of 2 values"):
        measure_auc(np.array([True, False]), np.array([np.nan, 1.0]))


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ([0.5, 1.5], "1 of 2 values lie outside"),
        ([[0.5, 0.1]], "do not sum to one"),
        ([np.nan], "1 of 1 values are NaN"),
    ],
)
def test_what_is_no_probability_is_refused(values, sentence):
    with pytest.raises(ValueError, match=sentence):
        require_probability("probability", np.array(values))


def test_an_unknown_word_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="by='box': one of boxes, masks is wanted"):
        require_choice("by", "box", Outline)

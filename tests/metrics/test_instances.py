"""Instances refuse what cannot be objects of an image."""

import numpy as np
import pytest

from skysieve.metrics import Instances


def test_objects_without_outlines_are_fine():
    assert len(Instances(np.array([1, 2])).labels) == 2


def test_turned_boxes_and_missing_scores_are_refused():
    with pytest.raises(ValueError, match="boxes: 1 of 1 end before they begin; give x0, y0, x1, y1"):
        Instances(np.array([1]), boxes=np.array([[5.0, 0.0, 1.0, 1.0]]))
    with pytest.raises(ValueError, match="scores: 1 of 1 values are NaN"):
        Instances(np.array([1]), scores=np.array([np.nan]))

"""Figures of a classifier of several classes."""

import numpy as np

from skysieve.metrics import Proportion
from skysieve.report.classfigures import draw_confusion, draw_trust


def test_every_cell_of_the_confusion_is_written():
    counts = np.array([[31, 17], [0, 0]])
    text = draw_confusion("T", "C", counts=counts, classes=("a", "b")).svg.decode()
    assert "31" in text
    assert "65 %" in text


def test_trust_without_images_is_said_to_be_nothing():
    panel = draw_trust("T", "C", distance=[], promised=[], found=[])
    assert panel.svg is None
    assert "no image was judged" in panel.caption


def test_trust_has_both_curves():
    one = Proportion(0.7, 0.6, 0.8, 10)
    text = draw_trust("T", "C", distance=[1.0], promised=[0.8], found=[one]).svg.decode()
    assert "probability given" in text
    assert "part that came true" in text

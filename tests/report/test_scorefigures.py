import numpy as np

from skysieve.metrics import measure_reliability
from skysieve.report.scorefigures import draw_reliability


def test_bars_of_reliability_stay_between_0_and_1():
    never = measure_reliability(np.zeros(2, bool), np.full(2, 0.5), bins=2)
    figure = draw_reliability("Reliability", "", {"one": never}).svg
    assert figure is not None
    assert "0.2" in figure.decode()
    assert "\N{MINUS SIGN}0.2" not in figure.decode()

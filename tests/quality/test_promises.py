import numpy as np

from skysieve.metrics import Conformal
from skysieve.quality.promises import KNOWN, SKY, TRANSPARENCY, find_common_knowledge, find_knowledge, make_cause_sets
from skysieve.quality.statistics import STATISTICS


def make_statistics(*known):
    rows = np.zeros((len(known), len(STATISTICS)))
    for row, (sky, zeropoint) in zip(rows, known, strict=True):
        row[SKY], row[TRANSPARENCY] = 0 if sky else np.nan, 0 if zeropoint else np.nan
    return rows


def test_what_is_known_is_told_from_what_could_be_measured():
    found = find_knowledge(make_statistics((True, True), (True, False), (False, True), (False, False)))
    assert [KNOWN[number] for number in found] == ["sky and zeropoint", "sky", "zeropoint", "neither"]


def test_of_an_exposure_that_is_known_which_most_detectors_know():
    statistics = make_statistics((True, False), (True, True), (True, False))
    assert KNOWN[find_common_knowledge(statistics)] == "sky"


def test_sets_are_larger_where_less_is_known():
    promises = [Conformal(threshold, 0.95, "least", 100) for threshold in (0.3, 0.5, 0.7, 0.95)]
    probability = np.tile([0.9, 0.1], (2, 1))
    sets = make_cause_sets(promises, probability, make_statistics((True, True), (False, False)))
    assert sets.tolist() == [[True, False], [True, True]]

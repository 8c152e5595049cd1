import numpy as np

from skysieve.quality.drivers import Driver
from skysieve.quality.explained_page import describe_driver, describe_similar, describe_verdict, list_told
from skysieve.quality.explaining import Explanation
from skysieve.quality.reference import Similar

ROW = {"exposure": "a.fits", "verdict": "bad", "cause": "trail", "p_good": 0.4, "message": "a.fits: no EXPTIME"}


def make_explanation(*drivers, **changes):
    parts = {
        "row": ROW, "cause": "good", "log_odds": -0.4, "drivers": drivers, "cutouts": (), "detectors": {},
        "decisive": {}, "similar": None, "neurons": np.zeros(4), "hits": np.zeros(4), "addresses": (),
    }  # fmt: skip
    return Explanation(**(parts | changes))


def test_a_neuron_alone_in_its_cluster_is_told_of_once():
    cluster, alone = Driver("hits", "3", 7.0, -1.122), Driver("neuron", "134", 7.0, -1.1220001)
    other = Driver("neuron", "135", 7.0, 0.5)
    assert list_told(make_explanation(cluster, alone, other)) == [cluster, other]


def test_a_cause_without_training_is_told_by_its_statistics():
    text = describe_verdict(make_explanation(decisive={"line": 3.25}))
    assert text.startswith("a.fits: bad (trail), P(good) 0.400. Nothing was trained for trail")
    assert text.endswith("it is told by line = 3.25. a.fits: no EXPTIME")


def test_parts_are_named_in_words():
    assert describe_driver(Driver("cutout", "7", 36.0, 0.1)) == "cutouts of cluster 7 (36 detectors)"
    assert describe_driver(Driver("hits", "7", 12.0, 0.1)) == "number of sources in cluster 7: 12"
    assert describe_driver(Driver("star", "mean", 1.0, 0.1)) == "mean star"


def test_similar_exposures_come_with_the_shares_of_their_labels():
    similar = Similar((5, 9), ("bt", "rbt"), (0.25, 0.5), {"rbt": 0.5, "bt": 0.5})
    assert describe_similar(similar) == [
        "most similar labeled exposures (50% rbt, 50% bt):",
        "  bt: exposure 5, distance 0.25",
        "  rbt: exposure 9, distance 0.50",
    ]
    assert "train and export them again" in describe_similar(None)[0]

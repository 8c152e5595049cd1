import numpy as np
import pytest

from skysieve.trust.counts import Counts, add_counts, dump_counts, parse_counts
from skysieve.trust.purity import list_detections, score_overall_purity, score_purity

COUNTS = Counts(
    catalog={"40": 100, "41": 50}, negated={"41": 5}, blank={"41": 1}, new={"40": 300, "41": 400},
    spurious={"41": 40}, messages=("one",),
)  # fmt: skip


def test_purity_is_the_share_of_new_detections_that_are_injected_sources():
    bins = score_purity(COUNTS, width=0.5, least=300)
    assert [one["purity"] for one in bins] == [1.0, 0.9]
    assert [one["mag"] for one in bins] == [20.25, 20.75]
    assert bins[1]["purity_lo"] < 0.9 < bins[1]["purity_hi"]


def test_false_detections_are_taken_from_negative_and_noise():
    bins = score_purity(COUNTS, width=0.5, least=300)
    assert bins[1]["purity_negated"] == pytest.approx(0.9)
    assert bins[1]["purity_blank"] == pytest.approx(0.98)
    assert score_overall_purity(COUNTS)["n_negated"] == 5


def test_nothing_found_is_nothing_known():
    assert score_purity(Counts(), width=0.5, least=300) == []
    assert np.isnan(score_overall_purity(Counts())["purity"])
    assert list_detections(Counts(), width=0.5)["catalog"] == [0]


def test_counts_add_up_and_survive_json():
    both = add_counts([COUNTS, parse_counts(dump_counts(COUNTS))])
    assert both.new == {"40": 600, "41": 800}
    assert both.messages == ("one",)

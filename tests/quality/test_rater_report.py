import json

import pytest
from tests.quality.labeled import say

from skysieve.io.catalogs import read_catalog
from skysieve.quality.labels import CAUSES
from skysieve.quality.rater_agreement import measure_agreement
from skysieve.quality.rater_report import write_consensus
from skysieve.quality.raters import fit_raters
from skysieve.quality.votes import RatersRecipe, count_votes


def test_the_consensus_is_a_table_and_the_raters_are_json(tmp_path):
    votes = count_votes(say("bt bt", "bt bt"), RatersRecipe())
    write_consensus(tmp_path / "new", fit_raters(votes), measure_agreement(votes))
    table = read_catalog(tmp_path / "new" / "consensus.parquet")
    assert table["label"].tolist() == ["bt", "bt"]
    assert table["votes"].tolist() == [2, 2]
    assert sum(table.row(0)[f"p_{name}"] for name in CAUSES) == pytest.approx(1, abs=1e-5)
    told = json.loads((tmp_path / "new" / "raters.json").read_text())
    assert told["agreement"][0]["kappa"] == {"value": None, "error": None, "n": 2}
    assert len(told["raters"]["A"]["confusion"]) == len(CAUSES)

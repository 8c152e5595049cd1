import json

import numpy as np
import pytest
from tests.quality.conftest import invent_views
from tests.quality.mosaics import SHAPE, write_mosaic

from skysieve.cli.main import invoke
from skysieve.io.weights import read_weights, write_weights
from skysieve.quality.assess_recipe import AssessRecipe, UsualRecipe
from skysieve.quality.assessing import assess_exposures
from skysieve.quality.drivers import measure_log_odds
from skysieve.quality.explaining import choose_class, explain_exposure, find_decisive
from skysieve.quality.labels import CLASSES
from skysieve.quality.model import read_model, run_judge
from skysieve.quality.reference import fit_reference
from skysieve.quality.statistics import STATISTICS
from skysieve.quality.untrained import UntrainedRecipe


@pytest.fixture(scope="module")
def exposure(tmp_path_factory):
    return write_mosaic(tmp_path_factory.mktemp("sky") / "a.fits")


@pytest.fixture(scope="module")
def recipe(weights):
    return AssessRecipe(model=str(weights), usual=UsualRecipe(seeing=1.2))


@pytest.fixture(scope="module")
def found(exposure, recipe):
    return explain_exposure(exposure, recipe)


def test_the_verdict_explained_is_the_verdict_given(found, exposure, recipe):
    row = assess_exposures([exposure], recipe, on_done=lambda _: None)[0].row(0)
    assert {name: found.row[name] for name in ("verdict", "cause", "flags", "ood", "n_ccd")} == {
        name: row[name] for name in ("verdict", "cause", "flags", "ood", "n_ccd")
    }
    chances = np.array([[row[f"p_{name}"] for name in CLASSES]])
    assert found.log_odds == pytest.approx(measure_log_odds(chances, found.cause)[0], abs=1e-3)


def test_cutouts_lie_on_sources_of_their_detectors(found):
    assert {one.ccd for one in found.cutouts} == {"1", "2"}
    for one in found.cutouts:
        assert 0 < one.x < SHAPE[1] - 1
        assert 0 < one.y < SHAPE[0] - 1
        assert one.pixels[11:14, 11:14].mean() > one.pixels.mean()


def test_one_detector_is_explained_alone(found, exposure, recipe):
    alone = explain_exposure(exposure, recipe, ccd="2")
    assert alone.row["n_ccd"] == 1
    assert alone.detectors == {}
    assert {one.ccd for one in alone.cutouts} == {"2"}
    together = {one.cluster: (one.x, one.y) for one in found.cutouts if one.ccd == "2"}
    assert {one.cluster: (one.x, one.y) for one in alone.cutouts} == together


def test_detectors_are_ranked_by_what_they_do_to_the_exposure(found):
    assert set(found.detectors) == {"1", "2"}
    assert list(map(abs, found.detectors.values())) == sorted(map(abs, found.detectors.values()), reverse=True)


def test_another_cause_can_be_asked_for(exposure, recipe):
    assert explain_exposure(exposure, recipe, cause="bgp").cause == "bgp"
    with pytest.raises(ValueError, match="no cause 'fog'"):
        explain_exposure(exposure, recipe, cause="fog")


def test_causes_that_no_network_tells_are_explained_by_good():
    assert [choose_class(cause) for cause in ("bt", "trail", "good")] == ["bt", "good", "good"]


def test_a_rule_is_explained_by_statistics_that_suffice():
    statistics = np.zeros((3, len(STATISTICS)))
    statistics[:2, STATISTICS.index("dead")] = 0.9
    assert find_decisive(statistics, UntrainedRecipe(), cause="other") == {"dead": 0.9}
    assert find_decisive(statistics, UntrainedRecipe(), cause="trail") == {}
    assert find_decisive(statistics, UntrainedRecipe(), cause="bt") == {}


def test_a_rule_with_two_ways_is_explained_by_one_of_them():
    """Stars out of focus are wide and flat, or rings; where they are both, either suffices."""
    statistics = np.zeros((1, len(STATISTICS)))
    for name in ("concentration", "log_area", "dip"):
        statistics[:, STATISTICS.index(name)] = 1.0
    found = find_decisive(statistics, UntrainedRecipe(), cause="focus")
    assert set(found) in ({"dip"}, {"concentration", "log_area"})


def test_an_exposure_without_light_is_one_sentence(recipe, tmp_path):
    (tmp_path / "torn.fits").write_bytes(b"SIMPLE  =                    T")
    with pytest.raises(ValueError, match=r"torn.fits: no detector holds light"):
        explain_exposure(tmp_path / "torn.fits", recipe)


def test_a_detector_that_is_not_there_is_one_sentence(exposure, recipe):
    with pytest.raises(ValueError, match="no detector 7; there are 1, 2"):
        explain_exposure(exposure, recipe, ccd="7")


def test_the_command_prints_a_page_and_plain_values(exposure, weights, tmp_path, capsys):
    tensors, card = read_weights(weights)
    bare = {name: value for name, value in tensors.items() if not name.startswith("reference.")}
    write_weights(tmp_path / "bare.safetensors", bare, card)
    command = ["quality", "explain", str(exposure), "--model", str(tmp_path / "bare.safetensors"), "--seeing", "1.2"]
    assert invoke([*command, "--out", str(tmp_path / "why.html")]) == 0
    text = capsys.readouterr().out
    assert text.startswith("a.fits: ")
    assert "hold no labeled exposures" in text
    page = (tmp_path / "why.html").read_text(encoding="utf-8")
    assert page.count("<circle") > 1
    assert "http" not in page.replace("http://www.w3.org", "").replace("http-equiv", "")
    assert invoke([*command, "--json"]) == 0
    plain = json.loads(capsys.readouterr().out)
    assert plain["similar"] is None
    assert plain["drivers"][0].keys() == {"kind", "name", "value", "pull"}
    assert "pixels" not in plain["cutouts"][0]


def test_similar_labeled_exposures_come_with_the_weights(exposure, weights, tmp_path, capsys):
    tensors, card = read_weights(weights)
    model, views = read_model(str(weights)), invent_views(60, seed=4)
    kept = fit_reference(run_judge(model.judge, views)[1], views.label, views.exposure, domain=model.domain)
    write_weights(tmp_path / "more.safetensors", tensors | kept, card)
    assert invoke(["quality", "explain", str(exposure), "--model", str(tmp_path / "more.safetensors")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert sum("distance" in line for line in lines) == 10

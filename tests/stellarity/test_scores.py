import numpy as np
import pytest

from skysieve.records import Column
from skysieve.stellarity import ApplyRecipe
from skysieve.stellarity.data import LABEL, Field
from skysieve.stellarity.realsky import _match
from skysieve.stellarity.scores import compare_methods, judge_fields, measure_main


@pytest.fixture(scope="module")
def judged(make_sources, model):
    fields = []
    for number in range(4):
        catalog = make_sources(120, 80, seed=number)
        label = np.where(np.arange(200) < 120, 1, 0)
        label[:5] = -1
        catalog = catalog.with_column(LABEL, label).with_column(Column("rival_coin", "f8"), np.full(200, 0.5))
        fields.append(Field(f"{number}", catalog, {"survey": "SDSS", "seeing": 1.0 + number}))
    return judge_fields(fields, model, ApplyRecipe())


def test_only_labeled_sources_are_judged(judged):
    assert len(judged.is_star) == 4 * 195
    assert judged.is_star.sum() == 4 * 115


def test_a_good_classifier_scores_well_with_an_error_by_field(judged):
    metrics = measure_main(judged)
    assert metrics["auc"].value > 0.99
    assert metrics["completeness"].error is not None
    assert 0.3 < metrics["inside_domain"].value <= 1


def test_methods_are_compared_on_the_same_sources(judged):
    found = compare_methods(judged, ["skysieve", "size", "coin"])
    assert len({metrics["auc"]["n"] for metrics in found.values()}) == 1
    assert found["coin"]["auc"]["value"] == pytest.approx(0.5)


def test_bins_of_few_sources_have_no_numbers(judged):
    assert compare_methods(judged.take(np.arange(len(judged.is_star)) < 200), ["skysieve"]) == {}


def test_two_images_are_matched_both_ways_on_the_sky(make_sources):
    a, b = make_sources(3, 0), make_sources(2, 0)
    for name, column in (("ra", [10.0, 10.001, 10.002]), ("dec", [0.0, 0.0, 0.0])):
        definition = next(one for one in a.schema if one.name == name)
        a = a.with_column(definition, np.array(column))
        b = b.with_column(definition, np.array(column[1:]) + (5e-5 if name == "ra" else 0))
    rows = _match(a, b)
    assert [one.tolist() for one in rows] == [[1, 2], [0, 1]]

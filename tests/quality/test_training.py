from dataclasses import replace

import numpy as np
import pytest
from tests.quality.conftest import RECIPE, invent_views, make_source_map

from skysieve.io.weights import read_weights, write_weights
from skysieve.quality.labels import CLASSES
from skysieve.quality.model import check_model, hide_usual, judge_views, read_model
from skysieve.quality.realframes import REAL
from skysieve.quality.recipe import RealRecipe
from skysieve.quality.scores import measure_judged, measure_recall
from skysieve.quality.statistics import STATISTICS
from skysieve.quality.training import choose_boundary, fit_judge
from skysieve.training import Stage, TrainingRecipe

ONE_EPOCH = TrainingRecipe(stages=(Stage(epochs=1, rates={"all": 1e-2}),), batch=32, accelerator="cpu")


def test_classes_that_can_be_told_apart_are(model):
    fresh = invent_views(200, seed=7)
    scores = measure_judged(judge_views(model, fresh), fresh, limits=RECIPE.learning.limits)
    assert scores["agreement"].value > 0.75
    assert scores["auc"].value > 0.97
    assert scores["coverage"].value > 0.85
    assert set(measure_recall(judge_views(model, fresh), fresh)) == set(CLASSES)


def test_probabilities_sum_to_one_and_sets_hold_the_likely(model):
    judged = judge_views(model, invent_views(50, seed=8))
    np.testing.assert_allclose(judged.probability.sum(axis=1), 1)
    assert judged.causes[judged.probability > 0.99].all()


def test_what_is_like_nothing_learned_is_far_away(model):
    fresh = invent_views(50, seed=9)
    strange = replace(fresh, statistics=fresh.statistics + 40, hits=fresh.hits * 1000)
    assert (judge_views(model, strange).distance > 1).all()
    assert np.mean(judge_views(model, fresh).distance > 1) < 0.3


def test_no_detectors_give_no_rows(model):
    judged = judge_views(model, invent_views(3).take(np.zeros(3, bool)))
    assert judged.probability.shape == (0, len(CLASSES))


def test_the_usual_can_be_hidden():
    hidden = hide_usual(invent_views(3)).statistics
    assert np.isnan(hidden[:, STATISTICS.index("log_sky")]).all()
    assert np.isfinite(hidden).sum() == 3 * (len(STATISTICS) - 2)


def test_weights_hold_all_that_judging_needs(weights, model):
    tensors, card = read_weights(weights)
    assert check_model(weights) < 1e-3
    assert card.recipe["variant"] == "view"
    assert card.metrics["agreement"].n > 0
    np.testing.assert_array_equal(model.source_map.cluster, make_source_map().cluster)
    assert tensors["model.neurons"].shape == (4, 5)


def test_weights_of_other_statistics_are_refused(weights, tmp_path):
    tensors, card = read_weights(weights)
    other = {**tensors, "model.middle": np.zeros(3, np.float32)}
    write_weights(tmp_path / "other.safetensors", other, card)
    with pytest.raises(ValueError, match="another version's statistics"):
        read_model(str(tmp_path / "other.safetensors"))


def test_one_class_alone_is_refused(tmp_path):
    views = invent_views(100)
    with pytest.raises(ValueError, match="one class alone"):
        fit_judge(RECIPE, replace(views, label=np.zeros(100, int)), make_source_map(), out=tmp_path)


def test_real_frames_train_the_network_and_nothing_else(tmp_path):
    recipe = replace(RECIPE, real=RealRecipe(folder=str(tmp_path)), training=ONE_EPOCH)
    views = invent_views(300)
    real = replace(invent_views(9, seed=3), exposure=np.full(9, REAL + 5), label=np.zeros(9, int))
    card = fit_judge(recipe, views, make_source_map(), out=tmp_path / "both", real=real)
    alone = fit_judge(recipe, views, make_source_map(), out=tmp_path / "alone")
    assert "9 detectors of 1 real exposures" in card.training_data
    assert str(tmp_path) not in repr(card)
    assert card.metrics["agreement"].n == alone.metrics["agreement"].n


@pytest.mark.parametrize(("good", "chance", "boundary"), [
    ([True, True], [0.2, 0.4], 0.0), ([False, False], [0.2, 0.4], 1.0), ([False, True, True], [0.1, 0.2, 0.9], 0.15),
])  # fmt: skip
def test_the_boundary_makes_the_fewest_errors(good, chance, boundary):
    assert choose_boundary(np.array(good), np.array(chance)) == pytest.approx(boundary)

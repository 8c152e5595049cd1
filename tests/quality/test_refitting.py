from dataclasses import replace

import numpy as np
import pytest
from tests.quality.conftest import invent_views

from skysieve.config import dump_recipe
from skysieve.io.weights import read_weights
from skysieve.quality.labels import CLASSES
from skysieve.quality.lessons import PARTS, Labeled, make_lessons, mix_lessons, split_lessons
from skysieve.quality.model import check_model, judge_views, read_model
from skysieve.quality.refitting import Schooling, draw_labels, fit_lessons, list_groups
from skysieve.quality.relearning_recipe import RelearnRecipe
from skysieve.training import Stage

GOOD, BGP = CLASSES.index("good"), CLASSES.index("bgp")
TOLD = Schooling(300, 0, 0, 300, 0, 2)
KEPT = {"reference.label": np.array([3, 4])}


def choose_recipe(epochs=2, **rates):
    recipe = RelearnRecipe(version="2")
    return replace(recipe, training=replace(recipe.training, stages=(Stage(epochs=epochs, rates=rates),)))


def teach(model, *, count, seed=5):
    """Raters agree with the truth but for one kind: what they call good is a problem of the background by the old."""
    views = invent_views(count, seed=seed)
    believed = np.where(views.label == BGP, GOOD, views.label)
    labeled = [
        Labeled(f"{row}.fits", views.take(np.array([row])), 0.96 * np.eye(len(CLASSES))[believed[row]] + 0.008)
        for row in range(count)
    ]
    lessons = make_lessons(labeled, model, factor=1.0)
    return split_lessons(lessons, [one.name for one in labeled], dump_recipe(RelearnRecipe().split), seed=0)


@pytest.fixture(scope="module")
def parts(weights):
    return teach(read_model(str(weights)), count=300)


@pytest.fixture(scope="module")
def relearned(weights, parts, tmp_path_factory):
    old = read_model(str(weights))
    folder = tmp_path_factory.mktemp("relearned")
    card = fit_lessons(old, parts, choose_recipe(12, head=5e-3), out=folder, told=TOLD, kept=KEPT)
    return old, read_model(str(folder / "weights" / "quality.safetensors")), card, folder


def test_what_the_labels_contradict_is_judged_anew_and_the_rest_stays(relearned):
    old, new, _, _ = relearned
    fresh = invent_views(300, seed=11)
    before, after = (judge_views(one, fresh).probability.argmax(axis=1) for one in (old, new))
    kind = fresh.label == BGP
    assert (before[kind] == BGP).mean() > 0.6
    assert (after[kind] == GOOD).mean() > 0.6
    assert (after[~kind] == before[~kind]).mean() > 0.6
    assert (judge_views(new, fresh).probability[kind, GOOD] >= new.boundary).mean() > 0.6


def test_the_new_weights_are_whole_and_their_card_says_what_was_learned(relearned, weights):
    _, _, card, folder = relearned
    path = folder / "weights" / "quality.safetensors"
    assert check_model(path) < 1e-3
    assert (card.version, card.recipe["version"]) == ("2", "2")
    assert "then (head alone) 300 exposures (300 detectors) labeled by 2 people" in card.training_data
    assert card.metrics["agreement"].value > card.metrics["agreement_before"].value + 0.1
    tensors, old = read_weights(path)[0], read_weights(weights)[0]
    changed = {
        name for name in tensors if name.startswith("model.network") and not np.array_equal(tensors[name], old[name])
    }
    assert {name.rpartition(".")[0] for name in changed} == {"model.network.numbers.head", "model.network.add.head"}
    np.testing.assert_array_equal(tensors["reference.label"], [3, 4])


def test_new_exposures_are_inside_the_domain_and_old_ones_stay(relearned, parts):
    old, new, _, _ = relearned
    fresh = invent_views(100, seed=12)
    assert (judge_views(new, fresh).distance <= judge_views(old, fresh).distance + 1e-6).all()
    learned = judge_views(new, parts["train"].views).distance
    assert (learned < 0.01).sum() == min(len(learned), old.recipe.domain_size)


def test_a_second_run_in_the_folder_reads_the_first(relearned, parts):
    old, _, _, folder = relearned
    weights = (folder / "weights" / "quality.safetensors").read_bytes()
    fit_lessons(old, parts, choose_recipe(12, head=5e-3), out=folder, told=TOLD, kept=KEPT)
    assert (folder / "weights" / "quality.safetensors").read_bytes() == weights


def test_other_layers_learn_where_the_recipe_says_so(model, parts, tmp_path):
    card = fit_lessons(model, parts, choose_recipe(head=1e-3, join=1e-3), out=tmp_path, told=TOLD)
    new = read_model(str(tmp_path / "weights" / "quality.safetensors"))
    assert new.domain.threshold != model.domain.threshold
    assert "(head, join alone)" in card.training_data


def test_simulated_lessons_are_measured_apart(model, parts, tmp_path):
    simulated = {name: replace(one, real=~one.real) for name, one in parts.items()}
    mixed = {name: mix_lessons(parts[name], simulated[name], share=0.5, seed=0) for name in PARTS}
    card = fit_lessons(model, mixed, choose_recipe(head=1e-3), out=tmp_path, told=replace(TOLD, simulated=9))
    assert card.metrics["simulated_agreement"].n == card.metrics["agreement"].n > 0
    assert {"simulated_agreement_clear"} <= set(card.metrics)
    assert "agreement_clear" not in card.metrics
    assert "mixed with 9 simulated detectors" in card.training_data


def test_drawn_labels_follow_their_probabilities_and_detectors_agree():
    target = np.tile([0.2, 0.8, 0.0, 0.0, 0.0], (4000, 1))
    exposure = np.repeat(np.arange(2000), 2)
    drawn = draw_labels(target, exposure, seed=3)
    assert drawn.mean() == pytest.approx(0.8, abs=0.03)
    assert (drawn[::2] == drawn[1::2]).all()


def test_every_parameter_is_in_one_layer_group(model):
    groups = list_groups(model.judge)
    every = sorted(name for name, _ in model.judge.named_parameters())
    assert sorted(name for part in groups.values() for name in part) == every
    assert list(groups) == ["head", "join", "body"]


def test_a_network_without_a_last_layer_is_refused(model):
    with pytest.raises(ValueError, match="has none of"):
        list_groups(model.judge.network)

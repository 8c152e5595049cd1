import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skysieve.morphology.annotation import Stroke
from skysieve.morphology.annotation_actions import Action, Drawings
from skysieve.morphology.annotation_history import History, dump_move, move, parse_move, replay

ACTIONS = [
    Action("add_label", label="tail"),
    Action("draw", 0, stroke=Stroke("lasso", ("lobe",), 0, ((0.5, 1.0), (4.0, 0.0), (4.0, 4.0)))),
    Action("draw", 1, stroke=Stroke("fill", (), 1, ((1.0, 1.0),), 2.5)),
    Action("label_neuron", 1, label="fr2"),
    Action("clear", 0),
    Action("delete_last", 1),
    Action("rename_label", label="lobe", new="wing"),
    Action("remove_label", label="tail"),
]
STEPS = st.lists(st.sampled_from([*ACTIONS, "undo", "redo"]), max_size=25)


def do(steps) -> tuple[History, list]:
    history, done = History(Drawings()), []
    for step in steps:
        try:
            history = move(history, step)
        except ValueError:
            continue
        done.append(step)
    return history, done


@given(STEPS)
def test_undoing_all_and_redoing_all_leads_back(steps):
    history, _ = do(steps)
    back = history
    while back.past:
        back = move(back, "undo")
    assert back.present == Drawings()
    while len(back.future) > len(history.future):
        back = move(back, "redo")
    assert back == history


@given(STEPS)
def test_a_history_told_again_from_json_is_the_same(steps):
    history, done = do(steps)
    told = [json.loads(json.dumps(dump_move(step))) for step in done]
    assert replay(Drawings(), told) == history


def test_a_new_action_forgets_what_was_undone():
    history = move(move(move(History(Drawings()), ACTIONS[0]), "undo"), ACTIONS[1])
    with pytest.raises(ValueError, match="nothing to redo"):
        move(history, "redo")


def test_there_is_nothing_to_undo_at_the_start():
    with pytest.raises(ValueError, match="nothing to undo"):
        move(History(Drawings()), "undo")


@pytest.mark.parametrize("plain", ["again", 3, {"kind": "draw", "who": 1}, {"kind": "dance"}])
def test_other_steps_are_refused(plain):
    with pytest.raises((ValueError, TypeError)):
        parse_move(plain)

import pytest

from skysieve.morphology.annotation import Drawing, Stroke
from skysieve.morphology.annotation_actions import Action, Drawings, apply_action, describe_action

LASSO = Stroke("lasso", ("lobe", "core"), 0, ((0.0, 0.0), (4.0, 0.0), (4.0, 4.0)))
FILL = Stroke("fill", ("lobe",), 0, ((1.0, 1.0),), 2.0)
START = Drawings(("lobe", "core"), {3: Drawing(("core",), (LASSO, FILL))})


def do(kind, drawings=START, **more) -> Drawings:
    return apply_action(drawings, Action(kind, **more))


def test_drawing_adds_a_stroke_and_its_labels_to_the_table():
    after = do("draw", Drawings(), neuron=7, stroke=LASSO)
    assert after == Drawings(("core", "lobe"), {7: Drawing((), (LASSO,))})


def test_labels_of_a_neuron_go_on_and_off():
    assert do("label_neuron", neuron=3, label="core").get(3).labels == ()
    assert do("label_neuron", neuron=4, label="new").get(4).labels == ("new",)


def test_deleting_takes_the_last_stroke_and_clearing_all_but_the_labels():
    assert do("delete_last", neuron=3).get(3).strokes == (LASSO,)
    assert do("clear", neuron=3).get(3) == Drawing(("core",))


def test_a_threshold_reaches_the_fills_of_the_named_labels():
    assert do("threshold", neuron=3, labels=("lobe",), sigma=3.5).get(3).strokes[1].sigma == 3.5
    assert do("threshold", neuron=3, labels=("core",), sigma=3.5) == START


def test_a_renamed_label_is_renamed_everywhere():
    after = do("rename_label", label="core", new=" hot  spot ")
    assert after.palette == ("lobe", "hot spot")
    assert after.get(3).labels == ("hot spot",)
    assert after.get(3).strokes[0].labels == ("lobe", "hot spot")


def test_a_removed_label_takes_what_was_drawn_for_it_alone():
    after = do("remove_label", label="lobe")
    assert after.palette == ("core",)
    assert [stroke.labels for stroke in after.get(3).strokes] == [("core",)]


def test_erasures_of_a_removed_label_do_not_become_erasures_of_all():
    erase = Stroke("erase", ("core",), 0, LASSO.points)
    after = do("remove_label", Drawings(("core",), {0: Drawing((), (erase,))}), label="core")
    assert after.get(0).strokes == ()


def test_no_state_is_changed_in_place():
    before = repr(START)
    for kind, more in [("clear", {"neuron": 3}), ("rename_label", {"label": "core", "new": "x"})]:
        do(kind, **more)
    assert repr(START) == before


@pytest.mark.parametrize(
    ("kind", "more", "match"),
    [
        ("delete_last", {"neuron": 9}, "Nothing is drawn"),
        ("add_label", {"label": "  "}, "1 to 60 characters"),
        ("add_label", {"label": "x" * 61}, "1 to 60 characters"),
        ("add_label", {"label": "core"}, "already"),
        ("rename_label", {"label": "core", "new": "lobe"}, "already"),
        ("remove_label", {"label": "tail"}, "no label 'tail'"),
    ],
)
def test_what_cannot_be_done_is_said(kind, more, match):
    with pytest.raises(ValueError, match=match):
        do(kind, **more)


def test_actions_are_described():
    assert describe_action(Action("draw", 0, stroke=FILL)) == "fill of lobe on neuron 0"
    assert describe_action(Action("rename_label", label="a", new="b")) == "renaming a to b"

import numpy as np
import pytest

from skysieve.morphology.annotation_desk import open_desk
from skysieve.morphology.annotation_tab import AnnotationTab, place_cells
from skysieve.som.lattice import Lattice

PIXELS = np.zeros((6, 2, 9, 9), np.float32)
PIXELS[:, :, 3:6, 3:6] = 1


@pytest.fixture
def desk(tmp_path):
    desk = open_desk(tmp_path, PIXELS, som_sha256="ab" * 32)
    yield desk
    desk.close()


@pytest.fixture
def tab(desk):
    return AnnotationTab(desk, Lattice((3, 2)))


def say(tab, verb, **more) -> dict:
    tab.answer({"do": verb, **more})
    return tab.show_state()


def fill(tab, channel=0) -> dict:
    return say(tab, "fill", channel=channel, points=[[4, 4]])


def test_the_first_neuron_without_annotation_is_open(desk, tab):
    fill(tab)
    assert AnnotationTab(desk, Lattice((3, 2))).show_state()["neuron"] == 1
    assert AnnotationTab(desk, Lattice((3, 2)), neuron=4).show_state()["neuron"] == 4


def test_a_new_label_is_the_one_that_is_drawn(tab):
    assert say(tab, "add_label", label=" my  lobe ")["palette"][0]["label"] == "my lobe"
    state = fill(tab)
    assert (state["ticked"], state["regions"][0]["label"]) == (["my lobe"], "my lobe")
    assert state["palette"][0]["neurons"] == 1
    assert say(tab, "rename_label", label="my lobe", new="lobe")["ticked"] == ["lobe"]
    assert say(tab, "remove_label", label="lobe")["ticked"] == []


def test_steps_go_around_and_find_what_is_open(tab):
    assert say(tab, "step", by=-1)["neuron"] == 5
    fill(tab)
    assert say(tab, "step", by=1)["neuron"] == 0
    say(tab, "go", neuron=4)
    assert say(tab, "next_open")["neuron"] == 0


def test_undo_opens_the_neuron_that_it_changes(tab):
    fill(tab)
    say(tab, "go", neuron=3)
    state = say(tab, "undo")
    assert (state["neuron"], state["regions"], state["redo"]) == (0, [], "fill of a region on neuron 0")


def test_the_threshold_stays_in_bounds_and_follows_what_is_undone(tab):
    fill(tab)
    assert say(tab, "sigma", by=1.0)["sigma"] == 3.0
    assert say(tab, "undo")["sigma"] == 2.0
    assert say(tab, "sigma", by=-50.0)["sigma"] == 0.5


def test_the_threshold_goes_on_from_the_fills_of_the_label_and_neuron(desk, tab):
    fill(tab)
    say(tab, "sigma", by=1.5)
    say(tab, "add_label", label="tail")
    say(tab, "sigma", by=-2.0)
    assert say(tab, "tick", label="tail", alone=True)["sigma"] == 3.5
    assert AnnotationTab(desk, Lattice((3, 2)), neuron=1).show_state()["sigma"] == 2.0


def test_without_a_fill_of_the_ticked_labels_a_threshold_is_no_change(tab):
    fill(tab)
    say(tab, "add_label", label="tail")
    before = say(tab, "live")["undo"]
    assert say(tab, "sigma", by=1.0)["undo"] == before


def test_another_visitor_sees_the_change(desk, tab):
    other, heard = AnnotationTab(desk, Lattice((3, 2)), neuron=0), []
    leave = other.listen(lambda: heard.append(other.show_state()["done"]))
    fill(tab)
    leave()
    assert heard == [[0]]


@pytest.mark.parametrize(
    "message",
    [
        {"do": "dance"},
        {"do": "fill", "channel": 2, "points": [[1, 1]]},
        {"do": "fill", "channel": -1, "points": [[1, 1]]},
        {"do": "fill", "channel": 0, "points": []},
        {"do": "lasso", "channel": 0, "points": [[1, 1], ["a", 2]]},
        {"do": "go", "neuron": 6},
        {"do": "tick"},
        {},
    ],
)
def test_nonsense_becomes_a_note_and_changes_nothing(tab, message):
    tab.answer(message)
    state = tab.show_state()
    assert state["note"] != ""
    assert (state["neuron"], state["done"], state["undo"]) == (0, [], "")


def test_what_cannot_be_saved_is_told(desk, tab, monkeypatch):
    def fail(step):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(desk, "act", fail)
    state = fill(tab)
    assert state["failed"]
    assert "Not saved, so not done" in state["note"]


def test_the_scene_has_every_channel_by_name(desk):
    scene = AnnotationTab(desk, Lattice((3, 2)), bands=("first", "nvss")).show_scene()
    assert [channel["name"] for channel in scene["channels"]] == ["first", "nvss"]
    assert scene["channels"][0]["sigma"] == pytest.approx(PIXELS[0, 0].std())


@pytest.mark.parametrize(
    "lattice", [Lattice((7,)), Lattice((3, 2)), Lattice((2, 2, 3)), Lattice((5, 5), hexagonal=True)]
)
def test_every_neuron_has_its_own_place_on_the_page(lattice):
    places = place_cells(lattice)
    apart = np.linalg.norm(places[:, None] - places[None], axis=-1) + 9 * np.eye(len(places))
    assert apart.min() > 0.99
    assert places.min() == 0

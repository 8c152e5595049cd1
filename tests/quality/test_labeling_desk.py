from pathlib import Path

import numpy as np
import pytest
from tests.quality.labeled import write_exposure

from skysieve.io.exposurelabels import read_labels
from skysieve.io.exposures import InputRecipe, list_detectors
from skysieve.quality import labeling_desk
from skysieve.quality.exposure_preview import ExposurePreview, Snapshot, cut_crop
from skysieve.quality.exposures import Seen
from skysieve.quality.flags import ExposureFlag
from skysieve.quality.focal_plane import Tile
from skysieve.quality.labeling_book import open_book
from skysieve.quality.labeling_desk import LabelingDesk, LabelingTab
from skysieve.quality.labels import CLASSES
from skysieve.quality.verdict import Verdict
from skysieve.report.stretch import Limits

NAMES = ("a.fits", "b.fits", "c.fits")
INPUTS = InputRecipe()


class Shelf:
    """All previews are there at once, but those of exposures that are said to be late."""

    def __init__(self, preview):
        self.preview, self.late, self.asked = preview, set(), []

    def ask(self, numbers):
        self.asked = numbers

    def get(self, number):
        return None if number in self.late else self.preview

    def listen(self, listener):
        return lambda: None


@pytest.fixture(scope="module")
def preview(tmp_path_factory):
    path = write_exposure(tmp_path_factory.mktemp("night") / "a.fits")
    addresses = tuple(list_detectors([path], recipe=INPUTS))
    seen = Seen("a.fits", addresses, None, 0, ExposureFlag(0), ())
    chance = np.full(len(CLASSES), 0.2)
    verdict = Verdict("bad", "bt", chance, ("bt",), {}, 0, False, np.ones(2, bool), ("bt", "good"))
    picture = np.ones((50, 60), np.float32)
    return ExposurePreview(
        seen, np.ones((50, 130), np.float32), Limits(0.0, 1.0, 9.0), 2, (Tile(0, 0, 50, 60), Tile(70, 0, 50, 60)),
        (Snapshot(picture, 1.0, 1.0, 4.0, 0.25),) * 2, cut_crop(addresses[0], INPUTS, tile=0, x=1.0, y=1.0), verdict,
        guessed=False,
    )  # fmt: skip


@pytest.fixture
def desk(tmp_path, preview):
    paths = tuple(Path(name) for name in NAMES)
    return LabelingDesk(paths, "Ada", open_book(tmp_path / "labels.csv"), Shelf(preview), INPUTS)


@pytest.fixture
def tab(desk):
    return LabelingTab(desk)


def do(tab, verb, **more):
    tab.answer({"do": verb, **more})
    tab.show_scene()
    return tab.show_state()


def say(tab, label):
    return do(tab, "label", label=label, exposure=tab.show_state()["number"])


def said(desk):
    return {one.exposure: one for one in read_labels(desk.book.path)}


def test_a_label_is_saved_and_the_next_exposure_opens(tab, desk):
    state = say(tab, "bt")
    assert (state["number"], state["label"], state["marks"]) == (1, "", "b--")
    label = said(desk)["a.fits"]
    assert (label.rater, label.label, label.sureness, label.blind) == ("Ada", "bt", 2, True)
    assert label.seconds >= 0
    assert label.time.endswith("+00:00")


def test_the_model_is_hidden_until_one_decides(tab):
    assert tab.show_state()["opinion"] == {}
    state = say(tab, "bt")
    assert (state["opinion"], state["last"]["opinion"]["cause"]) == ({}, "bt")
    assert do(tab, "step", by=-1)["opinion"]["cause"] == "bt"


def test_who_asks_the_model_is_not_blind_nor_who_decides_anew(tab, desk):
    assert do(tab, "reveal")["opinion"]["verdict"] == "bad"
    say(tab, "good")
    assert not said(desk)["a.fits"].blind
    say(tab, "good")
    do(tab, "step", by=-1)
    assert said(desk)["b.fits"].blind
    say(tab, "bt")
    assert not said(desk)["b.fits"].blind


def test_sureness_is_of_the_label_to_come_or_of_the_one_that_is_there(tab, desk):
    do(tab, "sure", sureness=3)
    assert say(tab, "bt")["sureness"] == 2
    assert said(desk)["a.fits"].sureness == 3
    do(tab, "step", by=-1)
    do(tab, "sure", sureness=1)
    assert (said(desk)["a.fits"].sureness, said(desk)["a.fits"].label) == (1, "bt")


def test_undo_opens_what_it_undoes(tab, desk):
    say(tab, "bt")
    say(tab, "good")
    state = do(tab, "undo")
    assert (state["number"], state["marks"]) == (1, "b--")
    do(tab, "undo")
    assert said(desk) == {}
    assert "nothing to undo" in do(tab, "undo")["note"]


def test_the_page_stays_when_told_to_and_at_the_end(tab):
    do(tab, "advance")
    assert say(tab, "bt")["number"] == 0
    do(tab, "advance")
    do(tab, "next_open")
    say(tab, "bt")
    assert "All exposures" in say(tab, "bt")["note"]


@pytest.mark.parametrize(("message", "note"), [
    ({"do": "label", "label": "nice", "exposure": 0}, "no label nice"),
    ({"do": "label", "label": "bt", "exposure": 1}, "no longer open"), ({"do": "sure", "sureness": 4}, "1 to 3"),
    ({"do": "go", "exposure": 9}, "exposures 0 to 2"), ({"do": "dance"}, "nothing called dance"),
])  # fmt: skip
def test_what_cannot_be_done_is_said(tab, desk, message, note):
    tab.answer(message)
    assert note in tab.show_state()["note"]
    assert said(desk) == {}


def test_nobody_labels_what_is_not_there_yet(desk):
    desk.shelf.late = {0}
    tab = LabelingTab(desk)
    assert tab.show_scene() == {"number": 0, "ready": False}
    assert "Wait" in say(tab, "bt")["note"]


def test_what_cannot_be_shown_is_told(desk, monkeypatch):
    def fail(number):
        raise OSError(f"{number} is gone")

    monkeypatch.setattr(desk.shelf, "get", fail)
    tab = LabelingTab(desk)
    assert not tab.show_scene()["ready"]
    assert "0 is gone" in tab.show_state()["note"]


def test_what_cannot_be_saved_is_told(tab, desk, monkeypatch):
    def fail(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(desk.book, "act", fail)
    state = say(tab, "bt")
    assert state["failed"]
    assert "No space left" in state["note"]
    assert state["number"] == 0


def test_a_click_shows_that_place_in_full(tab):
    do(tab, "look", x=100.0, y=25.0)
    assert tab.show_scene()["crop"]["tile"] == 1
    do(tab, "step", by=1)
    assert tab.show_scene()["crop"]["tile"] == 0


def test_the_next_exposures_are_prepared(tab, desk):
    assert desk.shelf.asked == [0, 1, 2]
    say(tab, "bt")
    assert desk.shelf.asked == [1, 2]


def test_a_second_rater_sees_numbers_but_no_labels(tab, desk):
    say(tab, "bt")
    other = LabelingTab(LabelingDesk(desk.paths, "Bob", open_book(desk.book.path), desk.shelf, INPUTS))
    state = other.show_state()
    assert (state["marks"], state["raters"]) == ("---", {"Ada": 1})
    assert state["number"] == 0


def test_time_runs_from_when_the_exposure_is_there(desk, monkeypatch):
    clock = iter([10.0, 12.5])
    monkeypatch.setattr(labeling_desk.time, "monotonic", lambda: next(clock))
    tab = LabelingTab(desk)
    tab.show_scene()
    tab.answer({"do": "label", "label": "bt", "exposure": 0})
    assert said(desk)["a.fits"].seconds == 2.5

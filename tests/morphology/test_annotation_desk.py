import json

import numpy as np
import pytest

from skysieve.io.annotations import read_annotations, write_annotations
from skysieve.morphology import annotation_desk
from skysieve.morphology.annotation import Stroke
from skysieve.morphology.annotation_actions import Action
from skysieve.morphology.annotation_desk import open_desk
from skysieve.records.annotations import Annotations, NeuronAnnotation, Region

PIXELS = np.zeros((4, 1, 9, 9), np.float32)
PIXELS[:, :, 3:6, 3:6] = 1
FILL = Action("draw", 2, stroke=Stroke("fill", ("lobe",), 0, ((4.0, 4.0),), 2.0))
OUTLINE = ((0.5, 0.5), (6.5, 0.5), (6.5, 6.5), (0.5, 6.5))
TINY = ((0.1, 0.1), (0.2, 0.1), (0.2, 0.2))
LASSO = Action("draw", 1, stroke=Stroke("lasso", ("tail", "lobe"), 0, OUTLINE))


@pytest.fixture
def open_():
    desks = []

    def start(folder, sha="ab" * 32):
        desks.append(open_desk(folder, PIXELS, som_sha256=sha))
        return desks[-1]

    yield start
    for desk in desks:
        desk.close()


def found(folder):
    return {
        (one.neuron, region.label): int(region.mask.sum())
        for one in read_annotations(folder).neurons
        for region in one.regions
    }


def test_every_change_is_on_disk_at_once(tmp_path, open_):
    desk = open_(tmp_path)
    assert (desk.act(FILL), desk.act(LASSO)) == (2, 1)
    assert found(tmp_path) == {(2, "lobe"): 9, (1, "tail"): 36, (1, "lobe"): 36}
    assert desk.act("undo") == 1
    assert found(tmp_path) == {(2, "lobe"): 9}


def test_another_start_goes_on_with_undo_and_redo(tmp_path, open_):
    desk = open_(tmp_path)
    for step in (FILL, LASSO, "undo"):
        desk.act(step)
    desk.close()
    again = open_(tmp_path)
    again.act("redo")
    assert again.history.present.palette == ("lobe", "tail")
    again.act("undo")
    again.act("undo")
    assert found(tmp_path) == {}


@pytest.mark.parametrize("torn", [b'{"step":{"kind":"clear","neu', b""])
def test_a_crash_after_any_write_loses_nothing(tmp_path, open_, torn):
    desk = open_(tmp_path)
    desk.act(FILL)
    before = (tmp_path / "annotations.json").read_bytes()
    desk.act(LASSO)
    desk.close()
    (tmp_path / "annotations.json").write_bytes(before)
    with (tmp_path / "history.jsonl").open("ab") as file:
        file.write(torn)
    again = open_(tmp_path)
    assert len(again.history.past) == 2
    assert found(tmp_path) == {(2, "lobe"): 9, (1, "tail"): 36, (1, "lobe"): 36}
    again.act(Action("clear", 1))
    again.close()
    assert len(open_(tmp_path).history.past) == 3


def test_annotations_from_elsewhere_are_taken_as_they_are_and_can_be_changed(tmp_path, open_):
    mask = np.eye(9, dtype=bool)
    one = NeuronAnnotation(3, ("fr1",), (Region("lobe", 0, mask), Region("", 0, ~mask)))
    write_annotations(tmp_path, Annotations((one,), "", 4, 9, 1))
    desk = open_(tmp_path)
    assert desk.history.present.palette == ("lobe", "fr1")
    desk.act(Action("draw", 3, stroke=Stroke("remove", ("lobe",), 0, ((2.0, 2.0),))))
    assert found(tmp_path) == {(3, ""): 72}
    desk.act("undo")
    assert found(tmp_path) == {(3, "lobe"): 9, (3, ""): 72}
    desk.close()
    assert len(open_(tmp_path).history.future) == 1


def test_annotations_changed_elsewhere_win_and_the_old_history_is_kept_aside(tmp_path, open_):
    desk = open_(tmp_path)
    desk.act(FILL)
    desk.act(LASSO)
    desk.close()
    file = tmp_path / "annotations.json"
    plain = json.loads(file.read_text())
    plain["neurons"] = plain["neurons"][1:]
    file.write_text(json.dumps(plain))
    again = open_(tmp_path)
    assert again.history.past == ()
    assert found(tmp_path) == {(2, "lobe"): 9}
    assert (tmp_path / "history.old.jsonl").is_file()


def test_lost_annotations_are_made_again_from_the_history(tmp_path, open_):
    desk = open_(tmp_path)
    desk.act(FILL)
    desk.close()
    (tmp_path / "annotations.json").unlink()
    open_(tmp_path)
    assert found(tmp_path) == {(2, "lobe"): 9}


def test_what_cannot_be_saved_is_not_done(tmp_path, open_, monkeypatch):
    desk = open_(tmp_path)
    desk.act(FILL)

    def fail(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(annotation_desk, "write_annotations", fail)
        with pytest.raises(OSError, match="No space left"):
            desk.act(LASSO)
    assert len(desk.history.past) == 1
    desk.close()
    assert len(open_(tmp_path).history.past) == 1


def test_listeners_hear_of_changes_until_they_leave(tmp_path, open_):
    desk, heard = open_(tmp_path), []
    leave = desk.listen(lambda: heard.append(1))
    desk.act(FILL)
    leave()
    desk.act("undo")
    assert heard == [1]


@pytest.mark.parametrize(
    ("step", "match"),
    [
        (FILL, "Nothing new reaches the threshold"),
        (Action("draw", 0, stroke=Stroke("lasso", ("x",), 0, TINY)), "holds no pixel"),
        (Action("draw", 0, stroke=Stroke("erase", (), 0, OUTLINE)), "nothing to erase"),
    ],
)
def test_strokes_that_change_nothing_stay_out_of_the_history(tmp_path, open_, step, match):
    desk = open_(tmp_path)
    desk.act(FILL)
    with pytest.raises(ValueError, match=match):
        desk.act(step)
    assert len(desk.history.past) == 1


def test_annotations_of_another_map_are_refused(tmp_path, open_):
    open_(tmp_path).close()
    with pytest.raises(ValueError, match=r"annotations of another map .* choose another folder"):
        open_(tmp_path, "cd" * 32)
    open_(tmp_path).close()


def test_a_second_server_is_refused(tmp_path, open_):
    open_(tmp_path)
    with pytest.raises(ValueError, match="is writing to it"):
        open_(tmp_path)

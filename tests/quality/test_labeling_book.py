import multiprocessing

import pytest

from skysieve.io.exposurelabels import ExposureLabel, read_labels
from skysieve.quality import labeling_book
from skysieve.quality.labeling import Undo
from skysieve.quality.labeling_book import open_book


def label(exposure="a.fits", rater="Ada", cause="bt"):
    return ExposureLabel(exposure, rater, cause, 2, "2026-01-02T03:04:05+00:00", 1.5)


def said(folder):
    return {(one.exposure, one.rater): one.label for one in read_labels(folder / "labels.csv")}


def test_every_label_is_on_disk_at_once(tmp_path):
    book = open_book(tmp_path / "labels.csv")
    assert said(tmp_path) == {}
    book.act(label())
    assert said(tmp_path) == {("a.fits", "Ada"): "bt"}
    book.act(Undo("Ada"))
    assert said(tmp_path) == {}


def test_two_servers_do_not_overwrite_each_other(tmp_path):
    ada, bob = open_book(tmp_path / "labels.csv"), open_book(tmp_path / "labels.csv")
    ada.act(label())
    bob.act(label(rater="Bob", cause="good"))
    ada.act(label("b.fits"))
    assert len(said(tmp_path)) == 3
    bob.refresh()
    assert bob.notebook == ada.notebook


def write_many(path, rater, number):
    book = open_book(path)
    for row in range(number):
        book.act(label(f"{row}.fits", rater))


def test_nothing_is_lost_when_all_write_at_once(tmp_path):
    names = ("Ada", "Bob", "Cleo")
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=write_many, args=(tmp_path / "labels.csv", name, 8)) for name in names]
    for one in writers:
        one.start()
    for one in writers:
        one.join()
    assert len(said(tmp_path)) == 24
    assert len(open_book(tmp_path / "labels.csv").notebook.labels) == 24


@pytest.mark.parametrize("torn", [b'{"label":{"exposure":"c.fi', b""])
@pytest.mark.parametrize("steps", [1, 2])
def test_a_crash_after_any_write_loses_nothing(tmp_path, torn, steps):
    book = open_book(tmp_path / "labels.csv")
    book.act(label())
    before = (tmp_path / "labels.csv").read_bytes()
    for number in range(steps):
        book.act(label(f"b{number}.fits"))
    (tmp_path / "labels.csv").write_bytes(before)
    with book.journal.open("ab") as file:
        file.write(torn)
    again = open_book(tmp_path / "labels.csv")
    assert len(said(tmp_path)) == 1 + steps
    again.act(Undo("Ada"))
    assert len(said(tmp_path)) == steps


def test_a_table_changed_by_hand_wins(tmp_path):
    book = open_book(tmp_path / "labels.csv")
    book.act(label())
    (tmp_path / "labels.csv").write_text("exposure,rater,label\nz.fits,Zoe,good\n")
    book.act(label("b.fits"))
    assert said(tmp_path) == {("z.fits", "Zoe"): "good", ("b.fits", "Ada"): "bt"}
    before = (tmp_path / "labels.csv").read_bytes()
    open_book(tmp_path / "labels.csv").act(Undo("Ada"))
    book.act(label("b.fits"))
    assert (tmp_path / "labels.csv").read_bytes() == before


def test_a_lost_table_is_made_again_from_the_history(tmp_path):
    open_book(tmp_path / "labels.csv").act(label())
    (tmp_path / "labels.csv").unlink()
    open_book(tmp_path / "labels.csv")
    assert said(tmp_path) == {("a.fits", "Ada"): "bt"}


def test_what_cannot_be_saved_is_not_done(tmp_path, monkeypatch):
    book = open_book(tmp_path / "labels.csv")
    book.act(label())

    def fail(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(labeling_book, "write_labels", fail)
        with pytest.raises(OSError, match="No space left"):
            book.act(label("b.fits"))
    assert len(book.notebook.labels) == 1
    assert len(open_book(tmp_path / "labels.csv").notebook.labels) == 1


def test_listeners_hear_of_steps_until_they_leave(tmp_path):
    book, heard = open_book(tmp_path / "labels.csv"), []
    leave = book.listen(lambda: heard.append(1))
    book.act(label())
    leave()
    book.act(Undo("Ada"))
    assert heard == [1]


def test_other_tables_and_damaged_histories_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"written as CSV; name the table labels\.csv"):
        open_book(tmp_path / "labels.parquet")
    (tmp_path / "labels.history.jsonl").write_text('{"what": 1}\n')
    with pytest.raises(ValueError, match=r"labels\.history\.jsonl, line 1"):
        open_book(tmp_path / "labels.csv")

import math
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skysieve.io.exposurelabels import ExposureLabel, format_labels, lock_labels, read_labels, write_labels

WORD = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=9)
LABEL = st.builds(
    ExposureLabel, WORD, WORD, WORD, st.integers(1, 3), st.just("2026-01-02T03:04:05+00:00"),
    st.integers(0, 10**6).map(lambda cents: cents / 100), st.booleans(),
)  # fmt: skip


@given(st.lists(LABEL, max_size=5, unique_by=lambda one: (one.exposure, one.rater)))
def test_what_is_written_is_read(tmp_path_factory, labels):
    path = tmp_path_factory.mktemp("labels") / "labels.csv"
    write_labels(path, labels)
    assert list(read_labels(path)) == labels


def test_three_columns_are_enough(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text('exposure,rater,label\n"night, 1.fits",Ada,bt\n')
    (label,) = read_labels(path)
    assert (label.exposure, label.sureness, label.blind, math.isnan(label.seconds)) == ("night, 1.fits", 3, True, True)


@pytest.mark.parametrize(("row", "sentence"), [
    ("a,Ada,", "row 1: label is missing"), ("a,Ada,bt,4", "sureness 4; 1 to 3 are wanted"),
    ("a,Ada,bt,x", "no number"), ("a,Ada,bt\na,Ada,good", "row 2: Ada labels a again"),
])  # fmt: skip
def test_rows_that_make_no_sense_are_refused(tmp_path, row, sentence):
    (tmp_path / "labels.csv").write_text(f"exposure,rater,label,sureness\n{row}\n")
    with pytest.raises(ValueError, match=sentence):
        read_labels(tmp_path / "labels.csv")


def test_a_missing_table_and_one_that_is_no_text_are_refused(tmp_path):
    with pytest.raises(ValueError, match="no such table"):
        read_labels(tmp_path / "labels.csv")
    (tmp_path / "labels.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ValueError, match="not a table in CSV"):
        read_labels(tmp_path / "labels.csv")


def test_an_unknown_time_is_an_empty_cell():
    assert format_labels([ExposureLabel("a", "Ada", "bt")]).splitlines()[1] == "a,Ada,bt,3,,,true"


def test_who_waits_for_the_lock_gets_it_next(tmp_path):
    order = []

    def wait():
        with lock_labels(tmp_path / "labels.csv"):
            order.append("second")

    with lock_labels(tmp_path / "labels.csv"):
        thread = threading.Thread(target=wait)
        thread.start()
        thread.join(0.1)
        order.append("first")
    thread.join(10)
    assert order == ["first", "second"]

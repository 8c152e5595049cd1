"""The ledger: what a kill, another run or another process does to it."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skysieve.execution import Outcome, make_product, open_ledger


def record_file(folder, key="a", text="pixels"):
    (folder / key).write_text(text)
    product = make_product(folder, [folder / key], facts={"sources": 3})
    with open_ledger(folder, "run") as ledger:
        ledger.record(Outcome(key, "done", product, "", 1, 0.5))
    return product


def find(folder, key="a"):
    with open_ledger(folder, "run") as ledger:
        return ledger.find_done(key)


@pytest.mark.parametrize("place", ["file", "file/below"])
def test_a_file_in_place_of_the_folder_is_refused_in_a_sentence(tmp_path, place):
    (tmp_path / "file").write_text("x")
    with (
        pytest.raises(ValueError, match=f"{place}: is a file, or lies below one; choose a folder"),
        open_ledger(tmp_path / place, "run"),
    ):
        pass


def test_a_recorded_product_is_found_again(tmp_path):
    product = record_file(tmp_path)
    assert find(tmp_path) == product
    assert find(tmp_path, "b") is None


@settings(max_examples=10)
@given(
    st.text(),
    st.dictionaries(st.text(), st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()),
)
def test_any_key_and_facts_come_back_as_they_were(tmp_path_factory, key, facts):
    folder = tmp_path_factory.mktemp("run")
    product = make_product(folder, [], facts=facts)
    with open_ledger(folder, "run") as ledger:
        ledger.record(Outcome(key, "done", product))
    assert find(folder, key) == product


def test_a_key_with_bytes_that_are_not_text_comes_back(tmp_path):
    with open_ledger(tmp_path, "run") as ledger:
        ledger.record(Outcome("night\udce9.fits", "done", make_product(tmp_path, [], facts={})))
    assert find(tmp_path, "night\udce9.fits") is not None


@pytest.mark.parametrize("kept", [1, 20, -1])
def test_a_torn_last_line_is_cut_off(tmp_path, kept):
    record_file(tmp_path)
    path = tmp_path / "ledger.jsonl"
    before = path.read_bytes()
    path.write_bytes(before + before.splitlines()[1].replace(b'"a"', b'"b"')[:kept])
    assert find(tmp_path) is not None
    assert path.read_bytes() == before


@pytest.mark.parametrize("length", [0, 1, 12, 30])
def test_a_torn_first_line_starts_anew(tmp_path, length):
    record_file(tmp_path)
    path = tmp_path / "ledger.jsonl"
    path.write_bytes(path.read_bytes()[:length])
    assert find(tmp_path) is None
    assert json.loads(path.read_text()) == {"skysieve_ledger": 1, "fingerprint": "run"}


def test_a_damaged_line_loses_its_item_only(tmp_path):
    record_file(tmp_path, "a")
    record_file(tmp_path, "b")
    path = tmp_path / "ledger.jsonl"
    header, first, second = path.read_bytes().splitlines()
    path.write_bytes(b"\n".join([header, b"\0" * len(first), second, b""]))
    assert (find(tmp_path, "a"), find(tmp_path, "b") is None) == (None, False)


@pytest.mark.parametrize(
    "line", ['{"key": "a", "state": "done"}', '{"key": "a", "state": "done", "product": {"files": 3}}', "[]"]
)
def test_an_entry_of_another_shape_counts_as_absent(tmp_path, line):
    find(tmp_path)
    with (tmp_path / "ledger.jsonl").open("a") as file:
        file.write(line + "\n")
    assert find(tmp_path) is None


def test_a_path_out_of_the_folder_is_not_a_product(tmp_path):
    (tmp_path / "outside").write_text("pixels")
    (tmp_path / "run").mkdir()
    record_file(tmp_path / "run", "a")
    path = tmp_path / "run" / "ledger.jsonl"
    path.write_text(path.read_text().replace('"path":"a"', '"path":"../outside"'))
    assert find(tmp_path / "run") is None


def test_another_run_is_refused_and_replaced_on_request(tmp_path):
    record_file(tmp_path)
    refusal = pytest.raises(ValueError, match=r"holds another run .*; choose another folder or pass --overwrite")
    with refusal, open_ledger(tmp_path, "other"):
        pass
    assert find(tmp_path) is not None
    with open_ledger(tmp_path, "other", overwrite=True) as ledger:
        assert ledger.find_done("a") is None


@pytest.mark.parametrize("content", [b"x, y\n1, 2\n", b"\x89HDF", b"[1]\n"])
def test_a_foreign_file_is_refused_and_left_alone(tmp_path, content):
    (tmp_path / "ledger.jsonl").write_bytes(content)
    with pytest.raises(ValueError, match="not a ledger of a run"), open_ledger(tmp_path, "run"):
        pass
    assert (tmp_path / "ledger.jsonl").read_bytes() == content


def test_a_run_in_progress_is_refused(tmp_path):
    refusal = pytest.raises(ValueError, match="another process is working on this run")
    with open_ledger(tmp_path, "run"), refusal, open_ledger(tmp_path, "run", overwrite=True):
        pass


def test_what_a_killed_writer_left_is_removed_and_nothing_else(tmp_path):
    record_file(tmp_path)
    for name in (".123.cat.parquet", ".hidden", "1.23.txt"):
        (tmp_path / name).touch()
    find(tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == [".hidden", "1.23.txt", "a", "ledger.jsonl"]

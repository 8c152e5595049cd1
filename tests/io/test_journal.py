import pytest

from skysieve.io.journal import append_journal, cut_journal, read_journal


def test_lines_come_back_in_order(tmp_path):
    for number in range(3):
        append_journal(tmp_path / "j", {"number": number, "text": "Ö\n"})
    assert [line["number"] for line in read_journal(tmp_path / "j")] == [0, 1, 2]


def test_a_torn_line_is_left_out_and_written_over(tmp_path):
    append_journal(tmp_path / "j", {"a": 1})
    with (tmp_path / "j").open("ab") as file:
        file.write(b'{"b":')
    assert read_journal(tmp_path / "j") == [{"a": 1}]
    append_journal(tmp_path / "j", {"c": 2})
    assert read_journal(tmp_path / "j") == [{"a": 1}, {"c": 2}]


def test_a_line_can_be_taken_back(tmp_path):
    append_journal(tmp_path / "j", {"a": 1})
    length = append_journal(tmp_path / "j", {"b": 2})
    cut_journal(tmp_path / "j", length)
    assert read_journal(tmp_path / "j") == [{"a": 1}]


@pytest.mark.parametrize("text", [b"\x80\x04K\x01.\n", b"[1]\n", b"hello\n"])
def test_other_files_are_refused(tmp_path, text):
    (tmp_path / "j").write_bytes(text)
    with pytest.raises(ValueError, match="not a journal"):
        read_journal(tmp_path / "j")

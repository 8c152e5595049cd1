import contextlib
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skysieve.cli.main import invoke
from skysieve.io.catalogs import read_catalog, write_catalog
from skysieve.quality.querying import LONGEST, list_columns, select_rows
from skysieve.records import Catalog, Column

SCHEMA = (
    Column("exposure", "str"), Column("verdict", "str"), Column("causes95", "str"), Column("p_bt", "f4"),
    Column("p_bseeing", "f8"), Column("n_ccd", "i4"), Column("ood", "bool"),
)  # fmt: skip

TABLE = Catalog(SCHEMA, {
    "exposure": np.array(["a", "b", "c", "d"], dtype=object),
    "verdict": np.array(["bad", "acceptable", "good", "bad"], dtype=object),
    "causes95": np.array(["bt,rbt", "good,bt", "good", "rbt"], dtype=object),
    "p_bt": np.array([0.3, 0.25, 0.0, np.nan], np.float32),
    "p_bseeing": np.array([0.3, 0.25, 0.1, 0.9]),
    "n_ccd": np.array([36, 36, 40, 1], np.int32),
    "ood": np.array([False, True, False, False]),
})  # fmt: skip


def find(query):
    return "".join(TABLE["exposure"][select_rows(TABLE, query)])


@pytest.mark.parametrize(("query", "found"), [
    ("p_bt > 0.2 and p_bseeing > 0.2 and verdict != 'bad'", "b"),
    ("verdict == 'bad' or p_bt == 0", "acd"),
    ("not (verdict == 'bad')", "bc"),
    ("0.2 < p_bseeing < 0.5", "ab"),
    ("n_ccd in (36, 40)", "abc"),
    ("verdict not in ('bad', 'good')", "b"),
    ("'bt' in causes95", "ab"),
    ("'bt' not in causes95", "cd"),
    ("2 * p_bseeing - 0.1 >= n_ccd / 72", "ad"),
    ("ood", "b"),
    ("not ood and -p_bt < -0.1", "a"),
    ("'bt' in ('bt', 'rbt')", "abcd"),
    ("1 > 2", ""),
])  # fmt: skip
def test_queries_find_the_rows_they_describe(query, found):
    assert find(query) == found


@pytest.mark.parametrize("query", [
    "p_bt > 0", "p_bt <= 0", "p_bt == 0", "p_bt != 0", "p_bt not in (0, 1)", "p_bt - p_bt == 0", "p_bt == p_bt",
])  # fmt: skip
def test_what_is_compared_with_an_unknown_number_is_false(query):
    assert "d" not in find(query)


def test_division_by_zero_is_no_error():
    assert find("p_bseeing / p_bt > 1e9") == "c"
    assert find("0 / p_bt > 0 or 0 / p_bt <= 0") == "ab"


@pytest.mark.parametrize("query", [
    "__import__('os').system('true')", "p_bt.real > 0", "verdict[0] == 'b'", "(lambda: 1)() == 1", "p_bt ** 2 > 0",
    "p_bt if ood else p_bt", "[x for x in (1, 2)] == 1", "f'{p_bt}' == '0'", "p_bt is 0", "(y := 1) == 1",
    "p_bt & n_ccd", "b'a' == 'a'", "1j > 0", "None == 0", "n_ccd << 9 > 0",
])  # fmt: skip
@pytest.mark.filterwarnings("ignore::SyntaxWarning")
def test_nothing_but_the_language_is_understood(query):
    with pytest.raises(ValueError, match="understood"):
        select_rows(TABLE, query)


@pytest.mark.parametrize(("query", "sentence"), [
    ("p_bt = 0.2", "cannot be read"),
    ("", "cannot be read"),
    ("p_bt >", "made of columns"),
    ("p_seeing > 0.2", "did you mean p_bseeing"),
    ("verdict == bad", "no column bad; .*quotes"),
    ("verdict > 3", "gives texts, 3 numbers"),
    ("p_bt", "gives numbers; yes or no is wanted"),
    ("verdict + 1 > 2", "gives texts; numbers is wanted"),
    ("not p_bt", "yes or no is wanted"),
    ("p_bt > 1" + "0" * 500, "too large"),
    ("not " * 450 + "ood", "nested"),
    ("ood or " * 400 + "ood", str(LONGEST)),
    ("(" * 500 + "ood" + ")" * 500, "cannot be read"),
])  # fmt: skip
def test_what_cannot_be_answered_is_one_sentence(query, sentence):
    with pytest.raises(ValueError, match=sentence):
        select_rows(TABLE, query)


@given(st.text(max_size=60))
def test_any_text_gives_rows_or_a_sentence(text):
    with contextlib.suppress(ValueError):
        assert select_rows(TABLE, text).shape == (len(TABLE),)


def test_the_columns_of_a_query_come_in_its_order():
    assert list_columns("ood or p_bt > n_ccd and p_bt < 1") == ("ood", "p_bt", "n_ccd")


def test_the_command_prints_and_writes_the_rows(tmp_path, capsys):
    write_catalog(TABLE, tmp_path / "v.parquet")
    command = ["quality", "query", str(tmp_path / "v.parquet"), "p_bseeing > 0.2 and verdict == 'bad'"]
    assert invoke([*command, "--out", str(tmp_path / "bad.csv")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "a: p_bseeing 0.3, verdict bad"
    assert "2 of 4 rows" in lines[-2]
    assert read_catalog(tmp_path / "bad.csv")["exposure"].tolist() == ["a", "d"]
    assert invoke([*command, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert [answer["found"], answer["of"], answer["rows"][1]["p_bt"]] == [2, 4, None]


def test_a_wrong_query_is_one_sentence_on_the_command_line(tmp_path, capsys):
    write_catalog(TABLE, tmp_path / "v.parquet")
    assert invoke(["quality", "query", str(tmp_path / "v.parquet"), "p_bs > 1"]) == 2
    assert capsys.readouterr().err.count("\n") == 1

"""The page about the catalog on disk says what the code does."""

import re
from pathlib import Path

import pytest

from skysieve.io.catalogs.parquet import ROW_GROUP
from skysieve.records import ImageFlag, SourceFlag, describe_flags

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "catalog-format.md"


@pytest.mark.parametrize(("title", "kind"), [("Flags of a source", SourceFlag), ("Flags of an image", ImageFlag)])
def test_the_flag_tables_are_the_dictionaries(title, kind):
    section = PAGE.read_text(encoding="utf-8").split(f"## {title}\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (\d+) \| `(\w+)` \| (.*) \|$", section, re.MULTILINE)
    assert {name: (int(bit), sentence) for bit, name, sentence in rows} == describe_flags(kind)


def test_the_row_group_is_as_long_as_the_page_says():
    assert f"row groups of {ROW_GROUP} rows" in " ".join(PAGE.read_text(encoding="utf-8").split())

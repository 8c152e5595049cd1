"""Parts merge into the file that a single writer would have made."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy.table import Table
from hypothesis import given
from hypothesis import strategies as st

from skysieve.io.catalogs import merge_catalogs, parquet, read_catalog, write_catalog
from skysieve.records import Catalog, Column, concatenate_catalogs

FLUX = Column("flux", "f4", "image", "brightness", "phot.flux")


def make_part(rows: int, *extra: Column) -> Catalog:
    columns = {"flux": np.arange(rows, dtype="f4"), **{c.name: np.ones(rows, c.dtype) for c in extra}}
    return Catalog((FLUX, *extra), columns, {"schema": "1"})


@pytest.fixture
def small_groups(monkeypatch):
    monkeypatch.setattr(parquet, "ROW_GROUP", 8)


@given(sizes=st.lists(st.integers(0, 30), min_size=1, max_size=5))
def test_merged_parts_are_the_file_of_the_whole(sizes):
    parts = [make_part(n, *([Column("odd", "i4")] if n % 2 else [])) for n in sizes]
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(parquet, "ROW_GROUP", 8)
        paths = [Path(folder, f"{k}.parquet") for k in range(len(parts))]
        for part, path in zip(parts, paths, strict=True):
            write_catalog(part, path)
        merge_catalogs(iter(paths), Path(folder, "all.parquet"))
        write_catalog(concatenate_catalogs(parts), Path(folder, "whole.parquet"))
        assert Path(folder, "all.parquet").read_bytes() == Path(folder, "whole.parquet").read_bytes()


@pytest.mark.usefixtures("small_groups")
def test_row_groups_have_one_size(tmp_path):
    write_catalog(make_part(20), tmp_path / "c.parquet")
    file = pq.ParquetFile(tmp_path / "c.parquet")
    assert [file.metadata.row_group(k).num_rows for k in range(file.num_row_groups)] == [8, 8, 4]


def test_columns_that_a_part_lacks_are_unknown(tmp_path):
    extra = [Column("n", "i4"), Column("x", "f8"), Column("b", "bool"), Column("s", "str")]
    full = Catalog((FLUX, *extra), {"flux": np.ones(1, "f4"), "n": np.ones(1, "i4"), "x": np.ones(1),
                                    "b": np.ones(1, bool), "s": np.array(["a"], object)})  # fmt: skip
    write_catalog(full, tmp_path / "1.parquet")
    write_catalog(make_part(1), tmp_path / "2.parquet")
    merge_catalogs([tmp_path / "1.parquet", tmp_path / "2.parquet"], tmp_path / "all.parquet")
    row = read_catalog(tmp_path / "all.parquet").row(1)
    assert (row["n"], str(row["x"]), row["b"], row["s"]) == (0, "nan", False, "")


def test_numbers_of_different_types_are_widened(tmp_path):
    for name, dtype in (("1.parquet", "i4"), ("2.parquet", "f8")):
        write_catalog(Catalog((Column("n", dtype),), {"n": np.array([3], dtype)}), tmp_path / name)
    merge_catalogs([tmp_path / "1.parquet", tmp_path / "2.parquet"], tmp_path / "all.parquet")
    assert read_catalog(tmp_path / "all.parquet").schema[0].dtype == "f8"


def test_text_and_numbers_of_one_name_do_not_merge(tmp_path):
    write_catalog(Catalog((Column("n", "i4"),), {"n": np.ones(1, "i4")}), tmp_path / "1.parquet")
    write_catalog(Catalog((Column("n", "str"),), {"n": np.array(["a"], object)}), tmp_path / "2.parquet")
    with pytest.raises(ValueError, match="column n is i4 in one part and str in another; convert one of them"):
        merge_catalogs([tmp_path / "1.parquet", tmp_path / "2.parquet"], tmp_path / "all.parquet")
    assert not (tmp_path / "all.parquet").exists()


def test_nothing_to_merge_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"all\.parquet: there is nothing to merge"):
        merge_catalogs([], tmp_path / "all.parquet")


def test_a_broken_or_foreign_part_is_named(tmp_path):
    (tmp_path / "1.parquet").write_text("no parquet at all")
    with pytest.raises(ValueError, match=r"^1\.parquet: is not a whole Parquet file"):
        merge_catalogs([tmp_path / "1.parquet"], tmp_path / "all.parquet")
    pq.write_table(pa.table({"l": [[1]]}), tmp_path / "2.parquet")
    with pytest.raises(ValueError, match=r"^2\.parquet: column l is of a type that cannot be merged"):
        merge_catalogs([tmp_path / "2.parquet"], tmp_path / "all.parquet")


def test_units_and_meanings_lie_in_the_arrow_fields(tmp_path):
    write_catalog(make_part(1), tmp_path / "c.parquet")
    schema = pq.read_schema(tmp_path / "c.parquet")
    found = schema.field("flux").metadata
    assert (found[b"unit"], found[b"description"], found[b"ucd"]) == (b"image", b"brightness", b"phot.flux")
    assert schema.metadata[b"schema"] == b"1"
    assert pq.ParquetFile(tmp_path / "c.parquet").metadata.row_group(0).column(0).compression == "ZSTD"


def test_tools_of_the_virtual_observatory_find_units_in_parquet(tmp_path):
    pytest.importorskip("pandas")
    catalog = Catalog((Column("ra", "f8", "deg", "right ascension", "pos.eq.ra"),), {"ra": np.ones(2)})
    write_catalog(catalog, tmp_path / "c.parquet")
    table = Table.read(tmp_path / "c.parquet", format="parquet.votable")
    assert (str(table["ra"].unit), table["ra"].description) == ("deg", "right ascension")

"""Whatever is written is read back the same, in every format, and nothing else is taken for a catalog."""

import pickle
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from skysieve.io.catalogs import read_catalog, write_catalog
from skysieve.records import Catalog, Column, make_empty_catalog

SUFFIXES = [".parquet", ".fits", ".fits.gz", ".vot", ".xml", ".ecsv", ".csv", ".csv.gz"]
RICH = [".parquet", ".fits", ".vot", ".ecsv"]
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=90)
NAMES = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=9)
MARKED = Column("flux", "f8", "deg", 'a "long" description, é & <more>  ' * 9, "phot.flux;em.opt")


@st.composite
def catalog_parts(draw, dtypes=("f4", "f8", "i2", "i4", "i8", "u1", "bool", "str"), texts=TEXTS, names=NAMES):
    schema = tuple(
        Column(
            name,
            draw(st.sampled_from(dtypes)),
            draw(st.sampled_from(["", "deg", "pixel2", "mag"])),
            draw(texts),
            draw(st.sampled_from(["", "pos.eq.ra;meta.main", "meta.code.qual"])),
        )
        for name in draw(st.lists(names, min_size=1, max_size=4, unique=True))
    )
    rows = draw(st.integers(0, 5))
    columns = {
        c.name: np.array([*draw(st.lists(texts, min_size=rows, max_size=rows)), None], dtype=object)[:-1]
        if c.dtype == "str"
        else draw(hnp.arrays(np.dtype(c.dtype), rows))
        for c in schema
    }
    return schema, columns, draw(st.dictionaries(texts.filter(bool), texts, max_size=3))


def write_and_read(catalog: Catalog, suffix: str) -> Catalog:
    with TemporaryDirectory() as folder:
        path = Path(folder, f"c{suffix}")
        write_catalog(catalog, path)
        return read_catalog(path)


def assert_same(left: Catalog, right: Catalog) -> None:
    assert left.schema == right.schema
    assert dict(left.meta) == dict(right.meta)
    for name in left.names:
        np.testing.assert_array_equal(left[name], right[name], strict=True)


@pytest.mark.parametrize("suffix", RICH)
@given(parts=catalog_parts())
def test_writing_and_reading_is_the_identity(suffix, parts):
    catalog = Catalog(*parts)
    assert_same(catalog, write_and_read(catalog, suffix))


@given(parts=catalog_parts(dtypes=("f8", "i8"), texts=st.just(""), names=NAMES.map("n{}".format)))
def test_csv_keeps_names_and_numbers(parts):
    catalog = Catalog(*parts)
    back = write_and_read(catalog, ".csv")
    assert back.names == catalog.names
    for name in catalog.names:
        np.testing.assert_array_equal(back[name], catalog[name])


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_zero_rows_keep_their_columns(suffix):
    empty = make_empty_catalog([Column("ra", "f8", "deg", "where", "pos.eq.ra"), Column("s", "str")], {"k": "v"})
    back = write_and_read(empty, suffix)
    assert len(back) == 0
    assert back.names == empty.names
    assert suffix in {".csv", ".csv.gz"} or back.schema == empty.schema


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_equal_catalogs_become_equal_bytes_whenever_written(tmp_path, monkeypatch, suffix):
    catalog = Catalog((MARKED,), {"flux": np.arange(9.0)}, {"schema": "1"})
    path = tmp_path / f"c{suffix}"
    write_catalog(catalog, path)
    first = path.read_bytes()
    monkeypatch.setattr("time.time", lambda: 0.0)
    write_catalog(catalog, path)
    assert path.read_bytes() == first


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "but an empty file"),
        (pickle.dumps({"ra": [1.0] * 50}), "is not a whole"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "is not a whole"),
    ],
)
def test_what_is_no_catalog_is_refused(tmp_path, suffix, content, complaint):
    path = tmp_path / f"c{suffix}"
    path.write_bytes(content)
    with pytest.raises(
        ValueError, match=rf"^c\{suffix}: is not a .*{complaint.removeprefix('is not a ')}.*; "
    ) as caught:
        read_catalog(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("suffix", [".parquet", ".fits", ".fits.gz", ".vot", ".ecsv"])
def test_plain_text_is_refused_under_any_other_name(tmp_path, suffix):
    path = tmp_path / f"c{suffix}"
    path.write_text("this is a text\nand no catalog at all\n")
    with pytest.raises(ValueError, match=r": is not a whole .*; write it again or give it the suffix of its format"):
        read_catalog(path)


@pytest.mark.parametrize("suffix", [".parquet", ".fits", ".fits.gz", ".vot"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_truncated_file_is_refused(tmp_path, suffix, share):
    path = tmp_path / f"c{suffix}"
    write_catalog(Catalog((MARKED,), {"flux": np.random.default_rng(1).normal(size=9999)}), path)
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    with pytest.raises(ValueError, match="is not a whole"):
        read_catalog(path)


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    for name in ("none.fits", "folder.fits"):
        (tmp_path / "folder.fits").mkdir(exist_ok=True)
        with pytest.raises(ValueError, match=f"{name}: there is no such file"):
            read_catalog(tmp_path / name)


def test_an_unknown_suffix_is_refused_with_the_known_ones(tmp_path):
    with pytest.raises(ValueError, match=r"c\.txt: no catalog format has this suffix; use one of .*\.fits\.gz"):
        write_catalog(make_empty_catalog([MARKED]), tmp_path / "c.txt")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_catalog_without_columns_is_refused_and_leaves_nothing(tmp_path, suffix):
    with pytest.raises(ValueError, match="a catalog without columns cannot be written"):
        write_catalog(make_empty_catalog([]), tmp_path / f"c{suffix}")
    assert list(tmp_path.iterdir()) == []


def test_values_that_their_type_cannot_hold_are_refused(tmp_path):
    half = Catalog((Column("n", "i4"),), {"n": np.array([1.0, np.nan])})
    with pytest.raises(ValueError, match="column n is i4 but holds NaN or infinity; declare it f8"):
        write_catalog(half, tmp_path / "c.parquet")
    with pytest.raises(ValueError, match="column n has 2 dimensions; give one value a row"):
        write_catalog(Catalog((Column("n", "f8"),), {"n": np.zeros((2, 2))}), tmp_path / "c.parquet")


@pytest.mark.parametrize("suffix", [".fits", ".vot"])
def test_unsigned_integers_are_widened_or_refused(tmp_path, suffix):
    catalog = Catalog((Column("n", "u8"),), {"n": np.array([2**63 - 1], dtype="u8")})
    assert write_and_read(catalog, suffix)["n"].tolist() == [2**63 - 1]
    with pytest.raises(ValueError, match="column n holds integers beyond 2\\^63; write it to Parquet instead"):
        write_catalog(Catalog((Column("n", "u8"),), {"n": np.array([2**64 - 1], dtype="u8")}), tmp_path / f"c{suffix}")


@pytest.mark.parametrize(("flux_unit", "unit"), [("adu", "adu"), ("Jy/beam", "Jy/beam"), ("furlong", ""), ("", "")])
@pytest.mark.parametrize("suffix", [".fits", ".vot"])
def test_the_flux_unit_of_the_image_is_spelled_out_where_it_is_a_unit(suffix, flux_unit, unit):
    catalog = Catalog((Column("f", "f8", "image"),), {"f": np.ones(1)}, {"flux_unit": flux_unit})
    assert write_and_read(catalog, suffix).schema[0].unit.replace(" ", "") == unit

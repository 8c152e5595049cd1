"""Tables that other tools wrote: masks, vectors, odd names, odd types, odd byte orders."""

import io

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy.io import fits, votable
from astropy.table import MaskedColumn, Table
from hypothesis import given
from hypothesis import strategies as st

from skysieve.io.catalogs import read_catalog, write_catalog
from skysieve.io.catalogs.columns import make_unique_names
from skysieve.io.catalogs.texts import escape_text, unescape_text
from skysieve.records import Catalog, Column


def make_masked_table() -> Table:
    mask = [False, True]
    return Table({
        "n": MaskedColumn([1, 2], mask=mask, dtype="i4"),
        "x": MaskedColumn([1.5, 2.5], mask=mask, dtype="f4"),
        "s": MaskedColumn(["a", "b"], mask=mask),
        "v": np.arange(4.0).reshape(2, 2),
    })  # fmt: skip


@pytest.mark.parametrize(
    ("suffix", "form"), [(".fits", "fits"), (".vot", "votable"), (".ecsv", "ascii.ecsv"), (".parquet", "parquet")]
)
def test_masked_values_become_unknown_ones_and_vectors_columns(tmp_path, suffix, form):
    table = make_masked_table()
    if form == "parquet":
        arrays = {"n": pa.array([1, None], pa.int32()), "x": pa.array([1.5, None], pa.float32()),
                  "s": pa.array(["a", None]), "v": pa.FixedSizeListArray.from_arrays(np.arange(4.0), 2)}  # fmt: skip
        pq.write_table(pa.table(arrays), tmp_path / "t.parquet")
    else:
        table.write(tmp_path / f"t{suffix}", format=form)
    catalog = read_catalog(tmp_path / f"t{suffix}")
    assert [(c.name, c.dtype) for c in catalog.schema] == [
        ("n", "f8"), ("x", "f4"), ("s", "str"), ("v_0", "f8"), ("v_1", "f8")
    ]  # fmt: skip
    np.testing.assert_array_equal(catalog["n"], [1, np.nan])
    np.testing.assert_array_equal(catalog["x"], np.array([1.5, np.nan], "f4"))
    assert catalog["s"].tolist() == ["a", ""]
    assert catalog["v_1"].tolist() == [1, 3]


def test_fits_values_are_in_native_byte_order(tmp_path):
    Table({"x": np.arange(3, dtype=">f8"), "n": np.arange(3, dtype=">i2")}).write(tmp_path / "t.fits")
    catalog = read_catalog(tmp_path / "t.fits")
    assert all(catalog[name].dtype.isnative for name in catalog.names)
    assert catalog["n"].tolist() == [0, 1, 2]


def test_repeated_fits_names_are_told_apart(tmp_path):
    hdu = fits.BinTableHDU.from_columns([fits.Column("ra", "D", array=[1.0]), fits.Column("dec", "D", array=[2.0])])
    hdu.writeto(tmp_path / "t.fits")
    content = (tmp_path / "t.fits").read_bytes().replace(b"'dec     '", b"'ra      '")
    (tmp_path / "t.fits").write_bytes(content)
    catalog = read_catalog(tmp_path / "t.fits")
    assert {name: catalog[name][0] for name in catalog.names} == {"ra": 1, "ra_2": 2}


def test_letters_beyond_ascii_in_foreign_fits_do_no_harm(tmp_path):
    fits.BinTableHDU.from_columns([fits.Column("name", "3A", array=["abc"])]).writeto(tmp_path / "t.fits")
    content = (tmp_path / "t.fits").read_bytes().replace(b"abc", "né".encode()).replace(b"'name    '", b"'nam\xe9    '")
    (tmp_path / "t.fits").write_bytes(content)
    catalog = read_catalog(tmp_path / "t.fits")
    assert catalog[catalog.names[0]].tolist() == ["né"]


def test_an_ldac_mosaic_is_read_whole(tmp_path):
    head = fits.BinTableHDU.from_columns([fits.Column("Field Header Card", "80A", array=["x"])], name="LDAC_IMHEAD")
    objects = [fits.BinTableHDU.from_columns([fits.Column("X", "E", array=[k])], name="LDAC_OBJECTS") for k in (1, 2)]
    fits.HDUList([fits.PrimaryHDU(), head, objects[0], head.copy(), objects[1]]).writeto(tmp_path / "t.fits")
    assert read_catalog(tmp_path / "t.fits")["X"].tolist() == [1, 2]


def test_an_ascii_table_extension_is_read(tmp_path):
    columns = [fits.Column("s", "A3", array=["ab", "c"], ascii=True), fits.Column("n", "I5", array=[3, 4], ascii=True)]
    fits.TableHDU.from_columns(columns).writeto(tmp_path / "t.fits")
    catalog = read_catalog(tmp_path / "t.fits")
    assert (catalog["s"].tolist(), catalog["n"].tolist()) == (["ab", "c"], [3, 4])


def test_an_image_is_refused_as_a_catalog(tmp_path):
    fits.PrimaryHDU(np.zeros((3, 3))).writeto(tmp_path / "t.fits")
    with pytest.raises(ValueError, match=r"^t\.fits: is a FITS file without a table; give a catalog$"):
        read_catalog(tmp_path / "t.fits")


@pytest.mark.parametrize(
    ("column", "complaint"),
    [
        (fits.Column("z", "C", array=[1j]), "column z holds complex numbers"),
        (
            fits.Column("z", "PE()", array=np.array([np.ones(2, "f4"), np.ones(1, "f4")], dtype=object)),
            "varying length",
        ),
    ],
)
def test_columns_beyond_a_catalog_are_refused_by_name(tmp_path, column, complaint):
    fits.BinTableHDU.from_columns([column]).writeto(tmp_path / "t.fits")
    with pytest.raises(ValueError, match=rf"^t\.fits: column z .*{complaint.removeprefix('column z ')}"):
        read_catalog(tmp_path / "t.fits")


def test_arrow_types_beyond_numbers_are_flattened_or_spelled_out(tmp_path):
    arrays = {
        "d": pa.array(["r", None, "r"]).dictionary_encode(),
        "t": pa.array([0, 86400, None], pa.timestamp("s")),
        "p": pa.array([{"ra": 1.0}, {"ra": 2.0}, None]),
        "b": pa.array([True, None, False]),
        "o": pa.nulls(3),
        "l": pa.array([[1, 2], [3, 4], [5, 6]]),
    }
    pq.write_table(pa.table(arrays), tmp_path / "t.parquet")
    catalog = read_catalog(tmp_path / "t.parquet")
    assert catalog.names == ("d", "t", "p.ra", "b", "o", "l_0", "l_1")
    assert catalog["d"].tolist() == ["r", "", "r"]
    assert catalog["t"].tolist() == ["1970-01-01 00:00:00.000", "1970-01-02 00:00:00.000", ""]
    assert catalog["b"].tolist() == [True, False, False]
    assert catalog["l_1"].tolist() == [2, 4, 6]


def test_lists_of_varying_length_in_parquet_are_refused(tmp_path):
    pq.write_table(pa.table({"l": pa.array([[1], [2, 3]])}), tmp_path / "t.parquet")
    with pytest.raises(ValueError, match=r"t\.parquet: column l holds lists of varying length; remove it"):
        read_catalog(tmp_path / "t.parquet")


def test_a_votable_of_this_package_passes_a_strict_parser(tmp_path):
    odd = Column("n", "i4", "furlongs of odd", "two-part " * 30, "no.such.ucd")
    good = Column("ra", "f8", "deg", "right ascension", "pos.eq.ra;meta.main")
    write_catalog(Catalog((odd, good), {"n": np.ones(1, "i4"), "ra": np.ones(1)}, {"é": "<&>"}), tmp_path / "t.vot")
    table = votable.parse(str(tmp_path / "t.vot"), verify="exception").get_first_table()
    assert [(f.name, f.ucd, str(f.unit)) for f in table.fields] == [
        ("n", None, "None"), ("ra", "pos.eq.ra;meta.main", "deg")
    ]  # fmt: skip
    report = io.StringIO()
    assert votable.validate(str(tmp_path / "t.vot"), output=report), report.getvalue()


def test_other_tools_find_units_and_descriptions_in_fits(tmp_path):
    columns = {"ra": np.ones(1), "s": np.array(["a"], object)}
    schema = (Column("ra", "f8", "deg", "right ascension", "pos.eq.ra"), Column("s", "str"))
    write_catalog(Catalog(schema, columns), tmp_path / "t.fits")
    table = Table.read(tmp_path / "t.fits")
    assert (str(table["ra"].unit), table["s"][0]) == ("deg", "a")
    header = fits.getheader(tmp_path / "t.fits", "CATALOG")
    assert (header["TCOMM1"], header["TUCD1"]) == ("right ascension", "pos.eq.ra")
    assert "DATE" not in header


@pytest.mark.parametrize(
    ("cells", "dtype", "values"),
    [
        (["1", "-2", "+3"], "i8", [1, -2, 3]),
        (["18446744073709551615", "1"], "u8", [2**64 - 1, 1]),
        (["1", "", "3"], "f8", [1, np.nan, 3]),
        (["1.", ".5", "-inf", "NaN", "+1E3"], "f8", [1, 0.5, -np.inf, np.nan, 1000]),
        (["true", "False"], "bool", [True, False]),
        (["007", "8"], "str", ["007", "8"]),
        (["99999999999999999999", "1"], "str", ["99999999999999999999", "1"]),
        (["2020-01-01", "12:30"], "str", ["2020-01-01", "12:30"]),
        (['"a,""b"""', '""'], "str", ['a,"b"', ""]),
        (["", ""], "f8", [np.nan, np.nan]),
    ],
)
def test_csv_types_are_inferred(tmp_path, cells, dtype, values):
    lines = ["#Table1", "k,c", *(f"z,{cell}" for cell in cells)]
    (tmp_path / "t.csv").write_bytes("\r\n".join([*lines, ""]).encode())
    catalog = read_catalog(tmp_path / "t.csv")
    assert catalog.schema[1].dtype == dtype
    np.testing.assert_array_equal(catalog["c"], np.array(values, dtype=object if dtype == "str" else dtype))


def test_a_byte_order_mark_before_csv_is_no_part_of_the_name(tmp_path):
    (tmp_path / "t.csv").write_text("ra,ra,é\n1,2,3\n", encoding="utf-8-sig")
    assert read_catalog(tmp_path / "t.csv").names == ("ra", "ra_2", "é")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("1.5,2\n3,4\n", "the first line holds the number 1.5 where a column name is wanted"),
        ("a,b\n1,2,3\n", "Expected 2 columns, got 3"),
        ("# only a comment\n", "there is no line of column names"),
    ],
)
def test_csv_without_header_or_with_ragged_rows_is_refused(tmp_path, text, complaint):
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(ValueError, match=rf"t\.csv: is not a whole CSV table \(.*{complaint}"):
        read_catalog(tmp_path / "t.csv")


@given(names=st.lists(st.sampled_from(["a", "a_2", "", " ", "b\n", "column2"])))
def test_unique_names_are_distinct_and_keep_what_was_distinct(names):
    unique = make_unique_names(names)
    assert len(set(unique)) == len(names) == len(unique)
    assert all(name.isprintable() and name.strip() for name in unique)


@given(text=st.text())
def test_escaping_is_undone_and_leaves_plain_ascii(text):
    escaped = escape_text(text)
    assert unescape_text(escaped) == text
    assert escaped.isascii()
    assert escaped.strip() == escaped
    assert "  " not in escaped


def test_real_label_tables_are_read(real_data):
    catalog = read_catalog(real_data / "shreds" / "labels.csv")
    assert len(catalog) > 0
    assert {"ra", "dec"} <= {name.lower() for name in catalog.names}
    assert not any(column.dtype == "" for column in catalog.schema)

"""Records refuse what does not fit together; flags have a bit and a sentence each."""

from enum import IntFlag

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skysieve.records import (
    Catalog,
    Column,
    Detector,
    ImageFlag,
    PixelAddress,
    SourceFlag,
    concatenate_catalogs,
    decode_flags,
    describe_flags,
    make_empty_catalog,
    make_empty_column,
    merge_schemas,
)
from skysieve.records.exposure import Band

KINDS = [SourceFlag, ImageFlag]


def make_catalog(**columns) -> Catalog:
    arrays = {name: np.asarray(values) for name, values in columns.items()}
    kinds = {"O": "str", "b": "bool"}
    schema = tuple(Column(n, kinds.get(v.dtype.kind, f"{v.dtype.kind}{v.dtype.itemsize}")) for n, v in arrays.items())
    return Catalog(schema, arrays)


def test_columns_and_schema_must_agree():
    with pytest.raises(ValueError, match=r"columns and schema differ in \['y'\]"):
        Catalog((Column("x", "f8"), Column("y", "f8")), {"x": np.zeros(1)})
    with pytest.raises(ValueError, match=r"columns and schema differ in \['x', 'x'\]"):
        Catalog((Column("x", "f8"), Column("x", "f8")), {"x": np.zeros(1)})


def test_columns_must_be_equally_long():
    with pytest.raises(ValueError, match=r"unequal length .*'x': 1, 'y': 2"):
        make_catalog(x=[1.0], y=[1.0, 2.0])


def test_an_unknown_column_is_answered_with_the_known_ones():
    with pytest.raises(KeyError, match="no column 'z'; there are x, y"):
        make_catalog(x=[1.0], y=[2.0])["z"]


def test_length_is_the_number_of_rows():
    assert len(make_catalog(x=[1.0, 2, 3])) == 3
    assert len(Catalog((), {})) == 0


@pytest.mark.parametrize("rows", [np.array([2, 0]), np.array([True, False, True]), slice(None, None, 2)])
def test_take_keeps_schema_and_chooses_rows(rows):
    catalog = make_catalog(x=[1.0, 2, 3], s=np.array(["a", "b", "c"], object))
    taken = catalog.take(rows)
    assert taken.schema == catalog.schema
    assert taken["x"].tolist() == catalog["x"][rows].tolist()
    assert taken["s"].tolist() == catalog["s"][rows].tolist()


def test_a_column_is_added_at_the_end_or_replaced_in_place():
    catalog = make_catalog(x=[1.0], y=[2.0])
    assert catalog.with_column(Column("z", "f8"), np.ones(1)).names == ("x", "y", "z")
    replaced = catalog.with_column(Column("x", "f8", "deg"), np.full(1, 9.0))
    assert (replaced.names, replaced["x"][0], replaced.schema[0].unit) == (("x", "y"), 9, "deg")
    assert catalog["x"][0] == 1


def test_a_row_is_plain_values_in_schema_order():
    row = make_catalog(x=[1.5], n=[2], b=[True], s=np.array(["a"], object)).row(0)
    assert list(row.items()) == [("x", 1.5), ("n", 2), ("b", True), ("s", "a")]
    assert [type(value) for value in row.values()] == [float, int, bool, str]


@pytest.mark.parametrize(("dtype", "unknown"), [("f4", "nan"), ("i8", "0"), ("bool", "False"), ("str", "")])
def test_unknown_values_are_of_their_type(dtype, unknown):
    column = make_empty_column(dtype, 2)
    assert [str(value) for value in column] == [unknown, unknown]
    assert column.dtype == (object if dtype == "str" else np.dtype(dtype))


def test_an_empty_catalog_has_typed_columns():
    empty = make_empty_catalog([Column("x", "f4"), Column("s", "str")], {"k": "v"})
    assert (len(empty), empty["x"].dtype, empty["s"].dtype, empty.meta["k"]) == (0, np.dtype("f4"), object, "v")


def test_concatenation_fills_what_a_part_lacks():
    whole = concatenate_catalogs([make_catalog(x=[1.0]), make_catalog(x=[2.0], n=[3])])
    assert whole.names == ("x", "n")
    assert whole["n"].tolist() == [0, 3]
    assert whole["n"].dtype == np.int64


def test_concatenation_widens_types_in_schema_and_values():
    whole = concatenate_catalogs([make_catalog(n=np.ones(1, "i4")), make_catalog(n=[0.5])])
    assert whole.schema[0].dtype == "f8"
    assert whole["n"].tolist() == [1, 0.5]


def test_text_is_not_stacked_on_numbers():
    with pytest.raises(ValueError, match="column n is i8 in one part and str in another; convert one of them"):
        concatenate_catalogs([make_catalog(n=[1]), make_catalog(n=np.array(["a"], object))])


def test_nothing_cannot_be_concatenated():
    with pytest.raises(ValueError, match="there is no catalog"):
        concatenate_catalogs([])


@given(cuts=st.lists(st.integers(0, 10), max_size=4).map(sorted))
def test_concatenation_undoes_cutting(cuts):
    whole = make_catalog(x=np.arange(10.0), s=np.array(list("abcdefghij"), object))
    edges = zip([0, *cuts], [*cuts, 10], strict=True)
    again = concatenate_catalogs([whole.take(slice(start, stop)) for start, stop in edges])
    assert again.schema == whole.schema
    assert all(again[name].tolist() == whole[name].tolist() for name in whole.names)


def test_merged_schemas_keep_the_first_meaning():
    merged = merge_schemas([[Column("x", "f4", "deg")], [Column("y", "i4")], [Column("x", "f4", "rad")]])
    assert merged == (Column("x", "f4", "deg"), Column("y", "i4"))


@pytest.mark.parametrize("kind", KINDS)
def test_flags_are_distinct_powers_of_two(kind):
    values = [int(member) for member in kind.__members__.values()]
    assert values == [1 << k for k in range(len(values))]


@pytest.mark.parametrize("kind", KINDS)
def test_every_flag_has_a_sentence_of_its_own(kind):
    described = describe_flags(kind)
    assert [bit for bit, _ in described.values()] == [int(member) for member in kind]
    sentences = [sentence for _, sentence in described.values()]
    assert all(len(sentence) > 10 for sentence in sentences)
    assert len(set(sentences)) == len(sentences)


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_decoding_names_the_bits_that_are_set(kind: type[IntFlag], data):
    members = data.draw(st.sets(st.sampled_from(sorted(kind))))
    names = decode_flags(sum(int(member) for member in members), kind)
    assert names == [member.name.lower() for member in sorted(members)]


def test_sextractor_bits_keep_their_meaning():
    assert decode_flags(255) == [
        "crowded", "blended", "saturated", "edge", "aperture_incomplete", "isophote_incomplete", "deblend_overflow",
        "buffer_overflow",
    ]  # fmt: skip


def test_addresses_read_as_file_and_extension(tmp_path):
    assert str(PixelAddress(tmp_path / "night1.fits", 17)) == "night1.fits[17]"
    assert str(PixelAddress(tmp_path / "cube.fits", 0, 2)) == "cube.fits[0, plane 2]"


def test_a_detector_has_the_shape_of_its_bands():
    band = Band("r", np.zeros((3, 4), np.float32), np.zeros((3, 4), bool))
    assert Detector("d", (band,)).shape == (3, 4)

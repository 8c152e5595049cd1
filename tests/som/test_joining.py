"""Columns of a mapping beside the catalog."""

import numpy as np
import pytest

from skysieve.records import Catalog, Column
from skysieve.som.joining import join_mapping


def make_mapped(ids=(30, 10)):
    schema = (Column("id", "i8"), Column("som_bmu", "i4"), Column("som_distance", "f4"), Column("som_flip", "bool"))
    values = (np.array(ids), np.array([4, 2], np.int32), np.array([1, 3], np.float32), np.array([True, False]))
    return Catalog(schema, dict(zip(("id", "som_bmu", "som_distance", "som_flip"), values, strict=True)))


def make_catalog():
    return Catalog((Column("id", "i8"), Column("ra", "f8")), {"id": np.array([10, 20, 30]), "ra": np.arange(3.0)})


def test_rows_keep_their_order_and_those_without_an_image_are_unknown():
    joined = join_mapping(make_catalog(), make_mapped())
    assert joined.names == ("id", "ra", "som_bmu", "som_distance", "som_flip")
    assert joined["som_bmu"].tolist() == [2, -1, 4]
    np.testing.assert_array_equal(joined["som_distance"], [3, np.nan, 1])
    assert joined["som_flip"].tolist() == [False, False, True]


def test_names_join_as_well_as_numbers():
    names = Catalog((Column("name", "str"),), {"name": np.array(["a", "b"], object)})
    mapped = Catalog(
        (Column("name", "str"), Column("som_bmu", "i4")),
        {"name": np.array(["b", "z"], object), "som_bmu": np.array([7, 8], np.int32)},
    )
    assert join_mapping(names, mapped, key="name")["som_bmu"].tolist() == [-1, 7]


def test_keys_that_do_not_join_are_refused():
    with pytest.raises(ValueError, match="catalog: there is no column 'name'"):
        join_mapping(make_catalog(), make_mapped(), key="name")
    with pytest.raises(ValueError, match="1 values of 'id' are repeated"):
        join_mapping(make_catalog(), make_mapped(ids=(10, 10)))

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

SUFFIXES = [".parquet", ".fits", ".fits.gz", ".vot", ".xml", ".ecsv", ".csv"]
RICH = [".parquet", ".fits", ".vot", ".ecsv"]
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=90)
NAMES = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=9)
MARKED = Column("flux", "f8", "deg", 'a "long" description, é & <more>  ' * 9, "phot.flux;em.opt")


@st.composite
def catalog_parts(draw, dtypes=("f4", "f8", "i2", "i4", "i8", "u1", "bool", "str"), texts=TEXTS):
    schema = tuple(
        Column(
            name,
            draw(st.sampled_from(dtypes)),
            draw(st.sampled_from(["", "deg", "pixel2", "mag"])),
            draw(texts),
            draw(st.sampled_from(["", "pos.eq.ra;meta.main", "meta.code.qual"])),
        )
        for name in draw(st.lists(NAMES, min_size=1, max_size=4, unique=True))
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

"""HATS folders hold the same rows, units and meanings; a cone selects among them."""

import importlib

import numpy as np
import pytest

from skysieve.io.catalogs import read_hats, write_hats
from skysieve.records import Catalog, Column

SCHEMA = (
    Column("id", "i8", "", "identifier", "meta.id;meta.main"),
    Column("ra", "f8", "deg", "right ascension", "pos.eq.ra;meta.main"),
    Column("dec", "f8", "deg", "declination", "pos.eq.dec;meta.main"),
    Column("name", "str"),
    Column("mag", "f4", "mag"),
)


def make_sky(rows: int = 60) -> Catalog:
    rng = np.random.default_rng(5)
    columns = {
        "id": np.arange(rows), "ra": rng.uniform(0, 360, rows), "dec": rng.uniform(-90, 90, rows),
        "name": np.array(["né"] * rows, object), "mag": np.full(rows, np.nan, "f4"),
    }  # fmt: skip
    return Catalog(SCHEMA, columns, {"schema": "1"})


@pytest.mark.slow
def test_writing_and_reading_keeps_rows_and_meanings(tmp_path):
    pytest.importorskip("lsdb")
    sky = make_sky()
    write_hats(sky, tmp_path / "sky")
    back = read_hats(tmp_path / "sky")
    assert back.schema == SCHEMA
    assert dict(back.meta) == {"schema": "1"}
    back = back.take(np.argsort(back["id"]))
    for name in sky.names:
        np.testing.assert_array_equal(back[name], sky[name])
    assert [entry.name for entry in tmp_path.iterdir()] == ["sky"]


@pytest.mark.slow
def test_a_cone_selects_rows_and_columns_choose(tmp_path):
    pytest.importorskip("lsdb")
    sky = make_sky()
    write_hats(sky, tmp_path / "sky")
    near = read_hats(tmp_path / "sky", ["id", "ra", "dec"], (float(sky["ra"][3]), float(sky["dec"][3]), 0.01))
    assert near["id"].tolist() == [3]
    assert near.names == ("id", "ra", "dec")
    nothing = read_hats(tmp_path / "sky", None, (float(sky["ra"][3]) + 0.1, float(sky["dec"][3]), 1e-6))
    assert len(nothing) == 0
    assert nothing.schema == SCHEMA


@pytest.mark.slow
def test_what_has_no_place_on_the_sky_is_refused(tmp_path):
    pytest.importorskip("lsdb")
    lost = make_sky(3)
    lost["ra"][1] = np.nan
    with pytest.raises(ValueError, match=r"sky: 1 of 3 rows have no ra and dec; take them out first"):
        write_hats(lost, tmp_path / "sky")
    with pytest.raises(ValueError, match="the catalog has no rows"):
        write_hats(make_sky(0), tmp_path / "sky")
    with pytest.raises(ValueError, match="there are no columns ra and dec"):
        write_hats(Catalog(SCHEMA[:1], {"id": np.arange(1)}), tmp_path / "sky")
    with pytest.raises(ValueError, match="exists already; remove it or choose another folder"):
        write_hats(make_sky(1), tmp_path)


@pytest.mark.slow
def test_an_unknown_column_and_a_missing_catalog_are_refused(tmp_path):
    pytest.importorskip("lsdb")
    write_hats(make_sky(), tmp_path / "sky")
    with pytest.raises(ValueError, match="sky: no column flux; there are id, ra"):
        read_hats(tmp_path / "sky", ["flux"])
    with pytest.raises(ValueError, match="there is no such file; give the path of a HATS catalog"):
        read_hats(tmp_path / "nowhere")


def test_without_lsdb_the_extra_is_named(tmp_path, monkeypatch):
    def refuse(name):
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", refuse)
    with pytest.raises(ImportError, match=r"pip install skysieve\[hats\]"):
        read_hats(tmp_path)

import json

import numpy as np
import pytest

from skysieve.io.catalogs import read_catalog, write_catalog
from skysieve.stellarity import ApplyRecipe, apply


@pytest.fixture
def catalog_file(make_sources, tmp_path):
    write_catalog(make_sources(40, 40), tmp_path / "sources.parquet")
    return tmp_path / "sources.parquet"


def test_apply_writes_the_catalog_with_verdicts_and_says_how(catalog_file, tmp_path):
    before = catalog_file.read_bytes()
    applied = apply(catalog_file, ApplyRecipe(), out=tmp_path / "out")
    judged, facts = read_catalog(tmp_path / "out" / "catalog.parquet"), json.loads(applied.files[1].read_text())
    assert (judged["stellarity"][:40] > 0.5).mean() > 0.9
    assert judged["ood"].dtype == bool
    assert facts["rows"] == applied.facts["rows"] == 80
    assert facts["model"].startswith("stellarity ")
    assert catalog_file.read_bytes() == before


def test_an_overrule_has_the_last_word(catalog_file, tmp_path):
    table = tmp_path / "overrule.csv"
    table.write_text("id,value,who,why\n3,0.0,Ada,a galaxy by eye\n")
    applied = apply(catalog_file, ApplyRecipe(), out=tmp_path / "out", overrule=table)
    assert applied.catalog["stellarity"][3] == 0
    assert applied.catalog["overruled_by"][3] == "Ada: a galaxy by eye"
    assert json.loads(applied.files[1].read_text())["overruled"][0]["before"] > 0.5


def test_the_verdict_survives_every_table_format(catalog_file, make_sources, tmp_path):
    write_catalog(make_sources(40, 40), tmp_path / "sources.fits")
    one, other = (
        apply(path, ApplyRecipe(), out=tmp_path / path.suffix[1:]).catalog["stellarity"]
        for path in (catalog_file, tmp_path / "sources.fits")
    )
    assert other == pytest.approx(one, abs=1e-6)


def test_a_folder_without_a_catalog_is_refused(tmp_path):
    with pytest.raises(ValueError, match="there is no such catalog; give a folder of skysieve run"):
        apply(tmp_path, ApplyRecipe(), out=tmp_path / "out")


def test_facts_count_what_is_unknown(make_sources, tmp_path):
    catalog = make_sources(10, 10)
    column = next(one for one in catalog.schema if one.name == "psf_fwhm")
    write_catalog(catalog.with_column(column, np.full(20, np.nan, np.float32)), tmp_path / "blind.parquet")
    facts = apply(tmp_path / "blind.parquet", ApplyRecipe(), out=tmp_path / "out").facts
    assert (facts["unknown"], facts["ood"], facts["stars"]) == (20, 20, 0.0)

import json

import numpy as np
from tests.chain.conftest import make_sky, write_image

from skysieve.cli.main import invoke
from skysieve.io.catalogs import read_catalog

SWITCH = 'capabilities=["stellarity", "deblending"]'


def test_every_source_of_a_run_gets_a_deblended_flux_beside_the_others(tmp_path):
    write_image(tmp_path / "field.fits", make_sky(shape=(120, 140), stars=25))
    assert invoke(["run", str(tmp_path / "field.fits"), "--out", str(tmp_path / "run"), "--set", SWITCH]) == 0
    catalog = read_catalog(tmp_path / "run" / "catalog.parquet")
    assert len(catalog) > 3
    assert np.isfinite(catalog["flux"]).all()
    assert (catalog["flux_q16"] <= catalog["flux_q84"]).all()
    assert {"flux_kron", "flux_aper1", "stellarity", "blendedness", "p_unrecognized", "deblend_flags"} <= set(
        catalog.names
    )
    ratio = catalog["flux"] / catalog["flux_kron"]
    assert 0.7 < np.median(ratio) < 1.4
    models = json.loads((tmp_path / "run" / "provenance.json").read_text())["models"]
    assert models["deblending"]["name"] == "deblending"


def test_an_image_without_sources_has_the_columns_and_no_rows(tmp_path):
    flat = np.random.default_rng(1).normal(100, 1, (80, 80)).astype(np.float32)
    write_image(tmp_path / "flat.fits", flat)
    assert invoke(["run", str(tmp_path / "flat.fits"), "--out", str(tmp_path / "run"), "--set", SWITCH]) == 0
    assert "flux" in read_catalog(tmp_path / "run" / "catalog.parquet").names

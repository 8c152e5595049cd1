import numpy as np
import pytest
from astropy.wcs import WCS
from tests.chain.conftest import make_header, make_sky, write_image

from skysieve.chain import Inputs, run_chain
from skysieve.io.catalogs import read_catalog, write_catalog
from skysieve.io.exposures import sky_to_pixel
from skysieve.records import Catalog, Column


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A sky searched, and a fainter one of the same stars measured at the places found on the first."""
    folder = tmp_path_factory.mktemp("forced")
    write_image(folder / "first.fits", make_sky())
    write_image(folder / "second.fits", make_sky() * np.float32(2))
    run_chain(Inputs((str(folder / "first.fits"),)), folder / "a")
    catalog = folder / "a" / "catalog.parquet"
    run_chain(Inputs((str(folder / "second.fits"),), catalog=catalog), folder / "b")
    return read_catalog(catalog), read_catalog(folder / "b" / "catalog.parquet")


def test_every_given_source_is_measured_where_it_was_given(runs):
    searched, forced = runs
    assert forced["input_id"].tolist() == searched["id"].tolist()
    assert forced["x"] == pytest.approx(searched["x"], abs=1e-4)
    assert np.isnan(forced["x_err"]).all()


def test_fluxes_at_given_places_are_those_of_the_search_on_the_same_stars(runs):
    searched, forced = runs
    bright = searched["flux_kron"] > 50 * searched["flux_kron_err"]
    assert forced["flux_kron"][bright] == pytest.approx(2 * searched["flux_kron"][bright], rel=0.03)


def test_sources_outside_or_without_position_are_left_out(tmp_path):
    columns = {"X": np.array([50.0, np.nan, 5000.0]), "Y": np.array([50.0, 10.0, 10.0])}
    given = Catalog((Column("X", "f8"), Column("Y", "f8")), columns)
    write_catalog(given, tmp_path / "given.parquet")
    sky = write_image(tmp_path / "sky.fits", make_sky())
    run_chain(Inputs((str(sky),), catalog=tmp_path / "given.parquet"), tmp_path / "out")
    assert read_catalog(tmp_path / "out" / "catalog.parquet")["input_id"].tolist() == [1]


def test_a_catalog_without_positions_is_refused_in_one_sentence(tmp_path):
    given = Catalog((Column("name", "str"),), {"name": np.array(["a"], dtype=object)})
    write_catalog(given, tmp_path / "given.parquet")
    sky = write_image(tmp_path / "sky.fits", make_sky())
    result = run_chain(Inputs((str(sky),), catalog=tmp_path / "given.parquet"), tmp_path / "out")
    assert result.usable == 0
    assert "has no x, y" in result.images["message"][0]


def test_positions_on_the_sky_come_back_to_their_pixels():
    wcs = WCS(make_header())
    ra, dec = wcs.all_pix2world([10.0, 200.0], [20.0, 150.0], 0)
    x, y = sky_to_pixel(wcs, ra, dec)
    assert x == pytest.approx([10, 200], abs=1e-6)
    assert y == pytest.approx([20, 150], abs=1e-6)

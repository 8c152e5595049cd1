"""The columns that extraction fills."""

import pytest
from astropy import units as u

from skysieve.extraction.schema import list_aperture_columns, list_catalog_columns

ALL = list_catalog_columns(["g", "r"], [5.0, 10.0])


def test_names_are_unique_and_every_column_says_what_it_means():
    assert len({column.name for column in ALL}) == len(ALL)
    assert all(column.description and column.ucd for column in ALL)


@pytest.mark.parametrize("column", ALL, ids=lambda column: column.name)
def test_units_are_known_to_astropy_or_the_images_own(column):
    assert column.unit in ("", "image") or u.Unit(column.unit).to_string()


def test_one_band_has_no_columns_of_its_own_and_two_have():
    assert not any(column.name.endswith("_g") for column in list_catalog_columns(["g"], [5.0]))
    assert {"flux_kron_g", "flux_aper2_r", "mag_err_g", "flags_r"} <= {column.name for column in ALL}


def test_apertures_are_numbered_from_one_with_their_diameter_told():
    first, error = list_aperture_columns([7.5])
    assert (first.name, error.name) == ("flux_aper1", "flux_aper1_err")
    assert "7.5 pixel" in first.description
    assert list_aperture_columns([]) == ()

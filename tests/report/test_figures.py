import numpy as np
import pytest

from skysieve.records import make_empty_catalog
from skysieve.report.figures import draw_run_figures, measure_poisson_interval


def test_poisson_limits_agree_with_the_table_of_gehrels():
    lower, upper = measure_poisson_interval(np.array([0, 1, 10, 100]))
    np.testing.assert_allclose(lower, [0, 0.173, 6.891, 90.02], atol=0.01)
    np.testing.assert_allclose(upper, [1.841, 3.300, 14.27, 111.0], atol=0.04)


def test_every_figure_of_a_full_catalog_is_drawn_in_the_ink_of_the_page(make_catalog):
    panels = draw_run_figures(make_catalog(20), area=0.5)
    assert all(panel.svg.startswith(b"<svg") and b"currentColor" in panel.svg for panel in panels)
    assert "deg⁻²".encode() in panels[0].svg
    assert b"stars: 2.00 pixel" in panels[1].svg


def test_without_an_area_counts_are_per_imaged_area(make_catalog):
    counts = draw_run_figures(make_catalog(20), area=float("nan"))[0]
    assert "(imaged area)⁻¹".encode() in counts.svg
    assert "area on the sky is unknown" in counts.caption


@pytest.mark.parametrize("n", [0, 3])
def test_a_catalog_of_unknown_values_is_explained_not_drawn(make_catalog, n):
    catalog = make_catalog(n)
    catalog["flux_kron"][:] = np.nan
    panels = draw_run_figures(catalog, area=1.0)
    assert all(panel.svg is None and "Nothing to draw" in panel.caption for panel in panels)


def test_a_catalog_without_any_column_is_explained_too():
    assert all(panel.svg is None for panel in draw_run_figures(make_empty_catalog(()), area=1.0))


def test_sources_of_one_magnitude_and_size_are_drawn(make_catalog):
    catalog = make_catalog(4)
    catalog["flux_kron"][:] = 100.0
    assert all(panel.svg for panel in draw_run_figures(catalog, area=1.0))


def test_a_nonsense_magnitude_does_not_stretch_the_counts_beyond_memory(make_catalog):
    catalog = make_catalog(4)
    catalog["mag"][:] = [20.0, 21.0, 22.0, 1e30]
    assert draw_run_figures(catalog, area=1.0)[0].svg


def test_rows_left_out_are_counted(make_catalog):
    catalog = make_catalog(6)
    catalog["flux_kron"][:2] = -1.0
    assert "2 of 6 sources lack a value" in draw_run_figures(catalog, area=1.0)[0].caption

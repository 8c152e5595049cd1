import math

import pytest

from skysieve.trust.curves import find_crossing


def make_curve(*values: float | None) -> list[dict[str, float]]:
    """Bins a magnitude apart from 20 on, with errors of 0.1; None for an empty one."""
    known = [(20.0 + k, v) for k, v in enumerate(values)]
    return [{"mag": m, "n": 0 if v is None else 9, "completeness": v or 0.0, "completeness_lo": (v or 0.0) - 0.1,
             "completeness_hi": (v or 0.0) + 0.1} for m, v in known]  # fmt: skip


def test_the_crossing_is_interpolated_with_its_errors():
    half = find_crossing(make_curve(1.0, 0.9, 0.1, 0.0))
    assert half["mag"] == pytest.approx(21.5)
    assert half["mag_lo"] == pytest.approx(21.375)
    assert half["mag_hi"] == pytest.approx(21.625)


def test_the_last_crossing_counts_and_empty_bins_do_not():
    assert find_crossing(make_curve(0.4, 0.8, None, 0.2))["mag"] == pytest.approx(22.0)


def test_a_curve_that_never_crosses_has_no_limit():
    assert math.isnan(find_crossing(make_curve(0.9, 0.8))["mag"])
    assert math.isnan(find_crossing([])["mag"])

"""Sky positions and shapes."""

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.wcs import WCS
from hypothesis import given
from hypothesis import strategies as st

from skysieve.extraction.sky import SkyShapes, measure_sky_shapes


def make_wcs(*, turn: float = 0.0, scale: tuple[float, float] = (0.5, 0.5), dec: float = 30.0) -> WCS:
    """Tangent projection; ``turn`` [rad], ``scale`` [arcsec], positive for a mirrored sky."""
    wcs = WCS(naxis=2)
    wcs.wcs.ctype, wcs.wcs.crval, wcs.wcs.crpix = ["RA---TAN", "DEC--TAN"], [150.0, dec], [51, 51]
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    wcs.wcs.cd = rotation @ np.diag(scale) / 3600
    return wcs


def measure(wcs: WCS | None, *, x: float = 50.0, y: float = 50.0, a: float = 4.0, b: float = 2.0, theta: float = 0.0):
    cosine, sine = np.cos(theta), np.sin(theta)
    moments = (
        (a * cosine) ** 2 + (b * sine) ** 2,
        (a * sine) ** 2 + (b * cosine) ** 2,
        (a * a - b * b) * cosine * sine,
    )
    at = {"x": np.array([x]), "y": np.array([y])}
    errors = tuple(np.array([v]) for v in (0.04, 0.01, 0.0))
    return measure_sky_shapes(
        wcs, **at, moments=tuple(np.array([m]) for m in moments), errors=errors, fwhm=np.array([3.0])
    )


def test_without_a_wcs_everything_is_unknown():
    shapes = measure(None)
    assert all(np.isnan(getattr(shapes, name)).all() for name in SkyShapes.__dataclass_fields__)


@pytest.mark.parametrize(("theta", "angle"), [(0.0, 90), (np.pi / 2, 0), (np.pi / 4, 135), (-np.pi / 4, 45)])
def test_the_angle_runs_from_north_to_east_where_east_is_left(theta, angle):
    shapes = measure(make_wcs(scale=(-0.5, 0.5)), theta=theta)
    assert np.abs((shapes.theta[0] - angle + 90) % 180 - 90) < 1e-3
    assert (shapes.a[0], shapes.b[0]) == (pytest.approx(2), pytest.approx(1))


@given(st.floats(-3, 3), st.floats(0.2, 2), st.sampled_from([-1, 1]), st.floats(-1.5, 1.5))
def test_axes_and_angle_agree_with_astropy_for_any_linear_wcs(turn, aspect, flip, theta):
    wcs = make_wcs(turn=turn, scale=(flip * 0.5, 0.5 * aspect))
    shapes, step = measure(wcs, theta=theta), 0.01
    ends = [wcs.pixel_to_world(50 + s * step * np.cos(theta), 50 + s * step * np.sin(theta)) for s in (-1, 1)]
    separation, angle = ends[0].separation(ends[1]).arcsec, ends[0].position_angle(ends[1]).rad
    along = convert_back(shapes)
    expected = np.array([np.sin(angle), np.cos(angle)]) * separation / (2 * step)
    # The end of a principal axis of the pixel ellipse lies on the sky ellipse: v^T C^-1 v = 1 for v = 4 steps.
    assert 16 * expected @ np.linalg.solve(along, expected) == pytest.approx(1, rel=1e-3)


def convert_back(shapes: SkyShapes) -> np.ndarray:
    """Covariance (east, north) of a sky ellipse."""
    angle = np.radians(shapes.theta[0])
    axes = np.array([[np.sin(angle), -np.cos(angle)], [np.cos(angle), np.sin(angle)]])
    return axes @ np.diag([shapes.a[0] ** 2, shapes.b[0] ** 2]) @ axes.T


def test_positions_are_astropys():
    wcs = make_wcs(turn=0.7)
    shapes, expected = measure(wcs, x=12.5, y=80.25), wcs.pixel_to_world(12.5, 80.25).icrs
    found = SkyCoord(shapes.ra[0] * u.deg, shapes.dec[0] * u.deg)
    assert found.separation(expected).arcsec < 1e-6


@pytest.mark.parametrize("dec", [-89.9999, -60.0, 0.0, 89.9999, 90.0])
def test_sizes_do_not_depend_on_the_declination(dec):
    shapes = measure(make_wcs(dec=dec), x=53.0, y=48.0)
    assert (shapes.a[0], shapes.b[0]) == (pytest.approx(2, rel=1e-4), pytest.approx(1, rel=1e-4))
    assert shapes.fwhm[0] == pytest.approx(1.5, rel=1e-4)


def test_errors_are_carried_along_the_axes_of_the_sky():
    shapes = measure(make_wcs(turn=np.pi / 2, scale=(0.5, 0.25)))
    assert shapes.dec_err[0] == pytest.approx(0.2 * 0.5)
    assert shapes.ra_err[0] == pytest.approx(0.1 * 0.25)


def test_a_field_across_the_meridian_has_no_seam():
    wcs = make_wcs()
    wcs.wcs.crval = [0.0, 10.0]
    assert measure(wcs, x=49.9).a[0] == pytest.approx(2, rel=1e-4)

from dataclasses import replace

import numpy as np
import pytest
from tests.deblending.conftest import make_noise

from skysieve.deblending.columns import make_flux_table, make_pair_table
from skysieve.deblending.flags import DeblendFlag
from skysieve.deblending.measuring import deblend_detector
from skysieve.records import Band, Calibration, Catalog, Column, Detector, PsfModel

PLACES = [(40.0, 50.0), (47.0, 52.0), (120.0, 90.0), (150.0, 30.0)]


def draw_field(places=PLACES, *, flux=3000.0, shape=(128, 180)):
    y, x = np.mgrid[: shape[0], : shape[1]]
    light = sum(flux / (8 * np.pi) * np.exp(-((x - px) ** 2 + (y - py) ** 2) / 8) for px, py in places)
    return (10 + light + make_noise(shape)).astype(np.float32)


def make_detector(data, bad=None, names=("r",)):
    bad = np.zeros(data.shape, bool) if bad is None else bad
    return Detector("field", tuple(Band(name, data, bad, None, Calibration()) for name in names))


def list_positions(places=PLACES, ids=None):
    x, y = np.array(places, float).reshape(-1, 2).T
    ids = np.arange(7, 7 + len(x)) if ids is None else np.array(ids)
    return Catalog((Column("id", "i8"), Column("x", "f8"), Column("y", "f8")), {"id": ids, "x": x, "y": y})


@pytest.fixture(scope="module")
def psf():
    y, x = np.mgrid[:21, :21] - 10
    stamp = np.exp(-(x**2 + y**2) / 8)
    return PsfModel((stamp / stamp.sum())[None], 0, (128, 180), 0, float("nan"))


def measure(model, psf, positions, detector=None, **settings):
    detector = detector or make_detector(draw_field())
    found = deblend_detector(detector, positions, model, psf=psf, **settings)
    return make_flux_table(positions, found, model, reference=detector.bands[0].name), found


def test_rows_keep_their_order_and_ids(model, psf):
    table, _ = measure(model, psf, list_positions(PLACES[::-1], ids=[4, 3, 2, 1]))
    assert table["id"].tolist() == [4, 3, 2, 1]
    assert table["x"].tolist() == [150.0, 120.0, 47.0, 40.0]
    assert {"flux", "flux_err", "flux_q16", "flux_q50", "flux_q84", "flux_kron", "blendedness", "p_unrecognized", "ood",
            "flags"} <= set(table.names)  # fmt: skip
    assert np.isfinite(table["flux"]).all()


def test_the_order_of_rows_does_not_change_what_is_measured(model, psf):
    one, _ = measure(model, psf, list_positions())
    other, _ = measure(model, psf, list_positions(PLACES[::-1]))
    np.testing.assert_allclose(one["flux"], other["flux"][::-1], rtol=1e-4)


def test_near_sources_are_a_group_and_far_ones_are_alone(model, psf):
    table, found = measure(model, psf, list_positions())
    assert table["n_group"].tolist() == [2, 2, 1, 1]
    assert table["neighbor_id"].tolist() == [8, 7, -1, -1]
    pairs = make_pair_table(list_positions(), found)
    assert (pairs["id"].tolist(), pairs["other_id"].tolist()) == ([7], [8])
    assert abs(pairs["correlation"][0]) <= 0.95


def test_a_source_alone_is_not_blended(model, psf):
    table, _ = measure(model, psf, list_positions())
    assert table["blendedness"][2] == pytest.approx(0, abs=1e-4)
    assert table["blendedness"][0] > 0


def test_positions_that_lie_nowhere_have_no_flux_and_say_so(model, psf):
    table, _ = measure(model, psf, list_positions([(40.0, 50.0), (500.0, 50.0), (np.nan, 3.0)]))
    assert np.isfinite(table["flux"]).tolist() == [True, False, False]
    flags = [DeblendFlag(int(one)) for one in table["flags"]]
    assert DeblendFlag.OFF_IMAGE in flags[1]
    assert DeblendFlag.NO_POSITION in flags[2]


def test_two_sources_on_one_pixel_share_the_light_evenly(model, psf):
    table, _ = measure(model, psf, list_positions([(40.0, 50.0), (40.0, 50.0), (120.0, 90.0)]))
    assert table["flux"][0] == pytest.approx(table["flux"][1], rel=1e-4)
    assert all(DeblendFlag.SAME_PIXEL in DeblendFlag(int(one)) for one in table["flags"][:2])
    assert DeblendFlag.SAME_PIXEL not in DeblendFlag(int(table["flags"][2]))


def test_bad_pixels_give_a_flag_and_a_number(model, psf):
    bad = np.zeros((128, 180), bool)
    bad[50, 40] = bad[52, 49] = True
    table, _ = measure(model, psf, list_positions(), make_detector(draw_field(), bad))
    flags = [DeblendFlag(int(one)) for one in table["flags"]]
    assert DeblendFlag.BAD_CENTER in flags[0]
    assert DeblendFlag.BAD_CENTER not in flags[1]
    assert DeblendFlag.BAD_PIXELS in flags[1]
    assert np.isfinite(table["flux"]).all()


def test_sources_at_the_edge_are_flagged(model, psf):
    table, _ = measure(model, psf, list_positions([(2.0, 50.0), (120.0, 90.0)]))
    assert DeblendFlag.EDGE in DeblendFlag(int(table["flags"][0]))
    assert np.isfinite(table["flux"]).all()


@pytest.mark.parametrize("noise", [0.0, -1.0, float("nan")])
def test_noise_that_is_none_is_refused(model, psf, noise):
    with pytest.raises(ValueError, match="positive standard deviation"):
        measure(model, psf, list_positions(), noise=noise)


def test_an_unknown_psf_is_guessed_and_flagged(model):
    table, _ = measure(model, None, list_positions())
    assert all(DeblendFlag.GUESSED_PSF in DeblendFlag(int(one)) for one in table["flags"])


def test_an_image_of_nothing_gives_flagged_rows(model, psf):
    bad = np.ones((128, 180), bool)
    table, _ = measure(model, psf, list_positions(), make_detector(np.zeros((128, 180), np.float32), bad))
    assert np.isnan(table["flux"]).all()
    assert all(DeblendFlag.NO_IMAGE in DeblendFlag(int(one)) for one in table["flags"])


def test_no_positions_give_no_rows(model, psf):
    table, _ = measure(model, psf, list_positions([]))
    assert len(table) == 0
    assert "flux" in table.names


def test_bands_have_columns_of_their_own(model, psf):
    detector = make_detector(draw_field(), names=("r", "g"))
    table, _ = measure(model, psf, list_positions(), detector)
    assert "flux_g" in table.names
    np.testing.assert_allclose(table["flux_g"], table["flux"], rtol=0.02)


def test_a_given_noise_scales_what_is_seen(model, psf):
    one, other = (measure(model, psf, list_positions(), noise=noise)[0] for noise in (1.0, 50.0))
    assert not np.allclose(one["flux"], other["flux"], rtol=1e-3)


def test_an_image_smaller_than_a_window_is_measured(model, psf):
    detector = make_detector(draw_field([(16.0, 20.0)], shape=(40, 36)))
    table, _ = measure(model, replace(psf, shape=(40, 36)), list_positions([(16.0, 20.0)]), detector)
    assert np.isfinite(table["flux"]).all()

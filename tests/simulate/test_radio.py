from dataclasses import replace

import numpy as np
import pytest

from skysieve.simulate.radio import ARTIFACT, make_radio_sky
from skysieve.simulate.radio_beam import make_sidelobes
from skysieve.simulate.radio_components import find_components
from skysieve.simulate.radio_recipe import BeamRecipe, InfraredRecipe, RadioPopulation, RadioSkyRecipe

SMALL = RadioSkyRecipe(side=300, infrared=InfraredRecipe(density=3000.0))
CROWDED = replace(SMALL, sources=RadioPopulation(density=900.0, flux_min=5.0, flux_min_extended=40.0))


def only(kind):
    shares = {name: float(name == kind) for name in ("doubles", "triples", "bent")}
    return RadioPopulation(density=300.0, flux_min_extended=100.0, flux_max=200.0, size_min=30.0, **shares)


def test_the_same_seed_gives_the_same_sky():
    one, other = make_radio_sky(SMALL, seed=3), make_radio_sky(SMALL, seed=3)
    assert np.array_equal(one.radio, other.radio)
    assert not np.array_equal(one.radio, make_radio_sky(SMALL, seed=4).radio)


@pytest.mark.parametrize(("kind", "components"), [("doubles", 2), ("triples", 3), ("bent", 3)])
def test_sources_have_their_components(kind, components):
    sky = make_radio_sky(replace(SMALL, sources=only(kind)), seed=5)
    inside = np.all([(sky.sources[name] > 40) & (sky.sources[name] < 260) for name in "xy"], axis=0)
    assert np.median(sky.sources["n_components"][inside]) == components


def test_fluxes_are_found_again():
    sky = make_radio_sky(replace(CROWDED, sources=only("none"), beam=BeamRecipe(residual=0.0)), seed=2)
    known = sky.component_source >= 0
    ratio = sky.components["flux"][known] / sky.sources["flux"][sky.component_source[known]]
    assert np.median(ratio) == pytest.approx(1, abs=0.1)


def test_a_component_lies_where_its_world_coordinates_say():
    sky = make_radio_sky(CROWDED, seed=1)
    x, y = sky.wcs.wcs_world2pix(sky.components["ra"], sky.components["dec"], 0)
    assert x == pytest.approx(sky.components["x"], abs=1e-6)
    row, column = np.rint(y).astype(int), np.rint(x).astype(int)
    assert np.median(sky.radio[row, column] / sky.components["peak"]) > 0.9


def test_hosts_lie_in_their_sources_and_shine_in_the_infrared():
    sky = make_radio_sky(CROWDED, seed=1)
    hosted = np.flatnonzero(sky.sources["host_id"] > 0)
    host = sky.sources["host_id"][hosted] - 1
    assert sky.hosts["x"][host] == pytest.approx(sky.sources["x"][hosted])
    row, column = (np.floor(sky.hosts[name][host]).astype(int) for name in "yx")
    assert sky.infrared[row, column].mean() > 10


def test_more_residual_means_more_sidelobes_and_none_means_none():
    counts = [
        make_radio_sky(replace(CROWDED, beam=BeamRecipe(residual=share)), seed=7).component_sidelobe.sum()
        for share in (0.0, 0.3)
    ]
    assert counts[0] == 0
    assert counts[1] > 10


def test_an_empty_sky_is_empty_catalogs():
    sky = make_radio_sky(
        replace(SMALL, sources=RadioPopulation(density=1e-9), infrared=InfraredRecipe(density=0.0), threshold=9.0),
        seed=1,
    )
    assert (len(sky.components), len(sky.sources), len(sky.hosts)) == (0, 0, 0)


def test_peaks_of_the_noise_are_artifacts():
    sky = make_radio_sky(replace(SMALL, sources=RadioPopulation(density=1e-9), threshold=3.2), seed=1)
    assert len(sky.components) > 0
    assert (sky.component_source == ARTIFACT).all()


@pytest.mark.parametrize("pattern", ["six_armed", "annular"])
def test_sidelobes_leave_the_source_alone_and_end_at_their_reach(pattern):
    drawn = make_sidelobes(BeamRecipe(pattern=pattern, residual=1.0, reach=60.0), pixel_scale=1.8, turn=0.4)
    middle = len(drawn) // 2
    assert abs(drawn[middle, middle]) < 1e-6
    assert 0.03 < drawn.max() < 0.5
    assert drawn[0, 0] == 0


def test_the_array_has_six_arms():
    drawn = make_sidelobes(BeamRecipe(residual=1.0), pixel_scale=1.8, turn=0.0)
    half = len(drawn) // 2
    y, x = np.mgrid[-half : half + 1, -half : half + 1]
    far = (np.hypot(x, y) > 12) & (np.hypot(x, y) < 40)
    power = np.bincount((np.rad2deg(np.arctan2(y, x)[far]) % 360 // 5).astype(int), drawn[far] ** 2)
    assert np.abs(np.fft.rfft(power))[1:12].argmax() + 1 == 6


def test_a_gaussian_is_measured_through_its_threshold():
    y, x = np.mgrid[:41, :41]
    image = 10 * np.exp(-4 * np.log(2) * ((x - 20.3) ** 2 / 36 + (y - 19.6) ** 2 / 16))
    found = find_components(image, noise=np.full(image.shape, 0.2), beam=4.0)
    assert (found.x[0], found.y[0]) == pytest.approx((20.3, 19.6), abs=0.05)
    assert found.flux[0] == pytest.approx(10 * 24 / 16, rel=0.05)
    assert (found.major[0], found.minor[0]) == pytest.approx((6, 4), rel=0.15)


def test_impossible_populations_are_refused():
    with pytest.raises(ValueError, match=r"doubles \+ triples \+ bent: more than 1"):
        RadioPopulation(doubles=0.9, triples=0.2)
    with pytest.raises(ValueError, match="size_max and flux_max"):
        RadioPopulation(size_min=80.0)

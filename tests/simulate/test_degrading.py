from dataclasses import replace

import numpy as np
import pytest

from skysieve.records import Band, Calibration, Detector
from skysieve.simulate import FaultRecipe
from skysieve.simulate.blurs import measure_noise_area
from skysieve.simulate.degrading import Place, degrade_detector, plan_degradation
from skysieve.simulate.degrading_blurs import make_moffat
from skysieve.simulate.degrading_sky import measure_sky

FWHM, SKY, GAIN, SIDE = 3.5, 400.0, 2.0, 192
NOISE = np.sqrt(SKY / GAIN)
STAR = 96, 96


def make_frame(*, flux=0.0, level=SKY, seed=1, **known):
    """Return a sky with one star in its middle."""
    image = np.full((SIDE, SIDE), level)
    stamp = make_moffat(FWHM)
    half = stamp.shape[0] // 2
    image[STAR[0] - half : STAR[0] + half + 1, STAR[1] - half : STAR[1] + half + 1] += flux * stamp
    image += np.random.default_rng(seed).normal(size=image.shape) * np.sqrt((image - level + SKY) / GAIN)
    calibration = Calibration(zeropoint=27.0, exptime=60.0, **{"gain": GAIN, **known})
    band = Band("r", image.astype(np.float32), np.zeros(image.shape, bool), None, calibration)
    return Detector("frame.fits", (band,))


def degrade(detector, seed=3, **faults):
    return degrade_detector(detector, FaultRecipe(**faults), fwhm=FWHM, seed=seed)


def get_image(detector):
    return detector.bands[0].data.astype(float)


def correlate(image):
    rest = image - image.mean()
    return float((rest[:, 1:] * rest[:, :-1]).mean() / rest.var())


def measure_flux(detector, *, half=30):
    image = get_image(detector)
    part = image[STAR[0] - half : STAR[0] + half + 1, STAR[1] - half : STAR[1] + half + 1]
    return float((part - np.median(image)).sum())


@pytest.mark.parametrize("fault", [{"tracking_size": 3.0}, {"extinction": 1.0}, {"fringes": 0.1, "glow": 1.0}])
def test_the_same_seed_gives_the_same_bits(fault):
    first, again, other = (degrade(make_frame(flux=1e5), seed=seed, **fault)[0] for seed in (3, 3, 4))
    assert first.bands[0].data.tobytes() == again.bands[0].data.tobytes() != other.bands[0].data.tobytes()


def test_a_frame_without_faults_stays_as_it_is():
    frame = make_frame(flux=1e5)
    same, truth = degrade(frame)
    assert np.array_equal(get_image(same), get_image(frame))
    assert set(truth.exposure.factors.values()) == {1.0}
    assert truth.noise == pytest.approx(NOISE / SKY, rel=0.03)


@pytest.mark.parametrize("fault", [{"tracking_size": 4.0}, {"seeing": 2.0}, {"defocus": 4.0}, {"extinction": 2.0}])
def test_the_noise_of_the_sky_stays_what_it_was(fault):
    image = get_image(degrade(make_frame(), **fault)[0])
    assert image.std() == pytest.approx(NOISE, rel=0.02)
    assert image.mean() == pytest.approx(SKY, abs=4 * NOISE / SIDE)
    assert abs(correlate(image)) < 0.03


def test_correlated_noise_stays_correlated():
    rng = np.random.default_rng(5)
    white = rng.normal(size=(SIDE + 1, SIDE + 1))
    smooth = (white[1:, 1:] + white[:-1, 1:] + white[1:, :-1] + white[:-1, :-1]) * NOISE / 2
    frame = make_frame()
    frame = replace(frame, bands=(replace(frame.bands[0], data=(SKY + smooth).astype(np.float32)),))
    image = get_image(degrade(frame, tracking_size=4.0)[0])
    assert correlate(get_image(frame)) == pytest.approx(0.5, abs=0.03)
    assert correlate(image) == pytest.approx(0.5, abs=0.05)
    assert image.std() == pytest.approx(NOISE, rel=0.05)


@pytest.mark.parametrize("fault", [{"tracking_size": 4.0}, {"seeing": 1.8}, {"defocus": 3.0}])
def test_blurs_keep_the_light(fault):
    frame = make_frame(flux=1e6)
    assert measure_flux(degrade(frame, **fault)[0]) == pytest.approx(measure_flux(frame), rel=0.03)


@pytest.mark.parametrize("factor", [1.2, 2.0, 3.0])
def test_seeing_grows_by_the_factor(factor):
    recipes = [FaultRecipe(seeing=one) for one in (1.0, factor)]
    usual, truth = (plan_degradation(one, (64, 64), fwhm=FWHM, seed=1, exptime=1.0).truth for one in recipes)
    assert truth.seeing / usual.seeing == pytest.approx(factor, rel=0.04)
    # More of the light of turbulence than of the Moffat profile lies within the FWHM.
    assert 1 < truth.factors["seeing"] * factor**2 < 1.25


def test_seeing_never_becomes_better():
    with pytest.raises(ValueError, match="as wide; give 1 or more"):
        degrade(make_frame(), seeing=0.8)


def test_a_frame_without_width_is_refused():
    with pytest.raises(ValueError, match="give the width"):
        degrade_detector(make_frame(), FaultRecipe(), fwhm=float("nan"), seed=1)


def test_the_truth_tells_how_the_picture_of_a_star_grew():
    frame = make_frame(flux=3e7)
    made, truth = degrade(frame, tracking="jumps", tracking_size=3.0)
    stamps = [get_image(one)[66:127, 66:127] - SKY for one in (frame, made)]
    before, after = (measure_noise_area(stamp) for stamp in stamps)
    assert truth.exposure.factors["tracking"] == pytest.approx(before / after, rel=0.03)
    assert truth.exposure.axis_ratio < 0.6


def test_clouds_dim_the_light_and_the_zeropoint():
    frame = make_frame(flux=1e6)
    made, truth = degrade(frame, extinction=1.0, patchiness=0.0)
    assert truth.exposure.transparency == pytest.approx(10**-0.4)
    assert measure_flux(made, half=15) == pytest.approx(10**-0.4 * measure_flux(frame, half=15), rel=0.02)
    assert made.bands[0].calibration.zeropoint == pytest.approx(26.0)


def test_added_light_has_its_own_noise():
    made, truth = degrade(make_frame(), glow=3.0)
    image = get_image(made)
    assert image.mean() == pytest.approx(4 * SKY, rel=0.02)
    assert image.std() == pytest.approx(2 * NOISE, rel=0.03)
    assert truth.noise * truth.sky == pytest.approx(2 * NOISE, rel=0.03)
    assert truth.exposure.factors["sky"] == pytest.approx(1 / 4)


def test_light_is_added_to_a_sky_that_was_subtracted():
    image = get_image(degrade(make_frame(level=0.0), glow=3.0)[0])
    assert image.mean() == pytest.approx(3 * SKY, rel=0.05)
    assert image.std() == pytest.approx(2 * NOISE, rel=0.03)


def test_without_a_gain_level_and_noise_tell_one():
    assert measure_sky(make_frame(gain=np.nan).bands[0]).gain == pytest.approx(GAIN, rel=0.05)


def test_a_sky_that_nothing_tells_takes_no_light_but_blurs():
    frame = make_frame(level=0.0, gain=np.nan)
    with pytest.raises(ValueError, match="do not tell how bright its sky is, which glow takes"):
        degrade(frame, glow=1.0)
    assert degrade(frame, tracking_size=3.0)[1].noise == np.inf
    told = degrade_detector(frame, FaultRecipe(glow=1.0), fwhm=FWHM, seed=1, sky=SKY)[0]
    assert get_image(told).std() == pytest.approx(np.sqrt(2) * NOISE, rel=0.03)


def test_bad_and_saturated_pixels_stay_and_do_not_spread():
    frame = make_frame(flux=1e6, saturation=2e4)
    band = frame.bands[0]
    bad = band.bad.copy()
    bad[:, 40] = True
    data = np.where(bad, 0, np.minimum(band.data, 2e4)).astype(np.float32)
    image = get_image(degrade(replace(frame, bands=(replace(band, data=data, bad=bad),)), tracking_size=5.0)[0])
    assert not image[:, 40].any()
    assert image[:, [39, 41]].mean() == pytest.approx(SKY, rel=0.02)
    assert image[STAR] == 2e4 == image.max()


def test_a_frame_without_good_pixels_is_returned():
    frame = make_frame()
    empty = replace(frame.bands[0], data=np.zeros_like(frame.bands[0].data), bad=np.ones((SIDE, SIDE), bool))
    assert not get_image(degrade(replace(frame, bands=(empty,)), tracking_size=2.0)[0]).any()


def test_a_wrong_gain_shows_in_a_subtracted_sky():
    image = get_image(degrade(make_frame(level=0.0), gain_error=1.1)[0])
    assert image[:, SIDE // 2 :].mean() - image[:, : SIDE // 2].mean() == pytest.approx(0.1 * SKY, rel=0.1)


def test_dead_halves_and_detectors_hold_no_light():
    halves = get_image(degrade(make_frame(), dead_amplifiers=1)[0])
    assert sorted([halves[:, : SIDE // 2].any(), halves[:, SIDE // 2 :].any()]) == [False, True]
    dead, truth = degrade(make_frame(), dead_detectors=1)
    assert not get_image(dead).any()
    assert truth.exposure.dead == (0,)


def test_detectors_of_one_exposure_share_the_path_and_the_sky_but_not_the_noise():
    faults = FaultRecipe(tracking="shake", tracking_size=1.0, moonlight=2.0)
    first, second = (
        plan_degradation(faults, (64, 64), fwhm=FWHM, seed=7, exptime=1.0, place=Place(number, (1, 2)))
        for number in (0, 1)
    )
    assert np.array_equal(first.kernel, second.kernel)
    step = abs(first.added[:, -1] - second.added[:, 0]).max()
    assert step < 0.6 * np.ptp(np.concatenate([first.added, second.added], axis=1))
    images = [
        get_image(degrade_detector(make_frame(), faults, fwhm=FWHM, seed=7, place=Place(number, (1, 2)))[0])
        for number in (0, 1)
    ]
    assert not np.array_equal(*images)


def test_the_variance_grows_with_the_light():
    frame = make_frame()
    band = replace(frame.bands[0], variance=np.full((SIDE, SIDE), NOISE**2, np.float32))
    made = degrade(replace(frame, bands=(band,)), glow=1.0)[0]
    assert made.bands[0].variance.mean() == pytest.approx(2 * NOISE**2, rel=0.03)


@pytest.mark.parametrize(("name", "size"), [("fringes", 0.2), ("scattered", 0.5), ("trails", 2)])
def test_structure_shows_in_the_sky(name, size):
    assert get_image(degrade(make_frame(), **{name: size})[0]).std() > 1.2 * NOISE


def test_a_ring_smaller_than_a_pixel_is_refused():
    with pytest.raises(ValueError, match="too small to draw"):
        degrade(make_frame(), defocus=0.1)


def test_no_sky_becomes_darker_than_none():
    plan = plan_degradation(FaultRecipe(fringes=30.0), (64, 64), fwhm=FWHM, seed=1, exptime=1.0)
    assert plan.added.min() == -1
    assert plan.truth.sky > 0

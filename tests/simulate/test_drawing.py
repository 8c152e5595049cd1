import numpy as np
import pytest
from tests.simulate.conftest import SHAPE, draw_with_galsim, make_moffat, make_profiles

from skysieve.records import PsfModel
from skysieve.simulate import Drawn, Profiles, PsfRecipe, draw_profiles, make_analytic_psf, paste


def measure_difference(galsim, profiles, ours, theirs):
    drawn = draw_profiles(profiles, ours, shape=SHAPE)
    worst = 0.0
    for row, stamp in enumerate(drawn.pixels):
        where = {"y0": drawn.y0[row], "x0": drawn.x0[row], "side": len(stamp)}
        truth = draw_with_galsim(galsim, profiles, row, psf=theirs, **where)
        worst = max(worst, np.abs(stamp - truth).max() / truth.max())
    return worst


def test_galaxies_and_stars_are_drawn_as_galsim_draws_them(galsim):
    assert measure_difference(galsim, make_profiles(stars=3), make_moffat(), galsim.Moffat(3.0, fwhm=3.5)) < 3e-4


def test_seeing_with_diffraction_is_drawn_as_galsim_draws_it(galsim):
    recipe = PsfRecipe("kolmogorov", 3.0, aperture=0.15, obscuration=0.3, wavelength=700.0, ellipticity=0.1, angle=30.0)
    ours = make_analytic_psf(recipe, pixel_scale=1.0, shape=SHAPE)
    seeing = galsim.Kolmogorov(fwhm=3.0).shear(g=0.1, beta=30 * galsim.degrees)
    theirs = galsim.Convolve(seeing, galsim.Airy(lam_over_diam=ours.diffraction, obscuration=0.3))
    assert measure_difference(galsim, make_profiles(6, stars=2), ours, theirs) < 2e-3


def test_an_undersampled_space_psf_is_drawn_as_galsim_draws_it(galsim):
    recipe = PsfRecipe("gaussian", 0.5, aperture=0.12, obscuration=0.35, wavelength=700.0)
    ours = make_analytic_psf(recipe, pixel_scale=1.0, shape=SHAPE)
    airy = galsim.Airy(lam_over_diam=ours.diffraction, obscuration=0.35)
    theirs = galsim.Convolve(galsim.Gaussian(fwhm=0.5), airy)
    assert measure_difference(galsim, make_profiles(6, stars=3), ours, theirs) < 2e-3


def test_every_stamp_holds_the_whole_flux():
    profiles = make_profiles(40, stars=10)
    sums = [stamp.sum(dtype=float) for stamp in draw_profiles(profiles, make_moffat(), shape=SHAPE).pixels]
    np.testing.assert_allclose(sums, profiles.flux, rtol=1e-5)


def test_a_smaller_share_outside_makes_larger_stamps_and_the_light_outside_is_within_it(galsim):
    profiles = make_profiles(8)
    rough, fine = (draw_profiles(profiles, make_moffat(), shape=SHAPE, accuracy=a) for a in (0.02, 0.002))
    assert sum(s.size for s in fine.pixels) > sum(s.size for s in rough.pixels)
    for row, stamp in enumerate(fine.pixels):
        where = {"y0": fine.y0[row], "x0": fine.x0[row], "side": len(stamp)}
        seen = draw_with_galsim(galsim, profiles, row, psf=galsim.Moffat(3.0, fwhm=3.5), **where).sum()
        assert 1 - seen / profiles.flux[row] < 0.002


def test_bright_stars_reach_down_to_the_faintest_light():
    star = Profiles(np.array([100.0]), np.array([100.0]), np.array([1e6]), np.array([True]))
    stamp = draw_profiles(star, make_moffat(), shape=SHAPE, faintest=1.0).pixels[0]
    assert stamp[0].max() < 2.5
    assert stamp[len(stamp) // 2 - len(stamp) // 3].max() > 1


def test_a_measured_psf_is_put_where_the_star_is():
    y, x = np.mgrid[-12:13, -12:13]
    stamp = np.exp(-0.5 * (x**2 + y**2) / 1.8**2)
    model = PsfModel((stamp / stamp.sum())[None].astype(np.float32), 0, SHAPE, 1, 4.2)
    star = Profiles(np.array([50.3]), np.array([70.8]), np.array([200.0]), np.array([True]))
    image = np.zeros(SHAPE, np.float32)
    paste(image, draw_profiles(star, model, shape=SHAPE))
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    expected = 200 * np.exp(-0.5 * ((x - 50.3) ** 2 + (y - 70.8) ** 2) / 1.8**2) / stamp.sum()
    np.testing.assert_allclose(image, expected, atol=1e-3 * expected.max())


def test_a_measured_psf_follows_the_field():
    y, x = np.mgrid[-12:13, -12:13]
    planes = np.stack([np.exp(-0.5 * (x**2 + y**2) / width**2) for width in (1.5, 2.5)])
    narrow, wide = planes / planes.sum(axis=(1, 2), keepdims=True)
    slope = np.stack([(narrow + wide) / 2, (wide - narrow) / 2, 0 * wide]).astype(np.float32)
    ends = Profiles(np.array([0.0, SHAPE[1] - 1.0]), np.full(2, 90.0), np.ones(2), np.ones(2, bool))
    drawn = draw_profiles(ends, PsfModel(slope, 1, SHAPE, 1, 4.0), shape=SHAPE)
    np.testing.assert_allclose([s.max() for s in drawn.pixels], [narrow.max(), wide.max()], rtol=1e-3)


def test_a_galaxy_does_not_depend_on_its_company():
    profiles = make_profiles(30, stars=5)
    everyone = draw_profiles(profiles, make_moffat(), shape=SHAPE)
    alone = draw_profiles(profiles.take(slice(17, 18)), make_moffat(), shape=SHAPE)
    np.testing.assert_allclose(alone.pixels[0], everyone.pixels[17], rtol=0, atol=1e-4)


def test_knots_share_the_light_and_come_again_with_their_seed():
    one = make_profiles(1)
    clumpy = [Profiles(one.x, one.y, one.flux, one.is_star, one.half_light_radius * 4, clumpiness=np.array([0.5]),
                       seed=np.array([seed])) for seed in (5, 5, 6)]  # fmt: skip
    first, again, other = (draw_profiles(p, make_moffat(), shape=SHAPE).pixels[0] for p in clumpy)
    assert first.sum() == pytest.approx(one.flux[0], rel=1e-5)
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 0.05 * first.max()


def test_light_from_outside_reaches_in_and_what_cannot_is_not_drawn():
    places = Profiles(np.array([-4.0, -400.0, np.nan]), np.full(3, 50.0), np.full(3, 100.0), np.ones(3, bool))
    drawn = draw_profiles(places, make_moffat(), shape=SHAPE)
    image = np.zeros(SHAPE, np.float32)
    paste(image, drawn)
    assert image[50, 0] > 0
    assert [s.size > 0 for s in drawn.pixels] == [True, False, False]


@pytest.mark.parametrize("corner", [(-9, 3), (3, -9), (300, 3), (3, 300)])
def test_a_stamp_beside_the_image_leaves_it_as_it_is(corner):
    image = np.zeros(SHAPE, np.float32)
    paste(image, Drawn(np.array(corner[:1]), np.array(corner[1:]), (np.ones((5, 5), np.float32),)))
    assert not image.any()


def test_nothing_is_drawn_of_nothing():
    none = Profiles(np.zeros(0), np.zeros(0), np.zeros(0), np.zeros(0, bool))
    assert draw_profiles(none, make_moffat(), shape=SHAPE).pixels == ()

import numpy as np
import pytest

from skysieve.quality.fingerprint import FingerprintRecipe, SourceMap, choose_sources, cut_sources

MAP = SourceMap(np.zeros((3, 5)), np.zeros(5), np.ones(5), np.array([0, 1, 1]))


def choose(choice, seed=0):
    bmu = np.array([0, 1, 2, 1, -1])
    area, distance = np.array([1.0, 5.0, 9.0, 2.0, 99.0]), np.array([0.1, 0.2, 0.9, 0.05, 0.0])
    return choose_sources(bmu, MAP, choice=choice, area=area, distance=distance, seed=seed).tolist()


def test_the_largest_or_the_nearest_source_stands_for_its_cluster():
    assert choose("largest") == [0, 2]
    assert choose("nearest") == [0, 3]


def test_a_random_source_is_drawn_by_the_seed():
    drawn = {choose("random", seed)[1] for seed in range(20)}
    assert drawn == {1, 2, 3}
    assert choose("random", 5) == choose("random", 5)


def test_a_cluster_without_sources_has_none():
    nobody = np.array([], int)
    assert choose_sources(nobody, MAP, choice="random", area=nobody * 1.0, distance=nobody * 1.0, seed=0).tolist() == [
        -1,
        -1,
    ]


def make_star(fwhm):
    y, x = np.mgrid[:121, :121] - 60.0
    return 100 * np.exp(-4 * np.log(2) * (x**2 + y**2) / fwhm**2)


@pytest.mark.parametrize("fwhm", [2.0, 4.0, 8.0])
def test_cutouts_show_the_usual_seeing_with_one_width(fwhm):
    cutout = cut_sources(make_star(fwhm), np.array([[60.0, 60.0]]), np.array([0]), fwhm=fwhm,
                         recipe=FingerprintRecipe(), level=0.0, noise=1.0)[0]  # fmt: skip
    assert cutout.shape == (25, 25)
    assert 3 <= (np.sinh(cutout[12]) > 50).sum() <= 5


def test_pixels_are_in_units_of_the_noise():
    cutout = cut_sources(np.full((50, 50), 13.0), np.array([[20.0, 20.0]]), np.array([0, -1]), fwhm=4.0,
                         recipe=FingerprintRecipe(), level=10.0, noise=2.0)  # fmt: skip
    np.testing.assert_allclose(cutout[0], np.arcsinh(1.5), rtol=1e-6)
    assert not cutout[1].any()

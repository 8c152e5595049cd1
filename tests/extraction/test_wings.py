"""The wings of a blend are shared among its branches without chance, each branch staying in one piece."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import label

from skysieve.extraction import wings
from skysieve.extraction.recipe import DetectionRecipe
from skysieve.extraction.tree import find_branches, gather_groups
from skysieve.extraction.wings import fit_profiles, share_wings


def gather(image, floor):
    """The group of all pixels above the floor, and where they are."""
    image = np.asarray(image, np.float32)
    labels = (image > floor).astype(np.int32)
    at = np.flatnonzero(labels)
    return gather_groups(at, labels, image), at


def share(image, floor, **settings):
    """Branches and owners of the group as images."""
    groups, at = gather(image, floor)
    cores, owners = np.zeros((2, *np.shape(image)), int)
    branch = find_branches(groups, DetectionRecipe(**settings))
    np.put(cores, at, branch)
    np.put(owners, at, share_wings(groups, branch))
    return cores, owners


def draw(shape, *stars):
    """Gaussians given as x, y, peak, sigma."""
    y, x = np.mgrid[: shape[0], : shape[1]]
    return sum(p * np.exp(-0.5 * ((x - x0) ** 2 + (y - y0) ** 2) / s**2) for x0, y0, p, s in stars)


@pytest.mark.parametrize("sigma", [3.0, 8.0])
def test_the_profile_of_a_cut_gaussian_is_the_whole_gaussian(sigma):
    groups, _ = gather(draw((61, 61), (30, 30, 100, sigma)), 50)
    profiles = fit_profiles(groups, np.ones(len(groups.value), np.int32))
    assert profiles.xx[1] == pytest.approx(0.5 / sigma**2, rel=0.6 / sigma)
    assert profiles.xy[1] == pytest.approx(0, abs=1e-3 / sigma**2)
    assert np.exp(profiles.height[1]) == pytest.approx(100, rel=1e-5)


def test_a_slanted_branch_has_a_slanted_profile():
    y, x = np.mgrid[-20:21, -20:21]
    groups, _ = gather(10 * np.exp(-0.5 * ((x - y) ** 2 / 72 + (x + y) ** 2 / 8)), 3)
    profiles = fit_profiles(groups, np.ones(len(groups.value), np.int32))
    assert profiles.xx[1] == pytest.approx((1 / 72 + 1 / 8) / 2, rel=0.1)
    assert profiles.xy[1] == pytest.approx(1 / 8 - 1 / 72, rel=0.15)


def test_equal_stars_share_their_wings_along_the_middle():
    _, owners = share(draw((25, 40), (13, 12, 100, 2.5), (26, 12, 100, 2.5)), 1)
    x = np.nonzero(owners == 1)[1], np.nonzero(owners == 2)[1]
    assert x[0].max() == 19
    assert x[1].min() == 20


def test_the_wing_behind_a_faint_star_belongs_to_the_bright_galaxy():
    image = draw((81, 81), (40, 40, 1000, 12), (62, 40, 600, 2))
    cores, owners = share(image, 30, contrast=0.0005)
    galaxy, star = owners[40, 40], owners[40, 62]
    assert cores[40, 70] == 0
    assert owners[40, 70] == galaxy != star


def draw_crowd(seed):
    """Eight Gaussians of all sizes on a rough floor."""
    rng = np.random.default_rng(seed)
    stars = zip(*rng.uniform((5, 5, 5, 1), (45, 45, 50, 5), (8, 4)).T, strict=True)
    return draw((50, 50), *stars) + rng.uniform(3, 4, (50, 50))


def count_pieces(owners):
    """Connected pieces of each owner 1..n."""
    return [label(owners == number, np.ones((3, 3)))[1] for number in range(1, owners.max() + 1)]


@given(st.integers(0, 10_000))
def test_every_pixel_has_one_owner_and_cores_keep_theirs(seed):
    cores, owners = share(draw_crowd(seed), 0, contrast=0.001)
    assert (owners > 0).all() == (cores.max() > 0)
    assert (owners[cores > 0] == cores[cores > 0]).all()


@pytest.mark.parametrize("seed", [29, 30])
def test_what_others_cut_off_from_a_branch_goes_to_its_neighbors(seed, monkeypatch):
    image = draw_crowd(seed)
    _, owners = share(image, 0, contrast=0.001)
    monkeypatch.setattr(wings, "_find_cut_off", lambda claims, core, *, neighbors: np.zeros(len(core), bool))
    _, torn = share(image, 0, contrast=0.001)
    assert sum(count_pieces(torn)) > owners.max()
    assert count_pieces(owners) == [1] * owners.max()


def test_groups_without_branches_have_no_owners():
    assert share(draw((25, 25), (12, 12, 100, 3)), 1)[1].max() == 0

"""Groups are separated into sources, each on its own."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import label

from skysieve.extraction import deblending
from skysieve.extraction.deblending import split_groups
from skysieve.extraction.recipe import DetectionRecipe
from skysieve.records import SourceFlag

SEEDS = st.integers(0, 10_000)


def draw(seed, *, stars=25, side=70):
    """A crowd of Gaussians above a floor, with noise."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:side, :side]
    image = rng.normal(0, 1, (side, side))
    for x0, y0, peak in zip(*rng.uniform((3, 3, 1), (side - 3, side - 3, 4), (stars, 3)).T, strict=True):
        image += np.exp(peak - 0.5 * ((x - x0) ** 2 + (y - y0) ** 2) / 2.5**2)
    return image.astype(np.float32)


def split(image, *, floor=2.0, **settings):
    """Groups, sources, group of each source and flags."""
    groups = label(image > floor, np.ones((3, 3)), output=np.int32)[0]
    sources = groups.copy()
    return groups, sources, *split_groups(sources, image, DetectionRecipe(**settings))


def same_partition(one, other):
    """Tell whether two label maps differ in numbers alone."""
    pairs = np.unique(np.stack([one.ravel(), other.ravel()]), axis=1)
    return all(len(np.unique(row)) == pairs.shape[1] for row in pairs)


def test_two_stars_above_a_shared_isophote_are_two_sources():
    y, x = np.mgrid[:20, :40]
    image = sum(np.exp(-0.5 * ((x - at) ** 2 + (y - 10) ** 2) / 9) for at in (14, 26)).astype(np.float32)
    groups, sources, group_of, flags = split(image, floor=0.02)
    assert (groups.max(), sources.max()) == (1, 2)
    assert group_of.tolist() == [1, 1]
    assert flags.tolist() == [int(SourceFlag.BLENDED)] * 2
    assert sources[10, 14] != sources[10, 26]


@given(SEEDS)
def test_one_star_with_noise_is_one_source(seed):
    y, x = np.mgrid[:41, :41]
    noise = np.random.default_rng(seed).normal(0, 1, (41, 41))
    image = (1000 * np.exp(-0.5 * ((x - 20) ** 2 + (y - 20) ** 2) / 9) + noise).astype(np.float32)
    groups, sources, _, _ = split(image, floor=3.0)
    assert np.unique(sources[groups == groups[20, 20]]).size == 1


@given(SEEDS)
def test_sources_cover_the_groups_exactly_and_keep_within_them(seed):
    groups, sources, group_of, _ = split(draw(seed))
    assert np.array_equal(np.append(0, group_of)[sources], groups)
    assert np.array_equal(np.unique(sources), np.arange(len(group_of) + 1))


@given(SEEDS)
def test_flips_and_quarter_turns_do_not_change_which_pixels_belong_together(seed):
    image = draw(seed)
    sources = split(image)[1]
    for turn in (np.flipud, np.fliplr, np.rot90, np.transpose):
        assert same_partition(turn(sources), split(np.ascontiguousarray(turn(image)))[1])


@given(SEEDS, st.sampled_from([1e-30, 0.125, 7.0, 1e25]))
def test_the_unit_of_flux_does_not_matter(seed, unit):
    image = draw(seed)
    assert np.array_equal(split(image)[1], split(image * np.float32(unit), floor=2 * unit)[1])


@given(SEEDS)
def test_a_contrast_of_one_splits_nothing(seed):
    groups, sources, _, flags = split(draw(seed), contrast=1.0)
    assert np.array_equal(groups, sources)
    assert not flags.any()


@given(SEEDS, st.integers(0, 40), st.integers(0, 40))
def test_a_group_is_split_alike_alone_in_a_crowd_and_elsewhere(seed, right, down):
    image = draw(seed)
    groups, sources, _, _ = split(image)
    largest = groups == np.bincount(groups.ravel())[1:].argmax() + 1
    alone = np.zeros((120, 130), np.float32)
    alone[down : down + 70, right : right + 70] = np.where(largest, image, 0)
    found = split(alone)[1][down : down + 70, right : right + 70]
    assert same_partition(np.where(largest, sources, 0), found)


def test_the_size_of_the_batches_does_not_matter(monkeypatch):
    image = draw(1, stars=80, side=150)
    whole = split(image)
    monkeypatch.setattr(deblending, "PIXELS_AT_ONCE", 100)
    parts = split(image)
    assert whole[1].max() > whole[0].max() > 5
    assert same_partition(whole[1], parts[1])


def test_a_group_too_large_is_left_whole_and_flagged(monkeypatch):
    image = draw(2)
    size = np.bincount(split(image)[0].ravel())[1:]
    monkeypatch.setattr(deblending, "MOST_PIXELS", int(size.max()) - 1)
    groups, sources, group_of, flags = split(image)
    large = size.argmax()
    assert np.array_equal(sources == large + 1, groups == large + 1)
    assert np.array_equal(np.flatnonzero(flags & int(SourceFlag.BUFFER_OVERFLOW)), [large])
    assert len(group_of) > len(size)


@pytest.mark.parametrize("shape", [(1, 1), (1, 30), (30, 1), (5, 0)])
def test_images_without_groups_have_no_sources(shape):
    labels = np.zeros(shape, np.int32)
    group_of, flags = split_groups(labels, np.zeros(shape, np.float32), DetectionRecipe())
    assert len(group_of) == len(flags) == 0


def test_more_sources_than_sixteen_bits_can_count_are_all_found():
    tile = np.array([[1, 1, 1, 1], [1, 9, 9, 1], [1, 9, 9, 1], [1, 1, 1, 1]], np.float32)
    _, sources, group_of, _ = split(np.tile(tile, (185, 185)), floor=0.5, contrast=0.0)
    assert len(group_of) == sources.max() == 185**2 > 32767


def test_a_line_of_pixels_splits_where_it_dips():
    image = np.array([[5, 9, 9, 9, 5, 5, 8, 8, 8, 5]], np.float32)
    assert split(image)[1].tolist() in ([[1] * 5 + [2] * 5], [[1] * 6 + [2] * 4])

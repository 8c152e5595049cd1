"""The multi-threshold tree finds which parts of a group are sources."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.ndimage import label

from skysieve.extraction.recipe import DetectionRecipe
from skysieve.extraction.tree import find_branches, find_first, gather_groups, link_pixels

IMAGES = arrays(np.float32, (7, 9), elements=st.sampled_from([0, 1, 2, 3, 5, 8, 13]))


def branches(image, **settings):
    """Branch of each pixel of an image of groups, 0 elsewhere."""
    image = np.asarray(image, np.float32)
    labels = label(image > 0, np.ones((3, 3)), output=np.int32)[0]
    at = np.flatnonzero(labels)
    found = np.zeros(image.shape, int)
    np.put(found, at, find_branches(gather_groups(at, labels, image), DetectionRecipe(**settings)))
    return found


def branches_by_definition(image, recipe):
    """The same by labeling each level of each group, sets of pixels from the highest level down."""
    groups, count = label(image > 0, np.ones((3, 3)))
    found = set()
    for number in range(1, count + 1):
        alone = np.where(groups == number, image, 0).astype(float)
        low, high = alone[alone > 0].min() * (1 - 2.0**-24), alone.max()
        parts = {}
        for k in range(recipe.levels):
            level = low * (high / low) ** (k / recipe.levels)
            names, n = label(alone > level, np.ones((3, 3)))
            parts[k] = [np.flatnonzero(names == part) for part in range(1, n + 1)]
            parts[k] = [(p, alone.ravel()[p].sum() - level * len(p)) for p in parts[k] if len(p) >= 3]
        sources, split = [], set()
        for k in reversed(range(recipe.levels - 1)):
            for parent, _ in parts[k]:
                sons = [p for p, flux in parts[k + 1] if p[0] in parent and flux > recipe.contrast * alone.sum()]
                if len(sons) > 1:
                    sources += [son for son in sons if not split & set(son)]
                    split |= set(parent)
        found |= {tuple(source.tolist()) for source in sources}
    return found


def test_neighbors_do_not_run_over_the_ends_of_rows():
    neighbors = link_pixels(np.arange(6), 3)
    assert sorted(set(neighbors[:, 2].tolist())) == [1, 2, 4, 5]
    assert sorted(set(neighbors[:, 3].tolist())) == [0, 1, 3, 4]
    assert sorted(set(neighbors[:, 4].tolist())) == [0, 1, 2, 3, 4, 5]


def test_pixels_without_neighbors_point_to_themselves():
    assert (link_pixels(np.array([0, 2, 12, 14]), 5) == np.arange(4)).all()
    assert link_pixels(np.zeros(0, int), 5).shape == (8, 0)


def test_the_first_of_each_kind_is_found():
    assert find_first(np.array([1, 1, 3, 0, 3]), 5).tolist() == [3, 0, 0, 2, 0]


def test_coordinates_start_at_the_first_pixel_of_the_group():
    labels = np.zeros((40, 50), np.int32)
    labels[20:22, 31:33] = 1
    groups = gather_groups(np.flatnonzero(labels), labels, labels.astype(np.float32))
    assert (groups.x.tolist(), groups.y.tolist()) == ([0, 1, 0, 1], [0, 0, 1, 1])


def test_two_towers_on_a_plain_are_branches_without_the_plain():
    image = np.ones((5, 9))
    image[1:4, 1:4], image[1:4, 5:8] = 10, 20
    expected = np.where(image > 1, np.arange(9) // 4.5 + 1, 0)
    assert np.array_equal(branches(image), expected)


def test_a_tower_on_a_tower_replaces_its_base():
    image = np.ones((5, 13))
    image[1:4, 1:8], image[1:4, 9:12] = 5, 50
    image[1:4, 1:4] = image[1:4, 5:8] = 25
    assert branches(image)[2].tolist() == [0, 1, 1, 1, 0, 2, 2, 2, 0, 3, 3, 3, 0]


def test_a_tower_of_two_pixels_is_no_branch():
    image = np.ones((5, 9))
    image[1:4, 1:4], image[2, 6:8] = 10, 20
    assert branches(image).max() == 0
    assert branches(image, min_area=2).max() == 2


def test_a_branch_below_the_contrast_is_left_out_of_a_split():
    image = np.ones((5, 13))
    image[1:4, 1:4] = image[1:4, 5:8] = 100
    image[1:4, 9:12] = 2
    assert branches(image, contrast=0.005)[2, 8:12].tolist() == [0, 0, 0, 0]
    assert branches(image, contrast=0.0001)[2, 8:12].tolist() == [0, 3, 3, 3]


def test_a_constant_group_is_one_source():
    assert branches(np.full((6, 6), 3.0)).max() == 0


@given(IMAGES, st.sampled_from([0.0, 0.005, 0.1]))
def test_branches_are_those_of_the_definition(image, contrast):
    recipe = DetectionRecipe(contrast=contrast, levels=11)
    found = branches(image, contrast=contrast, levels=11)
    pixels = {tuple(np.flatnonzero(found == number).tolist()) for number in range(1, found.max() + 1)}
    assert pixels == branches_by_definition(image, recipe)


@given(IMAGES, st.sampled_from([2.0**-100, 0.25, 2.0**60]))
def test_branches_do_not_depend_on_the_unit_of_flux(image, unit):
    assert np.array_equal(branches(image), branches(image * np.float32(unit)))


@given(IMAGES)
def test_branches_are_numbered_by_their_first_pixels(image):
    found = branches(image, contrast=0.0)
    order = found[found > 0]
    assert list(dict.fromkeys(order.tolist())) == list(range(1, found.max() + 1))

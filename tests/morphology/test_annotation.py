import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from skysieve.morphology.annotation import Stroke, draw_regions, fill_island, fill_outline, make_given
from skysieve.records.annotations import Region

SQUARE = ((1.5, 1.5), (5.5, 1.5), (5.5, 5.5), (1.5, 5.5))
LEFT = ((1.5, 0.0), (2.5, 0.0), (2.5, 9.0), (1.5, 9.0))


def make_pixels(side: int = 12) -> np.ndarray:
    """Two blobs, the left one with a faint bridge to a third."""
    pixels = np.zeros((2, side, side), np.float32)
    pixels[0, 2:5, 2:5], pixels[0, 3, 5:8], pixels[0, 2:5, 8:11] = 10, 3, 10
    pixels[1, 8:11, 8:11] = 1
    return pixels


def sizes(*strokes: Stroke) -> dict[tuple[str, int], int]:
    return {(one.label, one.channel): int(one.mask.sum()) for one in draw_regions(strokes, make_pixels())}


def fill(x: float, y: float, sigma: float = 2.0, labels: tuple[str, ...] = ("lobe",), channel: int = 0) -> Stroke:
    return Stroke("fill", labels, channel, ((float(x), float(y)),), sigma)


def test_a_click_fills_what_is_connected_above_the_threshold():
    assert sizes(fill(3, 3)) == {("lobe", 0): 9}
    assert sizes(fill(3, 3, sigma=0.5)) == {("lobe", 0): 21}


def test_pixels_that_touch_by_a_corner_are_connected():
    image = np.diag([5.0, 5, 5, 0, 0, 0])
    assert fill_island(image, (0.0, 0.0), sigma=2.0).sum() == 3


def test_the_threshold_counts_standard_deviations_of_all_pixels():
    image = np.zeros((10, 10))
    image[4, 4:6] = 1, 0.5
    deviation = image.std()
    assert fill_island(image, (4.0, 4.0), sigma=0.5 / deviation).sum() == 2
    assert fill_island(image, (4.0, 4.0), sigma=0.501 / deviation).sum() == 1


def test_nothing_is_filled_from_a_faint_seed_outside_the_frame_in_a_flat_or_an_empty_image():
    assert sizes(fill(0, 0), fill(-3, 3), fill(50, 3)) == {}
    for value in (0.0, 7.0, np.nan):
        assert not fill_island(np.full((4, 4), value), (1.0, 1.0), sigma=2.0).any()


def test_bad_pixels_are_not_filled():
    pixels = make_pixels()[0]
    pixels[3, 3] = np.nan
    assert fill_island(pixels, (2.0, 2.0), sigma=2.0).sum() == 8


def test_regions_of_several_labels_and_channels_stay_apart_where_they_overlap():
    both = sizes(fill(3, 3, labels=("lobe", "core")), Stroke("lasso", ("lobe",), 0, SQUARE), fill(9, 9, channel=1))
    assert both == {("lobe", 0): 16, ("core", 0): 9, ("lobe", 1): 9}


def test_erasing_changes_the_named_labels_or_all_of_one_channel():
    drawn = (fill(3, 3, labels=("lobe", "core")), fill(9, 9, channel=1))
    assert sizes(*drawn, Stroke("erase", ("core",), 0, LEFT)) == {("lobe", 0): 9, ("core", 0): 6, ("lobe", 1): 9}
    assert sizes(*drawn, Stroke("remove", (), 0, ((3.0, 3.0),))) == {("lobe", 1): 9}
    assert sizes(*drawn, Stroke("remove", ("core",), 0, ((3.0, 3.0),))) == {("lobe", 0): 9, ("lobe", 1): 9}


def test_one_piece_of_a_region_is_removed_and_drawing_goes_on_after():
    drawn = (fill(3, 3), fill(9, 3), Stroke("remove", (), 0, ((9.0, 3.0),)))
    assert sizes(*drawn) == {("lobe", 0): 9}
    assert sizes(*drawn, fill(9, 3)) == {("lobe", 0): 18}


def test_an_outline_that_crosses_itself_has_no_hole():
    around_twice = (*SQUARE, *SQUARE)
    assert fill_outline((8, 8), around_twice).sum() == fill_outline((8, 8), SQUARE).sum() == 16


@given(st.lists(st.tuples(st.floats(-5, 15), st.floats(-5, 15)), min_size=3, max_size=12))
def test_the_direction_of_an_outline_does_not_matter(points):
    forth, back = fill_outline((9, 11), tuple(points)), fill_outline((9, 11), tuple(points[::-1]))
    np.testing.assert_array_equal(forth, back)


@given(st.floats(0, 6), st.floats(0, 6), st.floats(0.5, 4))
def test_an_outline_of_a_circle_holds_the_centers_within_it(x, y, radius):
    angle = np.linspace(0, 2 * np.pi, 720, endpoint=False)
    points = tuple(zip(x + radius * np.cos(angle), y + radius * np.sin(angle), strict=True))
    row, column = np.indices((8, 8))
    away = np.hypot(column - x, row - y)
    clear = abs(away - radius) > 1e-3
    np.testing.assert_array_equal(fill_outline((8, 8), points)[clear], (away < radius)[clear])


def test_a_given_mask_comes_back_as_it_was():
    mask = np.random.default_rng(3).random((12, 12)) > 0.5
    region = draw_regions((make_given(Region("x", 1, mask)),), make_pixels())[0]
    assert (region.label, region.channel) == ("x", 1)
    np.testing.assert_array_equal(region.mask, mask)

import numpy as np

from skysieve.report.qualityfocal import FocalPlane, draw_focal_plane, get_color, list_outlines, make_grid, measure_box


def test_detectors_are_drawn_with_y_upward_in_a_box_of_100():
    square = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], float)
    plane = FocalPlane(("1", "2"), np.stack([square, square + np.array([0, 2])]), "test")
    assert measure_box(plane)[1] == 100
    low, high = list_outlines(plane)
    assert float(low.split()[0].split(",")[1]) > float(high.split()[0].split(",")[1])


def test_detectors_without_a_known_place_stand_in_rows_that_do_not_overlap():
    plane = make_grid([str(number) for number in range(7)])
    middles = plane.corners.mean(axis=1)
    assert len({tuple(one) for one in middles.tolist()}) == 7
    assert np.ptp(plane.corners, axis=1).max() < 1


def test_dead_detectors_are_hatched_unread_ones_empty_and_texts_escaped():
    drawing = draw_focal_plane(
        make_grid(["1", "2", "3"]), np.array([0.5, np.nan, 0.1]), dead=np.array([False, False, True]),
        texts=["<a>", "b", "c"],
    )  # fmt: skip
    assert "&lt;a&gt;" in drawing
    assert drawing.count('fill="none"') == 1
    assert drawing.count("url(#dead)") == 1
    assert get_color(0.0) != get_color(1.0)

"""Figures of a training set say in their captions what they show, and when there is nothing to show."""

import numpy as np
import pytest

from skysieve.report.preparationfigures import draw_channel_sums, draw_classes, draw_examples, draw_mean_image


@pytest.mark.parametrize(
    ("counts", "caption"),
    [
        ({"a": 30, "b": 10}, "The largest class has 3 times the images of the smallest"),
        ({"a": 5, "b": 5}, "All classes have the same number of images"),
        ({"a": 5}, "All images are of one class"),
        ({f"k{n}": n + 1 for n in range(25)}, "5 smaller classes are not drawn"),
        ({}, "No column of labels was named"),
    ],
)
def test_the_caption_tells_how_unequal_the_classes_are(counts, caption):
    panel = draw_classes(counts)
    assert caption in panel.caption
    assert (panel.svg is None) == (not counts)


def test_medians_of_the_channels_are_named_and_empty_channels_are_not():
    sums = np.column_stack([np.full(9, 4.0), np.zeros(9)])
    svg = draw_channel_sums(sums, ("radio", "ir")).svg
    assert svg is not None
    assert b"radio: median 4" in svg
    assert b"ir: median" not in svg


def test_without_emission_there_is_no_figure_of_sums():
    assert draw_channel_sums(np.zeros((3, 1)), ("radio",)).svg is None


def test_every_example_and_channel_is_a_picture():
    svg = draw_examples(np.random.default_rng(0).uniform(size=(10, 2, 5, 5)), ("g", "r")).svg
    assert svg is not None
    assert svg.count(b"<image") == 20
    mean = draw_mean_image(np.ones((2, 5, 5)), ("g", "r")).svg
    assert mean is not None
    assert mean.count(b"<image") == 2

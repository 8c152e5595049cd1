"""Sums of oriented images are those of images drawn one by one."""

import numpy as np
import pytest
import torch

from skysieve.som.summing import make_frame, sum_oriented
from skysieve.som.transforms import make_geometry, orient_image


@pytest.mark.parametrize(("side", "rotations", "flip"), [(9, 1, True), (9, 4, False), (10, 40, True), (13, 24, True)])
def test_sums_are_those_of_images_drawn_one_by_one(side, rotations, flip):
    geometry = make_geometry(side, rotations=rotations, flip=flip)
    rng = np.random.default_rng(0)
    images, weight = rng.random((60, 2, side, side), np.float32), rng.random((60, 11), np.float32) / 60
    orientation = rng.integers(0, geometry.orientations, (60, 11))
    frame = make_frame(geometry, device=torch.device("cpu"))
    tables = (torch.from_numpy(table) for table in (images, orientation, weight))
    ours = sum_oriented(*tables, frame=frame, geometry=geometry, threads=2).numpy()
    drawn = [
        [orient_image(x, t, geometry=geometry) for t in turns]
        for x, turns in zip(images, orientation.tolist(), strict=True)
    ]
    assert np.abs(ours - np.einsum("in,incyx->ncyx", weight, np.array(drawn))).max() < 1e-6


def test_no_images_sum_to_nothing():
    geometry = make_geometry(8, rotations=8)
    empty = torch.zeros((0, 1, 8, 8)), torch.zeros((0, 3), dtype=torch.long), torch.zeros((0, 3))
    assert not sum_oriented(*empty, frame=make_frame(geometry, device=torch.device("cpu")), geometry=geometry).any()

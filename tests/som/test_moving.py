"""Neurons in the symmetric basis score and move as their pixels do."""

import numpy as np
import pytest
import torch

from skysieve.som.interpolation import make_plan
from skysieve.som.moving import draw_movers, fold_movers, fold_shown, make_bench, move, score_shown
from skysieve.som.regions import make_region
from skysieve.som.transforms import Geometry, make_geometry, transform_image

GEOMETRIES = [
    make_geometry(10, rotations=24),
    make_geometry(11, rotations=12, shape="circular"),
    make_geometry(9, rotations=1),
    make_geometry(12, rotations=4, flip=False, neuron_side=13, region_side=10),
]


def make_case(geometry: Geometry) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """One image of two channels, three neurons in the region, and the image's pixels in all orientations."""
    rng, region = np.random.default_rng(0), make_region(geometry)
    image = rng.random((2, geometry.image_side, geometry.image_side), np.float32)
    neurons = rng.random((3, 2, region.sum()), np.float32)
    drawn = transform_image(image, geometry)[:, :, region]
    return torch.from_numpy(image), torch.from_numpy(neurons), torch.from_numpy(drawn)


@pytest.mark.parametrize("geometry", GEOMETRIES)
def test_folding_and_drawing_give_the_pixels_back(geometry):
    _, neurons, _ = make_case(geometry)
    bench = make_bench(make_plan(geometry, device=torch.device("cpu")), 2)
    drawn = draw_movers(fold_movers(neurons, bench), torch.tensor([2, 0]), bench)
    assert torch.allclose(drawn, neurons[[2, 0]], atol=1e-6)


@pytest.mark.parametrize("geometry", GEOMETRIES)
def test_scores_are_squared_distances_less_the_norms_of_neurons(geometry):
    image, neurons, drawn = make_case(geometry)
    plan = make_plan(geometry, device=torch.device("cpu"))
    bench = make_bench(plan, 2)
    movers = fold_movers(neurons, bench)
    scores, _ = score_shown(fold_shown(image[None], bench)[0], movers, plan)
    wanted = (drawn - neurons[:, None]).square().sum(dim=(2, 3)) - movers.measure_norm()[:, None]
    assert torch.allclose(scores.transpose(0, 1).reshape(3, -1), wanted, atol=1e-4)


@pytest.mark.parametrize("geometry", GEOMETRIES)
def test_neurons_move_to_the_image_in_their_own_orientations(geometry):
    image, neurons, drawn = make_case(geometry)
    plan = make_plan(geometry, device=torch.device("cpu"))
    bench = make_bench(plan, 2)
    for orientation in range(geometry.orientations):
        movers, chosen = fold_movers(neurons, bench), (orientation + torch.arange(3)) % geometry.orientations
        move(movers, fold_shown(image[None], bench)[0], chosen, weight=torch.tensor([0.0, 0.25, 1.0]), plan=plan)
        moved = torch.lerp(neurons, drawn[chosen], torch.tensor([0.0, 0.25, 1.0])[:, None, None])
        assert torch.allclose(draw_movers(movers, torch.arange(3), bench), moved, atol=2e-6)

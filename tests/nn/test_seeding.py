import torch
from torch import nn

from skysieve.nn import build_seeded


def test_the_seed_decides_on_first_weights():
    weights = [build_seeded(lambda: nn.Linear(4, 4), seed).weight for seed in (1, 1, 2)]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_the_dice_of_the_process_stay_as_they_were():
    before = torch.get_rng_state()
    build_seeded(lambda: nn.Linear(4, 4), 1)
    assert torch.equal(torch.get_rng_state(), before)

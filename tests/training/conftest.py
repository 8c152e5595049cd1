"""A small network and what it learns, on one thread."""

import numpy as np
import pytest
import torch
from torch import nn

from skysieve.nn import build_seeded
from skysieve.training import ArraySamples


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def samples():
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(90, 3)).astype(np.float32)
    return ArraySamples((inputs, (inputs[:, 0] + inputs[:, 1] ** 2 > 0.5).astype(np.int64)))


@pytest.fixture
def make_network():
    def build():
        return nn.Sequential(
            nn.Linear(3, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.3), nn.Linear(8, 2)
        )  # fmt: skip

    return lambda: build_seeded(build, 3)


@pytest.fixture
def loss():
    return lambda network, batch: nn.functional.cross_entropy(network(batch[0]), batch[1])

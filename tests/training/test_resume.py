import io
import multiprocessing
import os
import signal
import sys

import pytest
import torch
from torch import nn

import skysieve.training.running  # noqa: F401 (else every child imports Lightning, which takes seconds)
from skysieve.training import Stage, TrainingRecipe, fit

GROUPS = {"body": ["0", "1"], "head": ["4"]}
RECIPE = TrainingRecipe(
    stages=(Stage(1, {"head": 0.02}), Stage(2, {"body": 0.01, "head": 0.01})), batch=16, checkpoint_every=4,
    accelerator="cpu", patience=2,
)  # fmt: skip


def train(network, samples, out, strike):
    """Train; end the process as a power cut would when the loss is asked for the ``strike``-th time."""
    torch.set_num_threads(1)
    sys.stderr = io.StringIO()
    calls = iter(range(1, 1000))

    def loss(network, batch):
        if network.training and next(calls) == strike:
            os.kill(os.getpid(), signal.SIGKILL)
        return nn.functional.cross_entropy(network(batch[0]), batch[1])

    augment = lambda sample, dice: (sample[0] + dice.normal(size=3).astype("f4"), sample[1])
    return fit(network, loss, samples, validation=samples, recipe=RECIPE, out=out, groups=GROUPS, augment=augment)


def kill(network, samples, out, strike):
    process = multiprocessing.get_context("fork").Process(target=train, args=(network, samples, out, strike))
    process.start()
    process.join()
    return process.exitcode


def read_bytes(folder):
    weights = [torch.load(folder / name, weights_only=True)["module"] for name in ("best.ckpt", "last.ckpt")]
    tensors = [value.numpy().tobytes() for state in weights for value in state.values()]
    return [*tensors, (folder / "log.csv").read_bytes()]


# A child that does nothing but train, with one thread, is what a fork is safe for.
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded, use of fork:DeprecationWarning")
@pytest.mark.parametrize("strikes", [(3,), (6, 6), (11, 2, 3), (18,)])
def test_a_killed_training_ends_with_the_bytes_of_the_unbroken_one(strikes, make_network, samples, tmp_path):
    assert kill(make_network(), samples, tmp_path / "unbroken", None) == 0
    for strike in strikes:
        assert kill(make_network(), samples, tmp_path / "killed", strike) == -signal.SIGKILL
    assert kill(make_network(), samples, tmp_path / "killed", None) == 0
    assert read_bytes(tmp_path / "killed") == read_bytes(tmp_path / "unbroken")
    assert not list((tmp_path / "killed").glob(".*"))

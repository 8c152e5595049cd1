from dataclasses import replace

import pytest
import torch

from skysieve.training import Stage, TrainingRecipe, fit

RECIPE = TrainingRecipe(
    stages=(Stage(1, {"head": 0.02}), Stage(1, {"body": 0.01, "head": 0.01})), batch=8, accelerator="cpu", devices=2,
)  # fmt: skip
GROUPS = {"body": ["0", "1"], "head": ["4"]}


# The children do nothing but train, with one thread, which is what a fork is safe for.
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded, use of fork:DeprecationWarning")
def test_two_devices_share_an_epoch_and_end_with_one_network(make_network, samples, loss, tmp_path):
    fitted = fit(make_network(), loss, samples, validation=samples, groups=GROUPS, recipe=RECIPE, out=tmp_path / "two")
    network = fitted.module
    inputs, labels = (torch.from_numpy(array) for array in samples.arrays)
    assert fitted.steps == 2 * 6
    assert len(fitted.log) == 2
    assert fitted.best == pytest.approx(loss(network, (inputs, labels)).item(), rel=1e-5)
    with pytest.raises(ValueError, match="devices = 2, this one has 1"):
        fit(make_network(), loss, samples, validation=samples, recipe=replace(RECIPE, devices=1), out=tmp_path / "two")

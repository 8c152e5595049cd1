import csv
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from skysieve.training import ArraySamples, Stage, TrainingRecipe, fit
from skysieve.training.groups import make_optimizer

RECIPE = TrainingRecipe(stages=(Stage(3, {"all": 0.02}),), batch=32, accelerator="cpu")


def is_equal(one, other):
    return all(torch.equal(one[name], other[name]) for name in one)


def test_a_network_learns_and_the_log_has_a_row_an_epoch(make_network, samples, loss, tmp_path, capsys):
    fitted = fit(make_network(), loss, samples, validation=samples, recipe=RECIPE, out=tmp_path)
    rows = list(csv.DictReader((tmp_path / "log.csv").read_text().splitlines()))
    assert [row["epoch"] for row in rows] == ["1", "2", "3"]
    assert float(rows[-1]["validation_loss"]) < float(rows[0]["validation_loss"])
    assert fitted.best == min(float(row["validation_loss"]) for row in rows)
    assert capsys.readouterr().err.count("\n") == 3


def test_seed_and_first_weights_decide_on_the_last_weights(make_network, samples, loss, tmp_path):
    one, same, other = (
        fit(make_network(), loss, samples, recipe=replace(RECIPE, seed=seed), out=tmp_path / name).last
        for seed, name in ((1, "one"), (1, "same"), (2, "other"))
    )
    assert is_equal(one, same)
    assert not is_equal(one, other)


def test_a_finished_run_is_read_and_not_repeated(make_network, samples, loss, tmp_path):
    first = fit(make_network(), loss, samples, recipe=RECIPE, out=tmp_path)
    second = fit(make_network(), lambda *_: pytest.fail("trained again"), samples, recipe=RECIPE, out=tmp_path)
    assert is_equal(first.module.state_dict(), second.module.state_dict())
    assert second.log == first.log


def test_the_weights_that_come_back_are_the_best(make_network, samples, tmp_path):
    values = iter([3.0, 1.0, 2.0])
    measured = lambda network, batch: {"score": torch.tensor(next(values)), "copy": network[0].weight.sum()}
    recipe = replace(RECIPE, batch=90, monitor="score")
    loss = lambda network, batch: nn.functional.cross_entropy(network(batch[0]), batch[1])
    fitted = fit(make_network(), loss, samples, validation=samples, measure=measured, recipe=recipe, out=tmp_path)
    assert (fitted.best, fitted.best_epoch) == (1.0, 2)
    assert fitted.module[0].weight.sum().item() == pytest.approx(fitted.log[1]["validation_copy"])
    assert not fitted.module.training


def test_frozen_groups_stand_still_and_so_do_their_statistics(make_network, samples, loss, tmp_path):
    recipe = replace(RECIPE, stages=(Stage(2, {"head": 0.02}),))
    before = make_network().state_dict()
    groups = {"body": ["0", "1"], "head": ["4"]}
    after = fit(make_network(), loss, samples, groups=groups, recipe=recipe, out=tmp_path).last
    changed = {name.split(".")[0] for name in before if not torch.equal(before[name], after[name])}
    assert changed == {"4"}


def test_an_augmented_sample_depends_on_seed_epoch_and_row_alone(samples, tmp_path):
    seen = []

    def augment(sample, dice):
        seen.append((float(sample[0][0]), float(dice.uniform())))
        return sample

    network = nn.Linear(3, 2)
    loss = lambda network, batch: nn.functional.cross_entropy(network(batch[0]), batch[1])
    fit(network, loss, samples, augment=augment, recipe=replace(RECIPE, batch=7), out=tmp_path / "a")
    once = set(seen)
    fit(network, loss, samples, augment=augment, recipe=replace(RECIPE, batch=50), out=tmp_path / "b")
    assert len(once) == 3 * 90
    assert set(seen) == once


def test_named_parts_of_a_loss_are_summed_and_logged(make_network, samples, tmp_path):
    parts = lambda network, batch: {"one": network(batch[0]).square().mean(), "two": network[4].weight.square().sum()}
    (row, *_) = fit(make_network(), parts, samples, recipe=replace(RECIPE, batch=90), out=tmp_path).log
    assert row["train_loss"] == pytest.approx(row["train_one"] + row["train_two"], rel=0.2)


def test_samples_of_any_kind_are_collated_as_asked(tmp_path):
    pictures = [{"size": n, "pixels": torch.ones(n)} for n in range(1, 9)]
    loss = lambda network, batch: torch.stack([network(item["pixels"].mean()[None]) for item in batch]).mean()
    recipe = replace(RECIPE, batch=3)
    fitted = fit(nn.Linear(1, 1), loss, pictures, collate=list, recipe=recipe, out=tmp_path)
    assert fitted.steps == 3 * 3


def test_sixteen_bits_train_too(make_network, samples, loss, tmp_path):
    fitted = fit(make_network(), loss, samples, recipe=replace(RECIPE, precision="bf16-mixed"), out=tmp_path)
    assert np.isfinite(fitted.best)
    assert fitted.module[0].weight.dtype == torch.float32


def test_the_dice_of_the_process_stay_as_they_were(make_network, samples, loss, tmp_path):
    torch.manual_seed(5)
    wanted = torch.rand(3)
    torch.manual_seed(5)
    fit(make_network(), loss, samples, recipe=RECIPE, out=tmp_path)
    assert torch.equal(torch.rand(3), wanted)


def test_a_folder_of_another_run_is_refused(make_network, samples, loss, tmp_path):
    fit(make_network(), loss, samples, recipe=RECIPE, out=tmp_path)
    with pytest.raises(ValueError, match=r"last\.ckpt: belongs to a training with batch = 32, this one has 16"):
        fit(make_network(), loss, samples, recipe=replace(RECIPE, batch=16), out=tmp_path)
    with pytest.raises(ValueError, match="training samples = 90, this one has 80"):
        fit(make_network(), loss, samples.take(np.arange(80)), recipe=RECIPE, out=tmp_path)


def test_a_checkpoint_that_would_run_code_is_refused_unopened(make_network, samples, loss, tmp_path):
    torch.save({"run": print}, tmp_path / "last.ckpt")
    with pytest.raises(ValueError, match=r"last\.ckpt: is not a whole checkpoint"):
        fit(make_network(), loss, samples, recipe=RECIPE, out=tmp_path)


@pytest.mark.parametrize("size", [0, 10, 900])
def test_a_torn_checkpoint_is_refused(size, make_network, samples, loss, tmp_path):
    fit(make_network(), loss, samples, recipe=RECIPE, out=tmp_path)
    (tmp_path / "last.ckpt").write_bytes((tmp_path / "last.ckpt").read_bytes()[:size])
    with pytest.raises(ValueError, match="is not a whole checkpoint of a training; remove it"):
        fit(make_network(), loss, samples, recipe=RECIPE, out=tmp_path)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"monitor": "auc"}, "monitor: auc is not measured; there are loss"),
        ({"stages": (Stage(1, {"tail": 0.1}),)}, r"stages\[0\].rates: tail is no layer group; there are all"),
    ],
)
def test_a_recipe_that_does_not_fit_is_refused(wrong, sentence, samples, loss, tmp_path):
    with pytest.raises(ValueError, match=sentence):
        fit(nn.Linear(3, 2), loss, samples, recipe=replace(RECIPE, **wrong), out=tmp_path)


@pytest.mark.parametrize(
    ("groups", "sentence"),
    [
        ({"head": ["4"]}, "0.weight is in none; every parameter belongs to exactly one"),
        ({"head": ["0", "1", "4"], "all": ["1"]}, "1.weight is in head and all"),
        ({"all": ["0", "1", "4"], "tail": ["9"]}, "tail holds no parameter"),
    ],
)
def test_groups_that_do_not_part_the_parameters_are_refused(groups, sentence, make_network):
    with pytest.raises(ValueError, match=f"layer groups: {sentence}"):
        make_optimizer(make_network(), groups, RECIPE)


def test_a_loss_that_is_not_a_number_ends_the_training(make_network, samples, tmp_path):
    loss = lambda network, batch: network(batch[0]).sum() * torch.nan
    with pytest.raises(ValueError, match="epoch 1: the training loss is nan; lower the learning rates"):
        fit(make_network(), loss, samples, recipe=RECIPE, out=tmp_path)


def test_no_samples_are_refused(make_network, samples, loss, tmp_path):
    with pytest.raises(ValueError, match="validation set: there are no samples"):
        fit(make_network(), loss, samples, validation=samples.take(np.arange(0)), recipe=RECIPE, out=tmp_path)
    with pytest.raises(ValueError, match=r"the arrays have \[2, 3\] rows"):
        ArraySamples((np.zeros(2), np.zeros(3)))


def test_what_is_trained_is_applied_without_lightning_and_calibrated_without_pytorch():
    code = "import sys, skysieve.training as t; sys.exit(bool({'torch', 'lightning'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

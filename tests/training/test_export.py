import json

import numpy as np
import pytest
import torch
from torch import nn

from skysieve.io.weights import ModelCard, read_weights
from skysieve.nn import Mlp, build_seeded
from skysieve.training import (
    DomainIndex,
    Isotonic,
    Temperature,
    check_weights,
    export_weights,
    load_weights,
)

CARD = ModelCard(
    name="a", version="1", capability="b", architecture="mlp", training_data="c", domain="d", license="BSD-3-Clause",
    seed=1,
)  # fmt: skip
ROWS = np.random.default_rng(0).normal(size=(6, 3)).astype(np.float32)
ISOTONIC = Isotonic(np.array([0.0, 1.0]), np.array([0.1, 0.9]), np.array([0, 2]))
DOMAIN = DomainIndex(np.ones((2, 3), np.float16), np.zeros(3), np.ones(3), threshold=0.3, quantile=0.9)


def make_network(seed=0):
    return build_seeded(lambda: nn.Sequential(nn.BatchNorm1d(3), Mlp([3, 16, 2])), seed)


def test_a_network_comes_back_in_32_bits_with_the_output_it_had(tmp_path):
    network, path = make_network().eval(), tmp_path / "a.safetensors"
    card = export_weights(path, network, CARD, example=(ROWS,))
    loaded = load_weights(path, make_network(1)).module
    difference = (loaded(torch.from_numpy(ROWS)) - network(torch.from_numpy(ROWS))).abs().max().item()
    assert difference == pytest.approx(card.check.rounding, abs=1e-6)
    assert 0 < difference < 5e-3
    assert {value.dtype for value in loaded.parameters()} == {torch.float32}


def test_parameters_are_kept_in_16_bits_and_running_statistics_in_full(tmp_path):
    network = make_network()
    network[0].running_var[:] = 1e7
    export_weights(tmp_path / "a.safetensors", network, CARD, example=(ROWS,))
    tensors, _ = read_weights(tmp_path / "a.safetensors")
    assert tensors["model.1.head.weight"].dtype == np.float16
    assert tensors["model.0.running_var"].tolist() == [1e7, 1e7, 1e7]


@pytest.mark.parametrize("calibrator", [None, Temperature(1.7), ISOTONIC])
@pytest.mark.parametrize("domain", [None, DOMAIN])
def test_calibration_and_domain_travel_with_the_weights(calibrator, domain, tmp_path):
    path = tmp_path / "a.safetensors"
    export_weights(path, make_network(), CARD, example=(ROWS,), calibrator=calibrator, domain=domain)
    shipped = load_weights(path, make_network())
    for found, wanted in ((shipped.calibrator, calibrator), (shipped.domain, domain)):
        assert type(found) is type(wanted)
        if wanted is not None:
            for name, value in vars(wanted).items():
                np.testing.assert_array_equal(getattr(found, name), value)


def test_a_shipped_model_checks_itself(tmp_path):
    export_weights(tmp_path / "a.safetensors", make_network(), CARD, example=(ROWS,))
    assert check_weights(tmp_path / "a.safetensors", make_network(1)) < 1e-6


def test_a_model_that_computes_something_else_is_found_out(tmp_path):
    path = tmp_path / "a.safetensors"
    export_weights(path, make_network(), CARD, example=(ROWS,))
    other = nn.Sequential(nn.BatchNorm1d(3, eps=10.0), Mlp([3, 16, 2]))
    with pytest.raises(ValueError, match=r"a\.safetensors: its example gives an output that is off by 0\."):
        check_weights(path, other)


def test_the_network_that_is_exported_does_not_change(tmp_path):
    network = make_network().train()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    export_weights(tmp_path / "a.safetensors", network, CARD, example=(ROWS,))
    assert network.training
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


def test_weights_of_another_architecture_are_refused(tmp_path):
    export_weights(tmp_path / "a.safetensors", make_network(), CARD, example=(ROWS,))
    with pytest.raises(ValueError, match=r"1\.head\.weight is \(2, 16\), the network wants \(2, 8\); use the weights"):
        load_weights(tmp_path / "a.safetensors", nn.Sequential(nn.BatchNorm1d(3), Mlp([3, 8, 2])))


def test_what_16_bits_do_not_hold_is_not_exported(tmp_path):
    network = make_network()
    with pytest.raises(ValueError, match=r"16-bit weights change the output by .*, 1e-09 is allowed"):
        export_weights(tmp_path / "a.safetensors", network, CARD, example=(ROWS,), tolerance=1e-9)
    network[1].head.weight.data[0, 0] = 1e5
    with pytest.raises(ValueError, match=r"1\.head\.weight holds 1e\+05, more than 16 bits do"):
        export_weights(tmp_path / "a.safetensors", network, CARD, example=(ROWS,))
    with pytest.raises(ValueError, match="the output for the example is not finite"):
        export_weights(tmp_path / "a.safetensors", make_network(), CARD, example=(ROWS * np.nan,))
    assert not list(tmp_path.iterdir())


def test_a_file_without_a_check_is_refused(tmp_path):
    path = tmp_path / "a.safetensors"
    export_weights(path, make_network(), CARD, example=(ROWS,))
    card = json.loads(path.with_suffix(".json").read_text())
    path.with_suffix(".json").write_text(json.dumps({**card, "check": None}))
    with pytest.raises(ValueError, match=r"a\.safetensors: has no check of itself; export it again"):
        check_weights(path, make_network())

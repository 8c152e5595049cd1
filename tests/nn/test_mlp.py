import pytest
import torch

from skysieve.nn import Mlp


def test_the_head_sees_the_embedding():
    network, rows = Mlp([3, 8, 4, 2]), torch.randn(5, 3)
    assert network.embed(rows).shape == (5, 4)
    torch.testing.assert_close(network.head(network.embed(rows)), network(rows))


def test_two_widths_are_one_linear_layer():
    network = Mlp([3, 2])
    assert sum(value.numel() for value in network.parameters()) == 3 * 2 + 2


def test_dropout_is_felt_in_training_only():
    network, rows = Mlp([3, 64, 2], dropout=0.5), torch.randn(5, 3)
    assert not torch.equal(network(rows), network(rows))
    assert torch.equal(network.eval()(rows), network(rows))


def test_a_single_width_is_refused():
    with pytest.raises(ValueError, match=r"widths: \[3\]; features of the input and of the output"):
        Mlp([3])

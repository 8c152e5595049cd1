import pytest
import torch

from skysieve.nn import build_seeded
from skysieve.quality.labels import CLASSES
from skysieve.quality.network import PaperNetwork, make_network

SIZES = {"clusters": 6, "side": 25, "counts": 9, "statistics": 4}
VARIANTS = ("m1", "m2", "m3", "view")


def make_inputs(batch=3):
    dice = torch.Generator().manual_seed(1)
    return (torch.randn(batch, 6, 25, 25, generator=dice), torch.rand(batch, 9, generator=dice),
            torch.randn(batch, 25, 25, generator=dice), torch.rand(batch, 4, generator=dice))  # fmt: skip


def run(variant, *inputs):
    network = build_seeded(lambda: make_network(variant, **SIZES), 0).eval()
    if variant == "view":
        # What cutouts and counts add begins at zero.
        torch.nn.init.ones_(network.add.head.weight)
    with torch.inference_mode():
        return network(*inputs)


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_network_gives_a_logit_a_class(variant):
    assert run(variant, *make_inputs()).shape == (3, len(CLASSES))


@pytest.mark.parametrize(("variant", "sees"), [("m1", (True, False, False, False)), ("m2", (False, True, False, False)),
                                               ("m3", (True, True, False, False)), ("view", (True,) * 4)])  # fmt: skip
def test_each_network_sees_its_inputs_only(variant, sees):
    inputs = make_inputs()
    plain = run(variant, *inputs)
    for number, seen in enumerate(sees):
        changed = list(inputs)
        changed[number] = changed[number] + 1
        assert torch.equal(run(variant, *changed), plain) is not seen


def test_unknown_statistics_and_absent_cutouts_are_no_trouble():
    cutouts, counts, stack, statistics = make_inputs()
    cutouts[0], stack[0], statistics[0] = 0, 0, float("nan")
    assert run("view", cutouts, counts, stack, statistics).isfinite().all()


def test_a_paper_network_has_five_convolutional_layers():
    network = PaperNetwork(clusters=20, side=25, counts=20, pixels=True, hits=True)
    assert sum(isinstance(layer, torch.nn.Conv2d) for layer in network.convolutions) == 5


def test_a_network_that_sees_nothing_is_refused():
    with pytest.raises(ValueError, match="given neither"):
        PaperNetwork(clusters=2, side=25, counts=2, pixels=False, hits=False)

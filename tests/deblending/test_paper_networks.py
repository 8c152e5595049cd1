"""The published networks have the published numbers of weights."""

import pytest
import torch

from skysieve.deblending.paper_networks import Blend2Flux, Blend2Mask2Flux, UNet, count_weights
from skysieve.nn import build_seeded


@pytest.mark.parametrize(("filters", "weights"), [(64, 1_607_106), (256, 25_696_002), (512, 102_772_226)])
def test_blend2flux_has_the_weights_of_table_2(filters, weights):
    with torch.device("meta"):
        assert count_weights(Blend2Flux(filters)) == weights


def test_the_unet_and_what_follows_it_have_18_5_million_weights():
    with torch.device("meta"):
        unet = UNet()
        assert count_weights(unet) == 7_759_554
        assert count_weights(UNet(masks="overlap")) == 7_759_587
        assert count_weights(Blend2Mask2Flux(unet, Blend2Flux(128, planes=3, dense=256, hidden=3))) == 18_497_092


def test_the_code_s_unet_has_138_3_million_weights():
    with torch.device("meta"):
        assert count_weights(UNet(6, 64, masks="overlap", up=3)) == 138_328_515


def test_other_depths_and_widths_give_two_fluxes_and_masks_of_the_image_s_size():
    images = torch.randn(3, 32, 32)
    assert Blend2Flux(4, 32, depth=3, dense=7, hidden=1)(images).shape == (3, 2)
    assert UNet(3, 4, masks="overlap")(images).shape == (3, 3, 32, 32)
    assert UNet(2, 4, up=3)(images).shape == (3, 2, 32, 32)
    with pytest.raises(ValueError, match="multiple of 16"):
        Blend2Flux(4, 40)


def test_units_change_what_the_network_sees_and_not_in_what_it_answers():
    plain, scaled = (build_seeded(lambda unit=unit: Blend2Flux(4, 16, image_unit=unit, flux_unit=unit), 1)
                     for unit in (1.0, 20.0))  # fmt: skip
    images = torch.randn(2, 16, 16)
    assert torch.allclose(scaled(images), 20 * plain(images / 20))


@pytest.mark.parametrize("masks", ["probabilistic", "thresholded"])
def test_fluxes_teach_the_masks_too(masks):
    network = build_seeded(lambda: Blend2Mask2Flux(UNet(2, 4), Blend2Flux(4, 16, planes=3), masks=masks), 2)
    out = network(torch.randn(2, 16, 16))
    out.flux.sum().backward()
    assert out.log_odds.shape == (2, 2, 16, 16)
    assert network.unet.head.weight.grad.abs().sum() > 0


def test_thresholded_masks_are_zeros_and_ones():
    network = Blend2Mask2Flux(UNet(2, 4), Blend2Flux(4, 16, planes=3), masks="thresholded")
    seen = []
    network.flux.convolutions.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    network(torch.randn(2, 16, 16))
    assert set(seen[0][:, 1:].unique().tolist()) <= {0.0, 1.0}

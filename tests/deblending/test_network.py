import copy

import numpy as np
import torch

from skysieve.deblending.network import LEVELS, FractionNetwork, correlate, fuse_network


def look(network, image, places):
    places = torch.tensor(places, dtype=torch.float32)
    psf = torch.tensor([[3.0, 0.0, 0.0]])
    with torch.inference_mode():
        return network(torch.from_numpy(image)[None], psf, places, torch.zeros(len(places), dtype=torch.long))


def draw(places, side=64):
    y, x = np.mgrid[:side, :side]
    light = sum(50 * np.exp(-((x - px) ** 2 + (y - py) ** 2) / 12) for px, py in places)
    return light.astype(np.float32)


def test_light_is_conserved(network):
    places = [(20.0, 30.0), (33.0, 28.0), (40.0, 44.0)]
    out = look(network, draw(places), places)
    np.testing.assert_allclose(out.share.sum(0), 1, rtol=1e-5)
    assert (out.share >= 0).all()


def test_one_source_gets_all_the_light(network):
    out = look(network, draw([(30.0, 30.0)]), [(30.0, 30.0)])
    np.testing.assert_allclose(out.share, 1, rtol=1e-6)


def test_the_order_of_sources_does_not_matter(network):
    places = [(20.0, 30.0), (33.0, 28.0), (40.0, 44.0)]
    one, other = look(network, draw(places), places), look(network, draw(places), places[::-1])
    np.testing.assert_allclose(one.quantiles, other.quantiles.flip(0), atol=1e-4)


def test_blends_of_a_batch_do_not_see_each_other(network):
    places = [(20.0, 30.0), (33.0, 28.0)]
    alone = look(network, draw(places), places)
    images = torch.from_numpy(np.stack([draw(places), draw([(50.0, 50.0)])]))
    with torch.inference_mode():
        both = network(
            images, torch.tensor([[3.0, 0, 0]] * 2), torch.tensor([*places, (50.0, 50.0)]), torch.tensor([0, 0, 1])
        )
    np.testing.assert_allclose(both.quantiles[:2], alone.quantiles, atol=1e-4)


def test_quantiles_rise(network):
    places = [(20.0, 30.0), (33.0, 28.0)]
    quantiles = look(network, draw(places), places).quantiles
    assert quantiles.shape == (2, len(LEVELS))
    assert (np.diff(quantiles) > 0).all()


def test_a_source_moves_with_its_image(network):
    places = [(20.0, 30.0), (33.0, 28.0)]
    moved = [(x + 16, y) for x, y in places]
    one, other = look(network, draw(places, 96), places), look(network, draw(moved, 96), moved)
    np.testing.assert_allclose(one.quantiles, other.quantiles, atol=0.05)


def test_blank_and_bright_images_give_finite_numbers(network):
    for image in (np.zeros((64, 64), np.float32), np.full((64, 64), 1e6, np.float32), -draw([(30.0, 30.0)])):
        out = look(network, image, [(30.0, 30.0), (30.0, 30.0)])
        assert torch.isfinite(out.quantiles).all()
        assert torch.isfinite(out.share).all()


def test_a_fused_network_says_the_same(network):
    places = [(20.0, 30.0), (33.0, 28.0)]
    fused = fuse_network(copy.deepcopy(network))
    one, other = (look(each, draw(places), places) for each in (network, fused))
    np.testing.assert_allclose(one.quantiles, other.quantiles, atol=1e-4)
    assert len(list(fused.modules())) < len(list(network.modules()))


def test_correlations_are_bounded_and_mutual():
    bond = torch.randn(4, 8) * 5
    one, other = torch.tensor([0, 1]), torch.tensor([2, 3])
    found = correlate(bond, one, other)
    assert (found.abs() < 0.951).all()
    np.testing.assert_allclose(found, correlate(bond, other, one))


def test_the_network_has_the_widths_it_was_given():
    few, many = (
        sum(one.numel() for one in FractionNetwork(widths).parameters()) for widths in ((8, 8, 8), (32, 48, 64))
    )
    assert few < many / 3

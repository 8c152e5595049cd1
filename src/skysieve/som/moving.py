"""Neurons that move toward one image after the other, in the basis of the square's symmetry.

A quarter turn or flip permutes the coefficients of an image and changes their signs. So the rotations that serve to
compare an image with the neurons serve to move them as well, and no image is drawn twice.
"""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int

from skysieve.som.drawing import find_group
from skysieve.som.interpolation import Plan, Table
from skysieve.som.products import list_group
from skysieve.som.regions import make_region
from skysieve.som.symmetry import FOLD, UNFOLD, find_orbits

_ROWS, _SIGNS = [0, 1, 2, 3, 4, 5, 7, 6], np.array([1, 1, 1, 1, 1, 1, 1, -1])
"""A1, A2, B1, B2, then the pairs (c+, s-) and (s+, -c-), from the rows of `FOLD`."""

_PRODUCTS = UNFOLD[:, [0, 1, 2, 3, 4, 7, 5, 6]] * _SIGNS[[0, 1, 2, 3, 4, 5, 7, 6]]
"""`UNFOLD` for products A1, A2, B1, B2, then first pair with first and second, second pair with first and second."""


def _list_sources() -> tuple[np.ndarray, np.ndarray]:
    """Which coefficient, with which sign, stands at each place of an oriented image; orientations are rows."""
    source, sign = np.tile(np.arange(8), (8, 1)), np.ones((8, 8))
    sign[:, :4] = UNFOLD[:, :4]
    for group, (first, second, third, fourth) in enumerate(_PRODUCTS[:, 4:]):
        source[group, 4:] = [4, 5, 6, 7] if first else [6, 7, 4, 5]
        sign[group, 4:] = [first + second] * 2 + [third + fourth] * 2
    return source, sign


SOURCE, SIGN = _list_sources()


@dataclass(frozen=True)
class Shown:
    """One image in the basis, in every rotation inside a quarter turn.

    Attributes
    ----------
    single, pair
        A1, A2, B1, B2, and (c+, s-, s+, -c-), each of all channels one after the other.
    border
        Border pixels of the 8 orientations.
    square
        Sum of squares of the coefficients.
    """

    single: Float[torch.Tensor, "step 4 coefficient"]
    pair: Float[torch.Tensor, "step 4 coefficient"]
    border: Float[torch.Tensor, "step 8 pixel"]
    square: Float[torch.Tensor, " step"]


@dataclass(frozen=True)
class Movers:
    """Neurons in the basis, moved in place; in the order of `Shown`."""

    single: Float[torch.Tensor, "neuron 4 coefficient"]
    pair: Float[torch.Tensor, "neuron 4 coefficient"]
    border: Float[torch.Tensor, "neuron pixel"]

    def measure_norm(self) -> Float[torch.Tensor, " neuron"]:
        """Sum squares over the region."""
        core = self.single.square().sum(dim=2).sum(dim=1) + self.pair.square().sum(dim=2).sum(dim=1)
        return core + self.border.square().sum(dim=1)


@dataclass(frozen=True)
class Bench:
    """Tables of one geometry and number of channels.

    Attributes
    ----------
    blocks
        From a folded source to coefficients (kind, step, coefficient) and border pixels (step, orientation).
    inward, outward
        From the pixels of the region to coefficients and border, and back; one channel.
    """

    plan: Plan
    channels: int
    blocks: tuple[tuple[int, Table, Table], ...]
    inward: Table
    outward: Table


def make_bench(plan: Plan, channels: int) -> Bench:
    """Order the tables of a plan for one image at a time."""
    device = plan.device
    sources = plan.folding.index.shape[0]
    order, signs = torch.tensor(_ROWS, device=device), torch.from_numpy(_SIGNS).to(plan.basis.weight)
    shift = torch.arange(channels, dtype=torch.int32, device=device)[:, None, None] * sources
    blocks = []
    for block in plan.blocks:
        core = [
            table.view(8, -1, block.steps, table.shape[1])[order] for table in (block.core.index, block.core.weight)
        ]
        index, weight = (table.view(2, 4, *table.shape[1:]).permute(0, 3, 1, 2, 4)[:, :, :, None] for table in core)
        index, weight = index + shift, (weight * signs.view(2, 1, 4, 1, 1, 1)).expand(-1, -1, -1, channels, -1, -1)
        edge = [table.view(8, -1, block.steps, table.shape[1]) for table in (block.border.index, block.border.weight)]
        near, share = (table.permute(2, 0, 1, 3)[:, :, None] for table in edge)
        near, share = near + shift, share.expand(-1, -1, channels, -1, -1)
        blocks.append((block.steps, _flatten(index, weight), _flatten(near, share)))
    return Bench(plan, channels, tuple(blocks), *_tabulate_basis(plan))


def _flatten(index: torch.Tensor, weight: torch.Tensor) -> Table:
    entries = index.shape[-1]
    return Table(index.reshape(-1, entries).contiguous(), weight.reshape(-1, entries).contiguous())


def _tabulate_basis(plan: Plan) -> tuple[Table, Table]:
    """Tables between the region's pixels, and coefficients followed by the border."""
    region = make_region(plan.geometry)
    orbits, pixels = find_orbits(region), np.flatnonzero(region)
    core, border = np.searchsorted(pixels, orbits.core), np.searchsorted(pixels, orbits.border)
    fold, count = FOLD[_ROWS] * _SIGNS[:, None], core.shape[1]
    inward = np.broadcast_to(core.T, (8, count, 8)).reshape(-1, 8)
    share = (fold[:, None] * orbits.scale[:, None]).reshape(-1, 8)
    inward = np.concatenate([inward, np.repeat(border[:, None], 8, axis=1)])
    share = np.concatenate([share, np.tile(np.eye(8)[:1], (len(border), 1))])
    outward, back = np.zeros((len(pixels), 8), int), np.zeros((len(pixels), 8))
    outward[core] = np.arange(8) * count + np.arange(count)[:, None]
    back[core] = fold.T[:, None] / orbits.scale[:, None]
    outward[border], back[border] = 8 * count + np.arange(len(border))[:, None], np.eye(8)[0]
    return _place(inward, share, plan), _place(outward, back, plan)


def _place(index: np.ndarray, weight: np.ndarray, plan: Plan) -> Table:
    near = torch.from_numpy(index.astype(np.int32)).to(plan.device)
    return Table(near, torch.from_numpy(weight).to(plan.basis.weight))


def fold_movers(neurons: Float[torch.Tensor, "neuron channel pixel"], bench: Bench) -> Movers:
    """Expand neurons in the basis, from their pixels in the region."""
    count, border = len(neurons), len(bench.plan.border)
    parts = [bench.inward.apply(channel.T.contiguous()).T for channel in neurons.unbind(1)]
    core = torch.stack([part[:, : part.shape[1] - border].reshape(count, 8, -1) for part in parts], dim=2).flatten(2)
    edge = torch.stack([part[:, part.shape[1] - border :] for part in parts], dim=1)
    return Movers(core[:, :4].contiguous(), core[:, 4:].contiguous(), edge.reshape(count, -1).contiguous())


def draw_movers(
    movers: Movers, chosen: Int[torch.Tensor, " chosen"], bench: Bench
) -> Float[torch.Tensor, "chosen channel pixel"]:
    """Draw chosen neurons in the region."""
    count, channels = len(chosen), bench.channels
    core = torch.cat([movers.single[chosen], movers.pair[chosen]], dim=1).view(count, 8, channels, -1)
    edge = movers.border[chosen].view(count, channels, -1)
    sources = torch.cat([core.transpose(1, 2).flatten(2), edge], dim=2).permute(1, 2, 0).contiguous()
    return torch.stack([bench.outward.apply(source) for source in sources]).permute(2, 0, 1)


def fold_shown(images: Float[torch.Tensor, "image channel y x"], bench: Bench) -> list[Shown]:
    """Rotate images together, straight into coefficients; bad pixels count as 0."""
    count, images = len(images), images.nan_to_num(nan=0.0)
    source = torch.cat([bench.plan.folding.apply(one.reshape(count, -1).T.contiguous()) for one in images.unbind(1)])
    steps = bench.plan.geometry.steps
    rows = sum(len(core.index) for _, core, _ in bench.blocks) // 2
    single, pair = images.new_empty((count, rows)), images.new_empty((count, rows))
    edge = images.new_empty((count, sum(len(border.index) for _, _, border in bench.blocks)))
    turn, at, side = torch.eye(count).to(images), 0, 0
    for _, core, border in bench.blocks:
        half, near = len(core.index) // 2, len(border.index)
        folded = core.apply(source)
        _transpose(folded[:half], turn, single[:, at : at + half])
        _transpose(folded[half:], turn, pair[:, at : at + half])
        at += half
        if near:
            _transpose(border.apply(source), turn, edge[:, side : side + near])
            side += near
    shapes = [part.view(count, steps, axis, -1) for part, axis in ((single, 4), (pair, 4))]
    borders = (
        edge.view(count, steps, 8, -1) if edge.shape[1] else edge.view(count, 0, 8, 0).new_zeros((count, steps, 8, 0))
    )
    return [_show(*one) for one in zip(*shapes, borders, strict=True)]


def _transpose(block: torch.Tensor, one: torch.Tensor, out: torch.Tensor) -> None:
    """Transpose a tall block; on a processor the product with one is the fastest way, and exact."""
    if block.is_cuda:
        out.copy_(block.T)
    else:
        torch.mm(one, block.T, out=out)


def _show(single: torch.Tensor, pair: torch.Tensor, border: torch.Tensor) -> Shown:
    square = single.square().sum(dim=2).sum(dim=1) + pair.square().sum(dim=2).sum(dim=1)
    return Shown(single, pair, border, square)


def score_shown(
    image: Shown, movers: Movers, plan: Plan
) -> tuple[Float[torch.Tensor, "orientation neuron step"], Float[torch.Tensor, " step"]]:
    """Squared distances less the neurons' own norms, and the largest norm of each rotation; as `products.score_block`.

    Notes
    -----
    A1, the sums, and the norms are put together in float64: light of one sign would lose most of its digits there.
    """
    group, count, steps = list_group(plan), len(movers.single), len(image.single)
    single = image.single.permute(1, 2, 0)
    products = image.single.new_empty((8, count, steps))
    products[0] = torch.addmm(image.square.double(), movers.single[:, 0].double(), single[0].double(), beta=-0.5)
    torch.bmm(movers.single.transpose(0, 1)[1:], single[1:], out=products[1:4])
    pairs = torch.mm(movers.pair.view(2 * count, -1), image.pair.view(2 * steps, -1).T)
    products[4:].view(2, 2, count, steps).copy_(pairs.view(count, 2, steps, 2).permute(1, 3, 0, 2))
    used = torch.from_numpy(-2.0 * _PRODUCTS[group]).to(products)
    scores = torch.mm(used, products.view(8, -1)).view(len(used), count, steps)
    if not image.border.shape[2]:
        return scores, image.square
    edge = image.border[:, group]
    squares = edge.square().sum(dim=2)
    cross = torch.mm(movers.border, edge.reshape(steps * len(group), -1).T).view(count, steps, -1)
    scores += (squares - 2 * cross).permute(2, 0, 1)
    return scores, image.square + squares.amax(dim=1)


def move(
    movers: Movers, image: Shown, orientation: Int[torch.Tensor, " neuron"], *,
    weight: Float[torch.Tensor, " neuron"], plan: Plan,
) -> None:  # fmt: skip
    """Move every neuron toward the image in its own orientation."""
    step, group = orientation % plan.geometry.steps, find_group(orientation, plan.geometry)
    source, sign = torch.from_numpy(SOURCE).to(step)[group], torch.from_numpy(SIGN).to(weight)[group]
    for kind, (stay, table) in enumerate(((movers.single, image.single), (movers.pair, image.pair))):
        some = slice(4 * kind, 4 * kind + 4)
        rows = (step[:, None] * 4 + source[:, some] - 4 * kind).view(-1, 1)
        taken = torch.nn.functional.embedding_bag(
            rows, table.view(-1, table.shape[2]), mode="sum", per_sample_weights=sign[:, some].reshape(-1, 1)
        )
        stay.lerp_(taken.view(stay.shape), weight[:, None, None])
    if image.border.shape[2]:
        movers.border.lerp_(image.border[step, group], weight[:, None])

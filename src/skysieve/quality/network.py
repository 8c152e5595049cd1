"""The networks: M1 sees pixels, M2 counts, M3 both, as published; `ViewNetwork` sees each cutout alike, and more."""

from typing import final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from skysieve.nn import Mlp
from skysieve.quality.labels import CLASSES
from skysieve.quality.recipe import Variant


@final
class PaperNetwork(nn.Module):
    """M1, M2 or M3 of Teimoorinia et al. (2021), Figure 9: five convolutional layers, then fully connected ones.

    Parameters
    ----------
    clusters, side : int
        Cutouts of a detector, and pixels of a side; they stand side by side in one image.
    counts : int
        Numbers of sources: one a cluster, or one a neuron.
    pixels, hits : bool
        Whether it sees the representative image, and the counts.
    filters : sequence of int
        Of the five convolutional layers; the paper does not give them.
    hidden : int
        Width of the fully connected layer.
    """

    def __init__(
        self,
        *,
        clusters: int,
        side: int,
        counts: int,
        pixels: bool,
        hits: bool,
        filters: tuple[int, int, int, int, int] = (16, 16, 32, 32, 64),
        hidden: int = 64,
    ) -> None:
        super().__init__()
        if not (pixels or hits):
            raise ValueError("a network sees pixels, hits, or both; it was given neither")
        self.pixels, self.hits = pixels, hits
        layers: list[nn.Module] = []
        high, wide, before = side, side * clusters, 1
        for number, after in enumerate(filters if pixels else ()):
            layers += [nn.Conv2d(before, after, 3, padding=1), nn.ReLU()]
            if number < 4:
                layers.append(nn.MaxPool2d(2))
                high, wide = high // 2, wide // 2
            before = after
        self.convolutions = nn.Sequential(*layers)
        flat = (filters[-1] * high * wide if pixels else 0) + (counts if hits else 0)
        self.dense = nn.Sequential(nn.Linear(flat, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU())
        self.head = nn.Linear(hidden, len(CLASSES))

    def embed(
        self,
        cutouts: Float[Tensor, "batch cluster y x"],
        counts: Float[Tensor, "batch count"],
        stack: Float[Tensor, "batch v u"],
        statistics: Float[Tensor, "batch statistic"],
    ) -> Float[Tensor, "batch hidden"]:
        """Return what the last layer is given; stack and statistics are not looked at."""
        del stack, statistics
        parts = []
        if self.pixels:
            image = cutouts.permute(0, 2, 1, 3).flatten(2)[:, None]
            parts.append(self.convolutions(image).flatten(1))
        if self.hits:
            parts.append(counts)
        embedded: Tensor = self.dense(torch.cat(parts, dim=1))
        return embedded

    def forward(
        self,
        cutouts: Float[Tensor, "batch cluster y x"],
        counts: Float[Tensor, "batch count"],
        stack: Float[Tensor, "batch v u"],
        statistics: Float[Tensor, "batch statistic"],
    ) -> Float[Tensor, "batch class"]:
        """Return logits of ``CLASSES``."""
        logits: Tensor = self.head(self.embed(cutouts, counts, stack, statistics))
        return logits


@final
class ViewNetwork(nn.Module):
    """One small network for every cutout and attention over them, one for the mean star, one for all numbers.

    Parameters
    ----------
    clusters, counts, statistics : int
        Cutouts, numbers of sources and statistics of a detector.
    width : int
        Features of a cutout.
    hidden : int
        Width of the layers at the end.
    """

    def __init__(self, *, clusters: int, counts: int, statistics: int, width: int = 48, hidden: int = 128) -> None:
        super().__init__()
        self.look, self.look_at_star = _make_eye(width), _make_eye(width)
        self.place = nn.Parameter(torch.zeros(clusters, width))
        self.weigh = nn.Linear(width, 2)
        self.count = Mlp([counts, width, width], dropout=0.2)
        self.numbers = Mlp([2 * statistics, hidden, hidden], dropout=0.1)
        self.join = Mlp([5 * width + hidden, hidden, len(CLASSES)], dropout=0.2)

    def embed(
        self,
        cutouts: Float[Tensor, "batch cluster y x"],
        counts: Float[Tensor, "batch count"],
        stack: Float[Tensor, "batch v u"],
        statistics: Float[Tensor, "batch statistic"],
    ) -> Float[Tensor, "batch hidden"]:
        """Return what the last layer is given."""
        batch, clusters, *side = cutouts.shape
        present = cutouts.abs().amax(dim=(2, 3)) > 0
        # Empty clusters are not looked at, which saves a third of the work.
        seen = cutouts.new_zeros(batch * clusters, self.place.shape[1])
        seen[present.flatten()] = self.look(cutouts.reshape(batch * clusters, 1, *side)[present.flatten()])
        seen = (seen.view(batch, clusters, -1) + self.place) * present[:, :, None]
        score = self.weigh(seen).masked_fill(~present[:, :, None], -1e4).softmax(dim=1)
        pooled = torch.einsum("bch,bcw->bhw", score, seen).flatten(1)
        mean = seen.sum(dim=1) / present.sum(dim=1, keepdim=True).clamp(min=1)
        known = statistics.isfinite()
        numbers = torch.cat([torch.where(known, statistics, 0.0), known.to(counts.dtype)], dim=1)
        star = self.look_at_star(stack[:, None])
        return self.join.embed(torch.cat([pooled, mean, star, self.count(counts), self.numbers(numbers)], dim=1))

    def forward(
        self,
        cutouts: Float[Tensor, "batch cluster y x"],
        counts: Float[Tensor, "batch count"],
        stack: Float[Tensor, "batch v u"],
        statistics: Float[Tensor, "batch statistic"],
    ) -> Float[Tensor, "batch class"]:
        """Return logits of ``CLASSES``."""
        logits: Tensor = self.join.head(self.embed(cutouts, counts, stack, statistics))
        return logits


def _make_eye(width: int) -> nn.Sequential:
    """Make the network that looks at one small picture."""
    return nn.Sequential(
        nn.Conv2d(1, 12, 5, stride=2, padding=2), nn.GELU(),
        nn.Conv2d(12, 24, 3, stride=2, padding=1), nn.GELU(),
        nn.Conv2d(24, width, 3, padding=1), nn.GELU(), nn.AdaptiveAvgPool2d(3), nn.Flatten(),
        nn.Linear(9 * width, width), nn.GELU(),
    )  # fmt: skip


def make_network(
    variant: Variant, *, clusters: int, side: int, counts: int, statistics: int
) -> PaperNetwork | ViewNetwork:
    """Build one of the networks by its name, its first weights from the dice of PyTorch."""
    if variant == "view":
        return ViewNetwork(clusters=clusters, counts=counts, statistics=statistics)
    pixels, hits = variant in {"m1", "m3"}, variant in {"m2", "m3"}
    return PaperNetwork(clusters=clusters, side=side, counts=counts, pixels=pixels, hits=hits)

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
    """What the numbers of a detector and its mean star say, and what its cutouts and counts add to it.

    Parameters
    ----------
    clusters, counts, statistics : int
        Cutouts, numbers of sources and statistics of a detector.
    width : int
        Features of a cutout.
    hidden : int
        Width of the layers.

    Notes
    -----
    The two parts give logits that are added; those of the second begin at zero. Trained together from the start the
    second learns its training set by heart, so it learns when the first is done.
    """

    def __init__(self, *, clusters: int, counts: int, statistics: int, width: int = 32, hidden: int = 192) -> None:
        super().__init__()
        self.look_at_star = _make_eye(width)
        self.numbers = Mlp([2 * statistics + width, hidden, hidden, hidden, len(CLASSES)], dropout=0.2)
        self.look = _make_eye(width)
        self.place = nn.Parameter(torch.zeros(clusters, width))
        self.weigh = nn.Linear(width, 2)
        self.count = Mlp([counts, width, width], dropout=0.3)
        self.add = Mlp([4 * width, 2 * width, len(CLASSES)], dropout=0.3)
        nn.init.zeros_(self.add.head.weight)
        nn.init.zeros_(self.add.head.bias)

    def embed(
        self,
        cutouts: Float[Tensor, "batch cluster y x"],
        counts: Float[Tensor, "batch count"],
        stack: Float[Tensor, "batch v u"],
        statistics: Float[Tensor, "batch statistic"],
    ) -> Float[Tensor, "batch hidden"]:
        """Return what the last layer of the first part is given; cutouts and counts are not looked at."""
        del cutouts, counts
        known = statistics.isfinite()
        numbers = torch.cat([torch.where(known, statistics, 0.0), known.to(stack.dtype)], dim=1)
        return self.numbers.embed(torch.cat([numbers, self.look_at_star(stack[:, None])], dim=1))

    def forward(
        self,
        cutouts: Float[Tensor, "batch cluster y x"],
        counts: Float[Tensor, "batch count"],
        stack: Float[Tensor, "batch v u"],
        statistics: Float[Tensor, "batch statistic"],
    ) -> Float[Tensor, "batch class"]:
        """Return logits of ``CLASSES``."""
        logits: Tensor = self.numbers.head(self.embed(cutouts, counts, stack, statistics))
        head = self.add.head.weight
        if head.requires_grad or bool(head.any()):
            logits = logits + self._look_on(cutouts, counts)
        return logits

    def _look_on(
        self, cutouts: Float[Tensor, "batch cluster y x"], counts: Float[Tensor, "batch count"]
    ) -> Float[Tensor, "batch class"]:
        """Return what cutouts and counts add: attention over the cutouts that are there."""
        batch, clusters, *side = cutouts.shape
        present = cutouts.abs().amax(dim=(2, 3)) > 0
        seen = cutouts.new_zeros(batch * clusters, self.place.shape[1])
        seen[present.flatten()] = self.look(cutouts.reshape(batch * clusters, 1, *side)[present.flatten()])
        seen = (seen.view(batch, clusters, -1) + self.place) * present[:, :, None]
        score = self.weigh(seen).masked_fill(~present[:, :, None], -1e4).softmax(dim=1)
        pooled = torch.einsum("bch,bcw->bhw", score, seen).flatten(1)
        mean = seen.sum(dim=1) / present.sum(dim=1, keepdim=True).clamp(min=1)
        added: Tensor = self.add(torch.cat([pooled, mean, self.count(counts)], dim=1))
        return added


NUMBERS, LOOKS = ("look_at_star", "numbers"), ("look", "place", "weigh", "count", "add")
"""The two parts of `ViewNetwork`, by their modules."""


def _make_eye(width: int) -> nn.Sequential:
    """Make the network that looks at one small picture."""
    return nn.Sequential(
        nn.Conv2d(1, 12, 5, stride=2, padding=2), nn.GELU(),
        nn.Conv2d(12, 24, 3, stride=2, padding=1), nn.GELU(),
        nn.Conv2d(24, width, 3, padding=1), nn.GELU(), nn.AdaptiveAvgPool2d(3), nn.Flatten(), nn.Dropout(0.3),
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

"""A network with all that it needs besides its weights: the map of sources, the scales of its inputs, its limits."""

from typing import Literal, final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from skysieve.quality.fingerprint import FingerprintRecipe, SourceMap
from skysieve.quality.network import make_network
from skysieve.quality.promises import KNOWN
from skysieve.quality.recipe import Variant
from skysieve.quality.statistics import STATISTICS, UNSEEN

WIDE = (
    "noise_excess", "structure_8", "structure_16", "structure_32", "structure_64", "gradient", "half_step"
)  # fmt: skip
"""Statistics that are seen as ln(1 + value), since they run over many powers of ten."""

CLIP = 6.0
"""Statistics farther than this from the training set's median [half widths of its middle 68 %] count as that far."""


BRIGHTER = 100.0
"""By this the mean star is multiplied before it is seen as the inverse hyperbolic sine; its sum is one."""


@final
class Judge(nn.Module):
    """What is seen of a detector in, logits of the classes out.

    Parameters
    ----------
    source_map : SourceMap
        With clusters; kept as buffers, so that weights hold all that is needed to judge.
    statistics : array, shape (row, statistic)
        Of the training set, from which the scales are taken.
    variant : {"m1", "m2", "m3", "view"}
        The network inside.
    counts : {"clusters", "neurons"}
        What it sees of the counts.
    side : int
        Of cutouts [pixel].

    Notes
    -----
    ``conformal`` (threshold, coverage, samples, for each of ``KNOWN``) and ``boundary`` of the probability of being
    good are set after training.
    """

    neurons: Tensor
    center: Tensor
    scale: Tensor
    cluster: Tensor
    middle: Tensor
    width: Tensor
    unseen: Tensor
    conformal: Tensor
    boundary: Tensor

    def __init__(
        self,
        source_map: SourceMap,
        statistics: Float[Tensor, "row statistic"],
        *,
        variant: Variant,
        counts: Literal["clusters", "neurons"],
        side: int = FingerprintRecipe.side,
    ) -> None:
        super().__init__()
        self.merged = counts == "clusters"
        for name in ("neurons", "center", "scale"):
            self.register_buffer(name, torch.as_tensor(getattr(source_map, name), dtype=torch.float32))
        self.register_buffer("cluster", torch.as_tensor(source_map.cluster, dtype=torch.int64))
        spread = _spread(statistics)
        low, middle, high = (torch.nanquantile(spread, q, dim=0).nan_to_num(0.0) for q in (0.16, 0.5, 0.84))
        self.register_buffer("middle", middle)
        self.register_buffer("width", torch.where(high > low, (high - low) / 2, torch.ones_like(low)))
        self.register_buffer("unseen", torch.tensor([name in UNSEEN for name in STATISTICS]), persistent=False)
        self.register_buffer("conformal", torch.tensor([[float("inf"), 0.0, 0.0]] * len(KNOWN)))
        self.register_buffer("boundary", torch.tensor(0.5))
        clusters = source_map.n_clusters
        seen = clusters if self.merged else len(source_map.cluster)
        self.network = make_network(variant, clusters=clusters, side=side, counts=seen, statistics=len(STATISTICS))

    def forward(
        self,
        cutouts: Float[Tensor, "batch cluster y x"],
        hits: Float[Tensor, "batch neuron"],
        stack: Float[Tensor, "batch v u"],
        statistics: Float[Tensor, "batch statistic"],
    ) -> Float[Tensor, "batch class"]:
        """Return logits of ``CLASSES``, before calibration."""
        logits: Tensor = self.network(*self.prepare(cutouts, hits, stack, statistics))
        return logits

    def embed(
        self,
        cutouts: Float[Tensor, "batch cluster y x"],
        hits: Float[Tensor, "batch neuron"],
        stack: Float[Tensor, "batch v u"],
        statistics: Float[Tensor, "batch statistic"],
    ) -> Float[Tensor, "batch hidden"]:
        """Return what the distance to the training set is measured in: the last layer's input, and the statistics."""
        seen = self.prepare(cutouts, hits, stack, statistics)
        return torch.cat([self.network.embed(*seen), seen[3].nan_to_num(0.0)], dim=1)

    def prepare(
        self,
        cutouts: Float[Tensor, "batch cluster y x"],
        hits: Float[Tensor, "batch neuron"],
        stack: Float[Tensor, "batch v u"],
        statistics: Float[Tensor, "batch statistic"],
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return the inputs as the network takes them; statistics that are NaN stay so.

        Numbers of sources are scaled to an area of 128 x 128 widths of the usual seeing, so that small and large
        detectors give the same; the mean star is brightened where it is faint.
        """
        hits = hits @ nn.functional.one_hot(self.cluster).to(hits.dtype) if self.merged else hits
        extent = 10 ** statistics[:, [STATISTICS.index("log_extent")]].nan_to_num(0.0)
        scaled = (_spread(statistics) - self.middle) / self.width
        seen = torch.where(self.unseen, torch.nan, scaled.clamp(-CLIP, CLIP))
        return cutouts, torch.log10(1 + hits / extent), torch.arcsinh(stack * BRIGHTER), seen


def _spread(statistics: Float[Tensor, "row statistic"]) -> Float[Tensor, "row statistic"]:
    """Return statistics on the scales on which they are seen."""
    wide = torch.tensor([name in WIDE for name in STATISTICS])
    return torch.where(wide, torch.log1p(statistics.clamp(min=0)), statistics)

"""Blends as the network takes them: images of one size, and the flat list of their sources."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from skysieve.deblending.blending import Blend


class BlendBatch(NamedTuple):
    """A batch of blends with a flat list of their sources.

    ``images`` [batch, y, x]; ``psf`` [batch, 3]; ``places`` [source, 2]; ``blend`` [source] the row of the image;
    ``light`` [source, y, x] without noise; ``log_flux`` [source] of FLUX_AUTO; ``unlisted`` [source] whether another
    one hides behind; ``first``, ``second`` [pair] all pairs of sources of one blend.
    """

    images: Tensor
    psf: Tensor
    places: Tensor
    blend: Tensor
    light: Tensor
    log_flux: Tensor
    unlisted: Tensor
    first: Tensor
    second: Tensor


def collate_blends(blends: Sequence[Blend], *, side: int | None = None) -> BlendBatch:
    """Put blends of one size into a batch.

    Parameters
    ----------
    blends : sequence of Blend
        At least one.
    side : int, optional
        Side of the window that is cut from each around the middle of its sources [pixel]; sources outside of it are
        not listed. By default the whole stamps.
    """
    size = blends[0].image.shape[0] if side is None else side
    cut = [_cut(blend, size) for blend in blends]
    number = [int(inside.sum()) for _, inside in cut]
    images = np.stack([blend.image[window] for blend, (window, _) in zip(blends, cut, strict=True)])
    light = np.concatenate(
        [blend.light[inside][:, *window] for blend, (window, inside) in zip(blends, cut, strict=True)]
    )
    places = np.concatenate([
        np.stack([blend.x - window[1].start, blend.y - window[0].start], 1)[inside]
        for blend, (window, inside) in zip(blends, cut, strict=True)
    ])  # fmt: skip
    flux, unlisted = (
        np.concatenate([getattr(blend, name)[inside] for blend, (_, inside) in zip(blends, cut, strict=True)])
        for name in ("flux", "unlisted")
    )
    first, second = list_pairs(number)
    arrays = (images, np.stack([blend.psf for blend in blends]).astype(np.float32), places.astype(np.float32),
              np.repeat(np.arange(len(blends)), number), light, np.log(flux).astype(np.float32), unlisted, first,
              second)  # fmt: skip
    return BlendBatch(*(torch.from_numpy(np.ascontiguousarray(one)) for one in arrays))


def list_pairs(number: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """Return all pairs of sources of one blend as two arrays of places in the flat list.

    Examples
    --------
    >>> list_pairs([2, 1, 2])
    (array([0, 3]), array([1, 4]))
    """
    start = np.cumsum([0, *number])
    pairs = [np.array(np.triu_indices(count, 1)) + begin for count, begin in zip(number, start, strict=False)]
    first, second = np.concatenate(pairs, axis=1)
    return first, second


def _cut(blend: Blend, size: int) -> tuple[tuple[slice, slice], np.ndarray]:
    """Return the window of a blend, and which of its sources lie in it."""
    room = blend.image.shape[0] - size
    y0, x0 = (int(np.clip(round((one.min() + one.max() - size) / 2), 0, room)) for one in (blend.y, blend.x))
    x, y = blend.x - x0, blend.y - y0
    inside = (x > 2) & (x < size - 3) & (y > 2) & (y < size - 3)
    return (np.s_[y0 : y0 + size], np.s_[x0 : x0 + size]), inside

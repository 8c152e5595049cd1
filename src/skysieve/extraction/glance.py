"""A glance at an image: background and detection by plain sep, and nothing that takes longer."""

from dataclasses import dataclass, fields, replace

import numpy as np
import sep
from jaxtyping import Bool, Float, Int

SUB_OBJECTS = 8192
"""Pieces of one footprint that sep may hold while it parts them."""

RAISES = 4
"""Times that the threshold is doubled where a footprint has too many pieces."""


@dataclass(frozen=True)
class Glance:
    """Sources as sep detects them, in its order, over a background that was taken off.

    ``x``, ``y`` [pixel]; ``a``, ``b`` [pixel] root mean squares along the axes and ``theta`` [rad] from the moments of
    the footprint; ``area`` [pixel] of the footprint; ``flux`` in it and ``peak`` [image unit]; ``background`` at its
    place; ``blended`` where it was parted from another, ``cut`` where the image's edge or bad pixels touch it.
    ``labels`` are footprints by number from 1, 0 on the sky; ``level`` and ``noise`` those of the whole image;
    ``threshold`` what was used, in units of the noise.
    """

    x: Float[np.ndarray, " source"]
    y: Float[np.ndarray, " source"]
    a: Float[np.ndarray, " source"]
    b: Float[np.ndarray, " source"]
    theta: Float[np.ndarray, " source"]
    area: Float[np.ndarray, " source"]
    flux: Float[np.ndarray, " source"]
    peak: Float[np.ndarray, " source"]
    background: Float[np.ndarray, " source"]
    blended: Bool[np.ndarray, " source"]
    cut: Bool[np.ndarray, " source"]
    labels: Int[np.ndarray, "y x"]
    level: float
    noise: float
    threshold: float

    def __len__(self) -> int:
        return len(self.x)

    def take(self, rows: Bool[np.ndarray, " source"]) -> "Glance":
        """Return some of the sources; footprints of the others stay in ``labels``."""
        columns = {one.name: getattr(self, one.name) for one in fields(self)}
        return replace(
            self,
            **{
                name: value[rows]
                for name, value in columns.items()
                if isinstance(value, np.ndarray) and value.ndim == 1
            },
        )


def glance(
    image: Float[np.ndarray, "y x"],
    bad: Bool[np.ndarray, "y x"],
    *,
    threshold: float = 2.5,
    least_area: int = 5,
    cell: int = 64,
) -> Glance:
    """Detect sources.

    Parameters
    ----------
    image : ndarray, shape (y, x)
        Any unit; pixels that are not finite must be among the bad ones.
    bad : ndarray of bool, shape (y, x)
        Left out of background and detection.
    threshold : float
        Detection threshold [noise of a pixel].
    least_area : int
        Pixels of the smallest footprint.
    cell : int
        Side of a cell of the background's mesh [pixel].

    Returns
    -------
    Glance
        Without a source where there is none, where all pixels are bad, or where none has noise.

    Notes
    -----
    Background, detection and deblending of SExtractor (Bertin & Arnouts 1996, A&AS 117, 393) with the defaults of sep.
    Where a field is so crowded that a footprint has more pieces than sep can hold, the threshold is doubled, up to four
    times.
    """
    data = np.ascontiguousarray(np.where(bad, 0, image) if bad.any() else image, dtype=np.float32)
    if bad.all():
        return _find_nothing(data, level=np.nan, noise=np.nan)
    rows, columns = data.shape
    mesh = sep.Background(data, mask=bad if bad.any() else None, bw=min(cell, columns), bh=min(cell, rows))
    if not mesh.globalrms > 0:
        return _find_nothing(data, level=mesh.globalback, noise=mesh.globalrms)
    above = mesh.back()
    np.subtract(data, above, out=above)
    objects, labels, used = _extract(above, bad, noise=mesh.globalrms, threshold=threshold, least_area=least_area)
    rows_in, columns_in = (
        np.clip(np.rint(objects[name]).astype(int), 0, side - 1) for name, side in (("y", rows), ("x", columns))
    )
    return Glance(
        **{name: objects[name].astype(float) for name in ("x", "y", "a", "b", "theta", "flux", "peak")},
        area=objects["npix"].astype(float),
        background=data[rows_in, columns_in].astype(float) - above[rows_in, columns_in],
        blended=(objects["flag"] & sep.OBJ_MERGED) > 0,
        cut=(objects["flag"] & sep.OBJ_TRUNC) > 0,
        labels=labels,
        level=mesh.globalback,
        noise=mesh.globalrms,
        threshold=used,
    )


def _extract(
    data: np.ndarray, bad: np.ndarray, *, noise: float, threshold: float, least_area: int
) -> tuple[np.ndarray, np.ndarray, float]:
    """Detect; with a higher threshold where the field is too crowded for sep."""
    sep.set_extract_pixstack(max(300_000, data.size // 4))
    sep.set_sub_object_limit(SUB_OBJECTS)
    for raised in range(RAISES + 1):
        used = threshold * 2**raised
        try:
            objects, labels = sep.extract(
                data, used, err=noise, mask=bad if bad.any() else None, minarea=least_area, segmentation_map=True
            )
        except Exception as error:  # sep raises plain exceptions
            if "overflow" not in str(error) or raised == RAISES:
                raise
            continue
        return objects, labels, used
    raise AssertionError


def _find_nothing(data: np.ndarray, *, level: float, noise: float) -> Glance:
    names = ("x", "y", "a", "b", "theta", "area", "flux", "peak", "background")
    never = np.zeros(0, bool)
    return Glance(
        **{name: np.zeros(0) for name in names}, blended=never, cut=never,
        labels=np.zeros(data.shape, np.int32), level=level, noise=noise, threshold=np.nan,
    )  # fmt: skip

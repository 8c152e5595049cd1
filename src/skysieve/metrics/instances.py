"""What is in an image: boxes, masks, labels and scores of its objects, true or found."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float, Integer

from skysieve.metrics.checks import require_choice, require_finite, require_same_length

Outline = Literal["boxes", "masks"]


@dataclass(frozen=True)
class Instances:
    """The objects of one image, one row each, in torchvision's terms.

    Parameters
    ----------
    labels : ndarray of int, shape (object,)
        Class.
    boxes : ndarray, shape (object, 4), optional
        x0, y0, x1, y1 [pixel], edges as real numbers: a box around the pixel centers 3 to 5 runs from 2.5 to 5.5.
    masks : ndarray of bool, shape (object, y, x), optional
        True where the object is.
    scores : ndarray, shape (object,), optional
        Belief in the object; wanted of what was found.

    Raises
    ------
    ValueError
        When lengths differ, a number is NaN or infinite, or a box ends before it begins.
    """

    labels: Integer[np.ndarray, " object"]
    boxes: Float[np.ndarray, "object 4"] | None = None
    masks: Bool[np.ndarray, "object y x"] | None = None
    scores: Float[np.ndarray, " object"] | None = None

    def __post_init__(self) -> None:
        given = {"labels": self.labels, "boxes": self.boxes, "masks": self.masks, "scores": self.scores}
        require_same_length(**{name: values for name, values in given.items() if values is not None})
        if self.boxes is not None:
            require_boxes("boxes", self.boxes)
        if self.scores is not None:
            require_finite("scores", self.scores)


def require_boxes(name: str, boxes: Float[np.ndarray, "object 4"]) -> None:
    """Refuse boxes with NaN, and such as end before they begin."""
    require_finite(name, boxes)
    turned = (boxes[:, 2:] < boxes[:, :2]).any(axis=1)
    if turned.any():
        raise ValueError(f"{name}: {int(turned.sum())} of {len(boxes)} end before they begin; "
                         "give x0, y0, x1, y1 with x0 <= x1 and y0 <= y1")  # fmt: skip


def pair_images(
    truth: Iterable[Instances], found: Iterable[Instances], by: Outline
) -> Iterator[tuple[int, Instances, Instances]]:
    """Walk through the images: number, true objects, found objects; refuse where the outlines or scores are absent."""
    require_choice("by", by, Outline)
    for n, (true, seen) in enumerate(zip_longest(truth, found)):
        if true is None or seen is None:
            raise ValueError(f"{'truth' if true is None else 'found'}: only {n} images; give one entry an image in "
                             "both lists, an empty one where there is nothing")  # fmt: skip
        for name, instances in (("truth", true), ("found", seen)):
            if (instances.boxes if by == "boxes" else instances.masks) is None:
                raise ValueError(f"{name}, image {n}: no {by} given; give them, or match by the other outline")
        if seen.scores is None:
            raise ValueError(f"found, image {n}: no scores given; give a score an object")
        yield n, true, seen

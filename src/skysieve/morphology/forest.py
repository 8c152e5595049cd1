"""A random forest as plain arrays: what scikit-learn grew, walked through without it."""

from dataclasses import dataclass
from typing import Any, final

import numpy as np
from jaxtyping import Float, Float32, Float64, Int32, Integer

ROWS_AT_ONCE = 16384


@final
@dataclass(frozen=True, eq=False)
class Forest:
    """Decision trees, one after the other in arrays of all their nodes.

    Attributes
    ----------
    root
        First node of each tree.
    feature
        Feature that a node asks for, -1 in leaves.
    threshold
        An object goes left where its feature, in 32 bits, is at most this.
    left, right
        Nodes below; a leaf leads to itself.
    share
        Of the training objects of each class in a node; rows sum to 1.
    """

    root: Int32[np.ndarray, " tree"]
    feature: Int32[np.ndarray, " node"]
    threshold: Float64[np.ndarray, " node"]
    left: Int32[np.ndarray, " node"]
    right: Int32[np.ndarray, " node"]
    share: Float64[np.ndarray, "node label"]


def grow_forest(
    features: Float[np.ndarray, "object feature"],
    labels: Integer[np.ndarray, " object"],
    *,
    classes: int,
    trees: int = 100,
    leaf: int = 2,
    seed: int = 0,
) -> Forest:
    """Grow a random forest (Breiman 2001), with scikit-learn.

    Parameters
    ----------
    labels
        0 .. classes - 1; a class without an object has the probability 0.
    trees, leaf
        Number of trees, objects in a leaf at least; a split chooses from as many features as the root of their number.
    """
    from sklearn.ensemble import RandomForestClassifier  # noqa: PLC0415 -- takes a second, which applying need not

    grown = RandomForestClassifier(trees, min_samples_leaf=leaf, random_state=seed)
    grown.fit(features.astype(np.float32), labels)
    return _list_nodes([one.tree_ for one in grown.estimators_], grown.classes_, classes)


def _list_nodes(trees: list[Any], present: Integer[np.ndarray, " present"], classes: int) -> Forest:
    sizes = np.array([tree.node_count for tree in trees])
    roots = np.cumsum(sizes) - sizes
    share = np.zeros((sizes.sum(), classes))
    weight = np.concatenate([tree.value[:, 0] for tree in trees])
    share[:, present] = weight / weight.sum(axis=1, keepdims=True)
    node = np.arange(sizes.sum())
    below = [
        np.concatenate([getattr(tree, name) + root for tree, root in zip(trees, roots, strict=True)])
        for name in ("children_left", "children_right")
    ]
    feature = np.concatenate([tree.feature for tree in trees])
    left, right = (np.where(feature < 0, node, one).astype(np.int32) for one in below)
    return Forest(
        roots.astype(np.int32), np.maximum(feature, -1).astype(np.int32),
        np.concatenate([tree.threshold for tree in trees]).astype(np.float64), left, right, share,
    )  # fmt: skip


def apply_forest(forest: Forest, features: Float[np.ndarray, "object feature"]) -> Float64[np.ndarray, "object label"]:
    """Return the mean share of each class in the leaves that an object ends in, as scikit-learn's ``predict_proba``."""
    single = features.astype(np.float32)
    parts = [single[start : start + ROWS_AT_ONCE] for start in range(0, len(single), ROWS_AT_ONCE)]
    empty = np.zeros((0, forest.share.shape[1]))
    return np.concatenate([empty, *(_average_leaves(forest, part) for part in parts)])


def _average_leaves(
    forest: Forest, features: Float32[np.ndarray, "object feature"]
) -> Float64[np.ndarray, "object label"]:
    rows = np.arange(len(features))
    total = np.zeros((len(features), forest.share.shape[1]))
    for root in forest.root:
        node = np.full(len(features), root)
        while (forest.feature[node] >= 0).any():
            goes_left = features[rows, forest.feature[node]] <= forest.threshold[node]
            node = np.where(goes_left, forest.left[node], forest.right[node])
        total += forest.share[node]
    return total / len(forest.root)

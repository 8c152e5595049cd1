import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skysieve.training import split_folds, split_groups

HALVES = {"train": 0.5, "test": 0.5}
SEEDS = st.integers(0, 1000)


@given(rows=st.permutations(range(120)), seed=SEEDS)
def test_a_split_does_not_depend_on_the_order_of_rows(rows, seed):
    groups = np.array([f"g{row % 30}" for row in range(120)])
    parts, turned = split_groups(groups, HALVES, seed), split_groups(groups[rows], HALVES, seed)
    np.testing.assert_array_equal(turned["train"], parts["train"][rows])
    np.testing.assert_array_equal(split_folds(groups[rows], 4, seed), split_folds(groups, 4, seed)[rows])


@given(seed=SEEDS)
def test_groups_never_part_and_no_object_is_lost(seed):
    groups = np.random.default_rng(seed).integers(0, 40, 400)
    parts = split_groups(groups, {"train": 3, "validation": 1, "test": 1}, seed)
    np.testing.assert_array_equal(sum(part.astype(int) for part in parts.values()), 1)
    for part in parts.values():
        assert not set(groups[part]) & set(groups[~part])


@given(seed=SEEDS)
def test_new_groups_move_no_old_one(seed):
    few, many = np.arange(100), np.arange(300)
    np.testing.assert_array_equal(
        split_groups(few, HALVES, seed)["train"], split_groups(many, HALVES, seed)["train"][:100]
    )


def test_the_shares_of_many_groups_are_those_that_were_asked_for():
    parts = split_groups(np.arange(10_000), {"a": 0.7, "b": 0.2, "c": 0.1}, 4)
    np.testing.assert_allclose([part.mean() for part in parts.values()], [0.7, 0.2, 0.1], atol=0.015)


@given(seed=SEEDS)
def test_folds_are_whole_groups_of_about_one_size(seed):
    groups = np.random.default_rng(seed).integers(0, 50, 1000)
    folds = split_folds(groups, 5, seed)
    assert len({(group, fold) for group, fold in zip(groups.tolist(), folds.tolist(), strict=True)}) == len(set(groups))
    assert np.ptp(np.bincount(folds, minlength=5)) <= np.bincount(groups).max()


def test_another_seed_is_another_split():
    groups = np.arange(100)
    assert not np.array_equal(split_groups(groups, HALVES, 1)["train"], split_groups(groups, HALVES, 2)["train"])
    assert not np.array_equal(split_folds(groups, 2, 1), split_folds(groups, 2, 2))


def test_what_cannot_be_split_is_refused():
    with pytest.raises(ValueError, match="gets none of 1 groups; give more groups or a larger share"):
        split_groups(np.array(["a", "a"]), HALVES)
    with pytest.raises(ValueError, match="give each part a positive share"):
        split_groups(np.arange(9), {"train": 1.0, "test": 0.0})
    with pytest.raises(ValueError, match="folds: 3 folds of 2 groups"):
        split_folds(np.array(["a", "b"]), 3)

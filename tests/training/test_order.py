import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skysieve.training.order import count_steps, mix_seed, order_samples, order_validation


@given(samples=st.integers(4, 200), batch=st.integers(1, 50), ranks=st.integers(1, 4), epoch=st.integers(0, 3))
def test_an_epoch_shows_every_sample_once_in_as_many_batches_on_each_device(samples, batch, ranks, epoch):
    orders = [
        order_samples(samples, batch=batch, ranks=ranks, rank=rank, seed=5, epoch=epoch) for rank in range(ranks)
    ]  # fmt: skip
    assert {len(order) for order in orders} == {count_steps(samples, batch=batch, ranks=ranks)}
    sizes = [len(rows) for order in orders for rows in order]
    assert max(sizes) <= batch
    assert max(sizes) - min(sizes) <= 1
    np.testing.assert_array_equal(
        np.sort(np.concatenate([rows for order in orders for rows in order])), np.arange(samples)
    )


def test_seed_and_epoch_decide_on_the_order():
    def order(seed, epoch):
        return np.concatenate(order_samples(50, batch=8, ranks=1, rank=0, seed=seed, epoch=epoch)).tolist()

    assert order(1, 2) == order(1, 2)
    assert len({tuple(order(seed, epoch)) for seed in range(3) for epoch in range(3)}) == 9


def test_more_devices_than_samples_are_refused():
    with pytest.raises(ValueError, match="training set: 3 samples for 4 devices"):
        order_samples(3, batch=2, ranks=4, rank=0, seed=0, epoch=0)


@given(samples=st.integers(1, 60), batch=st.integers(1, 20), ranks=st.integers(1, 4))
def test_a_validation_sees_every_sample_once_in_as_many_batches_on_each_device(samples, batch, ranks):
    orders = [order_validation(samples, batch=batch, ranks=ranks, rank=rank) for rank in range(ranks)]
    assert len({len(order) for order in orders}) == 1
    np.testing.assert_array_equal(
        np.sort(np.concatenate([rows for order in orders for rows in order])), np.arange(samples)
    )


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 99)), min_size=2, unique=True))
def test_seeds_of_different_steps_differ(steps):
    assert len({mix_seed(1, *step) for step in steps}) == len(steps)

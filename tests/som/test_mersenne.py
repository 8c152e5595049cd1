import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skysieve.som.mersenne import draw_uniform, seed_mersenne, shuffle_order


def test_the_ten_thousandth_draw_is_that_of_the_standard():
    assert seed_mersenne(5489).random_raw(10000)[-1] == 4123659995


@pytest.mark.parametrize(
    ("count", "iteration", "order"),
    [
        (5, 0, [3, 0, 1, 4, 2]),
        (5, 1, [2, 3, 4, 1, 0]),
        (6, 1, [5, 2, 4, 0, 1, 3]),
        (20, 0, [13, 6, 12, 1, 11, 19, 7, 14, 0, 5, 2, 9, 3, 10, 4, 16, 15, 8, 18, 17]),
    ],
)
def test_orders_are_those_of_gcc_12(count, iteration, order):
    assert shuffle_order(count, seed=1234, iteration=iteration).tolist() == order


@pytest.mark.parametrize(("count", "wanted"), [(70001, 5816411493279493062), (65534, 16911241863206295345)])
def test_long_orders_are_those_of_gcc_12(count, wanted):
    digest = 0
    for item in shuffle_order(count, seed=7).tolist():
        digest = (digest * 1000003 + item) % 2**64
    assert digest == wanted


@given(count=st.integers(0, 50), seed=st.integers(0, 2**31 - 1))
def test_an_order_takes_each_image_once(count, seed):
    assert sorted(shuffle_order(count, seed=seed).tolist()) == list(range(count))


def test_numbers_stay_below_one():
    numbers = draw_uniform(1000, seed=1234)
    assert numbers.dtype == np.float32
    assert 0 <= numbers.min() < 0.01
    assert 0.99 < numbers.max() < 1

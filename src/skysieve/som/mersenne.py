"""Random numbers and orders as PINK 2 draws them: the Mersenne Twister and the shuffle of GCC 11 and later."""

import numpy as np
from jaxtyping import Float32, Int

MOST_PAIRED = 65535  # up to here the product of two ranges fits 32 bits, and one draw serves two swaps


def draw_uniform(count: int, *, seed: int) -> Float32[np.ndarray, " count"]:
    """Return numbers in [0, 1), one draw of 32 bits each.

    Examples
    --------
    >>> draw_uniform(2, seed=5489)
    array([0.8147237, 0.135477 ], dtype=float32)
    """
    numbers = seed_mersenne(seed).random_raw(count).astype(np.float32) / np.float32(2**32)
    return np.minimum(numbers, np.nextafter(np.float32(1), np.float32(0)))


def shuffle_order(count: int, *, seed: int, iteration: int = 0) -> Int[np.ndarray, " count"]:
    """Return the order in which PINK 2 takes the images in one of its iterations, counted from 0.

    Notes
    -----
    The generator is seeded with the first number of the minimal standard generator for ``seed + iteration``; the
    shuffle is ``std::shuffle`` of libstdc++ with multiply-and-reject draws, as GCC has it since version 11.

    Examples
    --------
    >>> shuffle_order(6, seed=1234).tolist()
    [2, 4, 3, 1, 5, 0]
    """
    start = (seed + iteration) % 2147483647 or 1
    draws = _Draws(seed_mersenne(16807 * start % 2147483647))
    order = list(range(count))
    if count > MOST_PAIRED:
        for i in range(1, count):
            _swap(order, i, draws.below(i + 1))
        return np.array(order)
    first = 1
    if count % 2 == 0 and count:
        _swap(order, 1, draws.below(2))
        first = 2
    for i in range(first, count, 2):
        one, other = divmod(draws.below((i + 1) * (i + 2)), i + 2)
        _swap(order, i, one)
        _swap(order, i + 1, other)
    return np.array(order, dtype=np.int64)


def seed_mersenne(seed: int) -> np.random.MT19937:
    """Return a Mersenne Twister that starts as ``std::mt19937(seed)`` does."""
    key = np.empty(624, np.uint32)
    state = seed & 0xFFFFFFFF
    for i in range(624):
        key[i] = state
        state = (1812433253 * (state ^ (state >> 30)) + i + 1) & 0xFFFFFFFF
    generator = np.random.MT19937(0)
    generator.state = {"bit_generator": "MT19937", "state": {"key": key, "pos": 624}}
    return generator


class _Draws:
    """Draws from a generator, fetched in blocks."""

    def __init__(self, generator: np.random.MT19937) -> None:
        self.generator = generator
        self.waiting: list[int] = []

    def below(self, bound: int) -> int:
        """Return an evenly distributed whole number below ``bound`` by Lemire's method (2019, ACM TOMACS 29, 3)."""
        product = self._draw() * bound
        if product & 0xFFFFFFFF < bound:
            threshold = (2**32 - bound) % bound
            while product & 0xFFFFFFFF < threshold:
                product = self._draw() * bound
        return product >> 32

    def _draw(self) -> int:
        if not self.waiting:
            self.waiting = self.generator.random_raw(4096)[::-1].tolist()
        return self.waiting.pop()


def _swap(order: list[int], i: int, j: int) -> None:
    order[i], order[j] = order[j], order[i]

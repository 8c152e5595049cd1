from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from skysieve.trust.bins import choose_least, lay_edges

VALUES = arrays(np.float64, st.integers(0, 200), elements=st.floats(15, 30))


@given(values=VALUES, least=st.integers(1, 50))
def test_every_value_is_in_one_bin_and_every_bin_holds_enough(values, least):
    edges = lay_edges(values, width=0.5, least=least)
    counts = [np.count_nonzero((values >= a) & (values < b)) for a, b in pairwise(edges)]
    assert sum(counts) == len(values)
    assert (np.diff(edges) >= 0.5 - 1e-9).all()
    assert not len(values) or min(counts) >= min(choose_least(len(values), least), len(values))

"""Labels from images to neurons and back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from skysieve.morphology.transfer import (
    count_codes,
    encode_labels,
    measure_shares,
    spread_annotations,
    vote,
    vote_left_out,
)
from skysieve.som.lattice import Lattice

ROW = Lattice((4,))
COUNTS = np.array([[8, 0], [0, 0], [0, 6], [0, 0]])


def test_shares_lie_between_the_counts_and_what_the_neighbors_say():
    shares = measure_shares(COUNTS, ("a", "b"), ROW, width=1.0, strength=2.0)
    assert shares.shares[0, 0] == pytest.approx((8 + 2 * shares.prior[0, 0]) / 10)
    assert shares.shares[0, 0] > 0.8
    assert shares.shares[3, 1] > 0.7


def test_a_neuron_is_not_its_own_neighbor():
    more = COUNTS + np.array([[50, 0], [0, 0], [0, 0], [0, 0]])
    given = [measure_shares(one, ("a", "b"), ROW, width=1.0, strength=2.0).prior[0] for one in (COUNTS, more)]
    assert given[0][1] > 0.4
    assert given[1][1] > 0.3


def test_more_labels_of_the_same_mix_have_smaller_errors():
    few, many = (measure_shares(COUNTS * k, ("a", "b"), ROW, width=0.0, strength=1.0) for k in (1, 10))
    assert (many.errors[[0, 2]] < few.errors[[0, 2]]).all()
    assert (few.errors[1] > few.errors[0]).all()


def test_without_labels_all_shares_are_equal():
    shares = measure_shares(np.zeros((4, 2), np.int64), ("a", "b"), ROW)
    assert shares.shares == pytest.approx(0.5)


def test_the_prior_looks_at_neighbors_where_they_are_alike():
    rng = np.random.default_rng(0)
    left = np.arange(40) < 20
    alike = np.where(left[:, None], [2, 0], [0, 2])
    mixed = alike[rng.permutation(40)]
    assert measure_shares(alike, ("a", "b"), Lattice((40,))).width > 0
    assert measure_shares(mixed, ("a", "b"), Lattice((40,))).strength < 64


@given(arrays(np.int64, (4, 3), elements=st.integers(0, 30)))
def test_shares_and_priors_of_a_neuron_sum_to_one(counts):
    shares = measure_shares(counts, ("a", "b", "c"), ROW)
    assert shares.shares.sum(axis=1) == pytest.approx(1)
    assert shares.prior.sum(axis=1) == pytest.approx(1)
    assert (shares.errors > 0).all()


def test_an_image_is_not_asked_for_its_own_label():
    bmus, labels = np.array([0, 0, 1, -1]), np.array([0, 1, -1, 0])
    counts = count_codes(bmus, labels, neurons=4, classes=2)
    shares = measure_shares(counts, ("a", "b"), ROW, width=0.0, strength=1.0)
    found = vote_left_out(bmus, labels, shares)
    assert found[0].tolist() == pytest.approx([0.25, 0.75])
    assert found[2].tolist() == vote(bmus, shares.shares)[2].tolist()
    assert np.isnan(found[3]).all()


def test_labels_become_numbers_in_the_order_given():
    assert encode_labels(np.array(["b", " a ", ""]), ("b", "a"))[1].tolist() == [0, 1, -1]


def test_a_label_that_is_no_class_is_refused():
    with pytest.raises(ValueError, match="label 'c': the classes are a, b"):
        encode_labels(np.array(["c"]), ("a", "b"))


@pytest.mark.parametrize(("named", "message"), [({9: ["a"]}, "neuron 9: the map has"), ({0: []}, "no neuron has one")])
def test_labels_of_no_neuron_of_the_map_are_refused(named, message):
    with pytest.raises(ValueError, match=message):
        spread_annotations(named, neurons=4)


def test_counts_of_another_map_are_refused():
    with pytest.raises(ValueError, match="the lattice has 4"):
        measure_shares(np.zeros((5, 2), np.int64), ("a", "b"), ROW)


def test_a_prior_without_weight_is_refused():
    with pytest.raises(ValueError, match="strength above 0"):
        measure_shares(COUNTS, ("a", "b"), ROW, strength=0.0)

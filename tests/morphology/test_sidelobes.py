import numpy as np
import pytest

from skysieve.morphology.sidelobes import (
    add_sidelobe_columns,
    count_by_neuron,
    estimate_odds,
    fit_sidelobe_model,
    measure_peak_to_ring,
    measure_sidelobe_probability,
)
from skysieve.records import Catalog, Column

RATIO = np.array([1.5, 2.0, 3.0, np.nan, 1.0])
BMU = np.array([0, 1, 0, 0, -1])
ODDS = estimate_odds(np.array([8, 0]), np.array([10, 0]), prior=(1.0, 1.0))


def make_image(peak, ring, *, at=(11, 17)):
    image = np.full((1, 23, 23), -1.0)
    image[0, 11, 11] = peak
    image[0][at] = ring
    return image


def draw_labels(count, seed=1):
    """Neurons with true odds, and peak-to-ring ratios that tell a little more."""
    rng = np.random.default_rng(seed)
    truth = rng.beta(0.5, 0.5, 30)
    bmu = rng.integers(0, 30, count)
    sidelobe = rng.uniform(size=count) < truth[bmu]
    return bmu, np.exp(rng.normal(np.where(sidelobe, 0.1, 0.5), 0.3)), sidelobe, truth


def test_peak_to_ring_is_that_of_the_paper():
    assert measure_peak_to_ring(make_image(6.0, 2.0), pixel_scale=1.0) == pytest.approx([3])
    assert measure_peak_to_ring(make_image(6.0, 9.0, at=(0, 0)), pixel_scale=1.0)[0] == np.inf
    assert measure_peak_to_ring(make_image(6.0, 9.0, at=(11, 15)), pixel_scale=1.0)[0] == np.inf


def test_the_ring_follows_the_component():
    image = make_image(6.0, 2.0)
    moved = measure_peak_to_ring(np.roll(image, (1, -1), (1, 2)), pixel_scale=1.0, offset=np.array([[-1.0, 1.0]]))
    assert moved == pytest.approx([3])


def test_bad_pixels_do_not_count():
    image = make_image(6.0, np.nan)
    image[0, 11, 5] = 4
    assert measure_peak_to_ring(image, pixel_scale=1.0) == pytest.approx([1.5])
    assert np.isnan(measure_peak_to_ring(np.full((1, 23, 23), np.nan), pixel_scale=1.0)[0])


def test_cutouts_must_hold_the_ring():
    with pytest.raises(ValueError, match=r"cutouts of 9 pixels of 1.0 arcsec do not hold the ring; cut larger ones"):
        measure_peak_to_ring(np.ones((1, 9, 9)), pixel_scale=1.0)
    with pytest.raises(ValueError, match="wanted are radii"):
        measure_peak_to_ring(np.ones((1, 9, 9)), pixel_scale=1.0, inner=12.0)


def test_labels_are_counted_by_neuron():
    counts = count_by_neuron(np.array([0, 0, 2, -1]), np.array([True, False, True, True]), n_neurons=3)
    assert [one.tolist() for one in counts] == [[1, 0, 1], [2, 0, 1]]


def test_a_neuron_that_nobody_inspected_has_no_probability():
    assert ODDS.probability.tolist() == [0.75, -1]
    assert np.isnan(ODDS.low[1])
    assert ODDS.low[0] < 0.75 < ODDS.high[0]


def test_the_fitted_prior_is_near_the_true_one_and_calibrates():
    bmu, _, sidelobe, truth = draw_labels(150)
    odds = estimate_odds(*count_by_neuron(bmu, sidelobe, n_neurons=30))
    assert 0.2 < odds.prior[0] < 1.2
    plain = odds.sidelobes / odds.inspected
    assert np.mean((odds.probability - truth) ** 2) < np.mean((plain - truth) ** 2)


def test_neurons_that_all_agree_get_a_narrow_prior():
    odds = estimate_odds(np.full(20, 5), np.full(20, 10))
    assert sum(odds.prior) > 100
    assert odds.probability == pytest.approx(np.full(20, 0.5), abs=0.01)


@pytest.mark.parametrize(("k", "n"), [(5, 4), (-1, 4)])
def test_impossible_counts_are_refused(k, n):
    with pytest.raises(ValueError, match=f"neuron 1: {k} sidelobes of {n} images"):
        estimate_odds(np.array([0, k]), np.array([1, n]))


def test_a_prior_must_be_positive():
    with pytest.raises(ValueError, match="wanted are two numbers above 0"):
        estimate_odds(np.array([0]), np.array([1]), prior=(0.0, 1.0))


def test_probabilities_are_null_where_not_determined():
    probability, low, _ = measure_sidelobe_probability(BMU, RATIO, ODDS)
    assert probability.tolist() == [0.75, -1, -1, -1, -1]
    assert np.isnan(low).tolist() == [False, True, True, True, True]
    excluded = measure_sidelobe_probability(BMU, RATIO, ODDS, excluded=np.ones(5, bool))[0]
    assert (excluded == -1).all()


def test_neuron_and_ring_together_beat_the_neuron():
    bmu, ratio, sidelobe, _ = draw_labels(1500)
    model = fit_sidelobe_model(bmu[:1000], ratio[:1000], sidelobe[:1000], n_neurons=30)
    both, alone = (
        measure_sidelobe_probability(bmu[1000:], ratio[1000:], one, limit=np.inf)[0] for one in (model, model.odds)
    )
    truth = sidelobe[1000:]
    assert model.slope_ring < 0
    assert np.mean((both - truth) ** 2) < np.mean((alone - truth) ** 2) - 0.01
    assert abs(both.mean() - truth.mean()) < 0.05


def test_labels_of_one_kind_teach_nothing():
    with pytest.raises(ValueError, match="both sidelobes and others are wanted"):
        fit_sidelobe_model(np.zeros(3, int), np.ones(3), np.ones(3, bool), n_neurons=1)


def test_columns_join_the_catalog():
    catalog = Catalog((Column("id", "i8"),), {"id": np.arange(5)})
    found = add_sidelobe_columns(catalog, BMU, RATIO, model=ODDS)
    assert found.names == ("id", "peak_to_ring", "p_sidelobe", "p_sidelobe_low", "p_sidelobe_high")
    assert found["p_sidelobe"].tolist() == [0.75, -1, -1, -1, -1]

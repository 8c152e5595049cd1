import numpy as np

from skysieve.deblending.calibration import CROWDING_EDGES, Stretch, fit_stretch
from skysieve.deblending.network import LEVELS


def invent(number, seed, *, spread):
    """Fluxes whose errors are twice as large as promised, and off by half of the promise."""
    rng = np.random.default_rng(seed)
    truth = rng.uniform(4, 9, number)
    middle = truth + 2 * spread * rng.normal(size=number) + 0.5 * spread
    z = np.array([-1.96, -1.645, -1, -0.674, 0, 0.674, 1, 1.645, 1.96])
    return middle[:, None] + spread * z, rng.uniform(0.2, 1, number), truth


def measure_coverage(quantiles, truth, low, high):
    return np.mean((truth >= quantiles[:, LEVELS.index(low)]) & (truth <= quantiles[:, LEVELS.index(high)]))


def test_stretched_intervals_cover_what_they_promise():
    quantiles, crowding, truth = invent(20_000, 1, spread=0.05)
    stretch = fit_stretch(*invent(20_000, 2, spread=0.05))
    assert measure_coverage(quantiles, truth, 0.16, 0.84) < 0.5
    calibrated = stretch.apply(quantiles, crowding)
    assert abs(measure_coverage(calibrated, truth, 0.16, 0.84) - 0.68) < 0.02
    assert abs(measure_coverage(calibrated, truth, 0.025, 0.975) - 0.95) < 0.01
    assert abs(np.median(calibrated[:, LEVELS.index(0.5)] - truth)) < 0.005


def test_quantiles_still_rise():
    stretch = fit_stretch(*invent(500, 3, spread=0.1))
    quantiles, crowding, _ = invent(500, 4, spread=0.1)
    assert (np.diff(stretch.apply(quantiles, crowding)) >= 0).all()


def test_no_stretch_changes_nothing():
    shape = len(CROWDING_EDGES) + 1, 5
    quantiles, crowding, _ = invent(50, 5, spread=0.1)
    same = Stretch(np.zeros(shape), np.ones((*shape, len(LEVELS)))).apply(quantiles, crowding)
    np.testing.assert_allclose(same, quantiles)

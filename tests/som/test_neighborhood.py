import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skysieve.som.neighborhood import measure_influence

KINDS = st.sampled_from(["gaussian", "unitygaussian", "mexicanHat"])
DISTANCES = np.float32([0, 1, 1.5, 3])


def test_the_formulas_are_those_of_pink():
    gaussian = [0.2 / (1.1 * math.sqrt(2 * math.pi)) * math.exp(-0.5 * (d / 1.1) ** 2) for d in DISTANCES]
    hat = [
        0.4 / (math.sqrt(3.3) * math.pi**0.25) * (1 - (d / 1.1) ** 2) * math.exp(-0.5 * (d / 1.1) ** 2)
        for d in DISTANCES
    ]
    unity = [0.2 * math.exp(-0.5 * (d / 1.1) ** 2) for d in DISTANCES]
    for kind, wanted in (("gaussian", gaussian), ("mexicanHat", hat), ("unitygaussian", unity)):
        found = measure_influence(DISTANCES, kind, sigma=1.1, rate=0.2)
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, wanted, rtol=2e-6)


def test_a_mexican_hat_pushes_away_beyond_sigma():
    assert (measure_influence(np.float32([0.9, 1.1]), "mexicanHat", sigma=1.0, rate=1.0) > 0).tolist() == [True, False]


def test_neurons_at_the_maximal_distance_stay():
    found = measure_influence(DISTANCES, "unitygaussian", sigma=1.0, rate=1.0, max_distance=1.5)
    assert (found > 0).tolist() == [True, True, False, False]


@given(kind=KINDS, sigma=st.floats(1e-30, 1e6), rate=st.floats(1e-3, 1))
def test_influence_is_finite_and_strongest_at_the_best_matching_unit(kind, sigma, rate):
    found = measure_influence(DISTANCES, kind, sigma=sigma, rate=rate)
    assert np.isfinite(found).all()
    assert found.argmax() == 0


@pytest.mark.parametrize(
    ("sigma", "max_distance"), [(0.0, None), (-1.0, None), (math.nan, None), (math.inf, None), (1.0, 0.0)]
)
def test_widths_without_sense_are_refused(sigma, max_distance):
    with pytest.raises(ValueError, match="above 0"):
        measure_influence(DISTANCES, "gaussian", sigma=sigma, rate=1.0, max_distance=max_distance)

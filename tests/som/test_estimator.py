import subprocess
import sys

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import estimator_checks_generator

from skysieve.som import SOM
from skysieve.som.schedule import Schedule, Stage

CLUSTERS = np.random.default_rng(0).normal(size=(300, 3)) + np.repeat([[0.0], [10.0], [20.0]], 100, axis=0)
SKIPPED = {
    "check_array_api_input",  # needs a switch of SciPy in the environment
    "check_do_not_raise_errors_in_init_or_set_params",  # passes wrong types, which the suite itself refuses
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("number", range(4))
def test_scikit_learn_accepts_the_estimator(number):
    for estimator, check in list(estimator_checks_generator(SOM((3, 2))))[number::4]:
        if check.func.__name__ not in SKIPPED:
            check(estimator)


def test_clusters_fall_on_neurons_of_their_own():
    bmus = SOM((3, 3)).fit(CLUSTERS).predict(CLUSTERS).reshape(3, 100)
    assert not set(bmus[0]) & set(bmus[2])


def test_transform_gives_distances_and_predict_the_smallest():
    som = SOM((2, 3)).fit(CLUSTERS)
    assert som.transform(CLUSTERS).shape == (300, 6)
    assert (som.transform(CLUSTERS).argmin(axis=1) == som.predict(CLUSTERS)).all()
    assert som.score(CLUSTERS) == pytest.approx(-som.transform(CLUSTERS).min(axis=1).mean())
    assert 0 <= som.measure_topographic_error(CLUSTERS) < 0.3


def test_missing_values_are_matched_by_what_is_known():
    vectors = CLUSTERS.copy()
    vectors[::3, 0] = np.nan
    som = SOM((3,)).fit(vectors)
    assert np.isfinite(som.neurons_).all()
    assert (som.predict(vectors) == SOM((3,)).fit(CLUSTERS).predict(CLUSTERS)).mean() > 0.95


def test_vectors_in_parts_come_near_to_all_at_once():
    whole = SOM((4,)).fit(CLUSTERS)
    parts = SOM((4,))
    shuffled = np.random.default_rng(1).permutation(CLUSTERS)
    for _ in range(3):
        for part in np.array_split(shuffled, 3):
            parts.partial_fit(part)
    assert parts.score(CLUSTERS) == pytest.approx(whole.score(CLUSTERS), rel=0.3)


@pytest.mark.parametrize("init", ["pca", "random", CLUSTERS[:9]])
def test_every_start_learns(init):
    assert SOM((3, 3), init=init).fit(CLUSTERS).score(CLUSTERS) > -2


def test_online_training_starts_from_zero_too():
    schedule = Schedule((Stage(5, "online", sigma=2.0, sigma_end=0.5, rate=0.5, rate_end=0.05),))
    assert SOM((3, 3), init="zero", schedule=schedule).fit(CLUSTERS).score(CLUSTERS) > -2.5


def test_it_is_cloned_and_stands_in_a_pipeline():
    som = SOM((3, 3), hexagonal=True, periodic=True, random_state=3)
    assert clone(som).get_params() == som.get_params()
    pipeline = make_pipeline(StandardScaler(), som).fit(CLUSTERS)
    assert pipeline.get_feature_names_out().tolist() == [f"som{i}" for i in range(7)]


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"shape": (2, 0)}, "one to three sides"),
        ({"shape": (4, 4), "hexagonal": True}, "two equal odd sides"),
        ({"init": "guess"}, "wanted is pca, random, zero or an array"),
        ({"init": np.zeros((3, 3))}, r"shape \(3, 3\) is given; wanted are finite neurons of \(100, 3\)"),
        ({"schedule": Schedule()}, "vectors do not turn"),
    ],
)
def test_wrong_parameters_are_refused(keys, message):
    with pytest.raises(ValueError, match=message):
        SOM(**keys).fit(CLUSTERS)


def test_the_room_is_entered_without_scikit_learn():
    code = "import sys, skysieve.som.lattice; assert 'sklearn' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)

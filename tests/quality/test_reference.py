import numpy as np
import pytest
from tests.quality.conftest import invent_views

from skysieve.io.weights import read_weights, write_weights
from skysieve.quality.labels import CAUSES
from skysieve.quality.model import run_judge
from skysieve.quality.reference import find_similar, fit_reference, load_reference, read_reference
from skysieve.training import fit_domain

LABEL = np.repeat([0, 2, 4], [600, 300, 100])
EXPOSURE = np.arange(1000)


def invent_embeddings():
    """Three classes, five apart in units of their scatter."""
    return np.random.default_rng(0).normal(size=(1000, 6)) + 5 * LABEL[:, None]


@pytest.fixture(scope="module")
def domain():
    return fit_domain(invent_embeddings(), size=50)


def make_reference(domain, **settings):
    return read_reference(fit_reference(invent_embeddings(), LABEL, EXPOSURE, domain=domain, **settings))


def test_labels_keep_their_shares(domain):
    assert np.bincount(make_reference(domain, size=100).label).tolist() == [60, 0, 30, 0, 10]
    assert len(make_reference(domain, size=101).label) == 101
    assert len(make_reference(domain, size=5000).label) == 1000


def test_the_choice_is_the_seeds(domain):
    first, again, other = (make_reference(domain, size=100, seed=seed).exposure for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_each_exposure_is_kept_once_and_none_that_is_not_finite(domain):
    embeddings = invent_embeddings()
    embeddings[:600] = np.nan
    tensors = fit_reference(embeddings, LABEL, EXPOSURE // 4, domain=domain)
    assert sorted(tensors["reference.exposure"]) == list(range(150, 250))
    assert tensors["reference.vectors"].dtype == np.float16


def test_an_exposure_is_most_like_those_of_its_kind(domain):
    found = find_similar(make_reference(domain, size=200), invent_embeddings()[700:701], domain=domain)
    assert found.label == ("bt",) * 10
    assert found.share == {"bt": 1.0}
    assert list(found.distance) == sorted(found.distance)
    assert 0 < found.distance[0] < 1.5


def test_distances_are_those_of_the_domain(domain):
    """A point of the reference itself lies at zero, one threshold along the scale of all features at one."""
    reference = make_reference(domain)
    itself = domain.center + domain.scale * reference.vectors[3].astype(float)
    moved = itself + domain.threshold * domain.scale
    near = find_similar(reference, itself[None], domain=domain)
    assert (near.exposure[0], near.distance[0]) == (reference.exposure[3], pytest.approx(0, abs=1e-6))
    far = find_similar(reference, moved[None], domain=domain, k=1000)
    assert far.distance[far.exposure.index(reference.exposure[3])] == pytest.approx(1)


def test_one_odd_detector_of_three_does_not_decide(domain):
    rows = invent_embeddings()[[700, 701, 950]]
    assert find_similar(make_reference(domain), rows, domain=domain).label[0] == "bt"


def test_embeddings_of_another_network_are_refused(domain):
    with pytest.raises(ValueError, match="the labeled exposures have 6"):
        find_similar(make_reference(domain), np.zeros((1, 7)), domain=domain)


def test_weights_keep_the_labeled_exposures(model, weights, tmp_path):
    views = invent_views(120, seed=5)
    tensors, card = read_weights(weights)
    embeddings = run_judge(model.judge, views)[1]
    kept = fit_reference(embeddings, views.label, views.exposure, domain=model.domain)
    path = tmp_path / "judge.safetensors"
    write_weights(path, tensors | kept, card)
    reference = load_reference(str(path))
    found = find_similar(reference, embeddings[7:8], domain=model.domain)
    assert (found.exposure[0], found.label[0]) == (7, CAUSES[views.label[7]])
    assert found.distance[0] < 0.01


def test_weights_without_labeled_exposures_have_none():
    assert read_reference({"model.neurons": np.zeros(3)}) is None

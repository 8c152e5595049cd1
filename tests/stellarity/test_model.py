import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch

from skysieve.execution import limit_threads
from skysieve.io.shipped import find_weights
from skysieve.io.weights import read_weights, write_weights
from skysieve.records import concatenate_catalogs
from skysieve.stellarity import ApplyRecipe, add_verdict, check, judge, read_model
from skysieve.stellarity.features import FEATURES, measure_features
from skysieve.stellarity.model import measure_log_odds
from skysieve.stellarity.network import StarNetwork
from skysieve.training import load_weights


def test_stars_and_galaxies_are_told_apart(model, make_sources):
    verdict = judge(make_sources(100, 100), model, ApplyRecipe())
    assert (verdict.probability[:100] > 0.9).mean() > 0.95
    assert (verdict.probability[100:] < 0.1).mean() > 0.95


def test_numpy_gives_what_the_network_in_pytorch_gives(model, make_sources):
    torch.set_num_threads(1)
    features = measure_features(make_sources(200, 200, snr=15.0))
    hidden = tuple(weight.shape[1] for weight, _ in model.layers[:-1])
    network = StarNetwork(np.ones((2, len(FEATURES))), hidden=hidden, prior=model.prior)
    loaded = load_weights(find_weights("stellarity", "stellarity"), network).module.double()
    with torch.inference_mode():
        wanted = loaded(torch.from_numpy(features)).numpy()
    assert measure_log_odds(model, features) == pytest.approx(wanted, abs=1e-6, rel=1e-6)


def test_applying_needs_no_pytorch():
    code = "import sys, skysieve.stellarity as s; s.read_model('stellarity'); print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_the_number_of_threads_changes_nothing(model, make_sources):
    catalog, found = make_sources(3000, 3000), []
    for threads in (1, 2):
        with limit_threads(threads):
            found.append(judge(catalog, model, ApplyRecipe()).probability)
    assert found[1] == pytest.approx(found[0], abs=1e-6)


def test_without_a_psf_there_is_no_verdict(model, make_sources):
    catalog = make_sources(5, 5)
    column = next(one for one in catalog.schema if one.name == "psf_fwhm")
    verdict = judge(catalog.with_column(column, np.full(10, np.nan, np.float32)), model, ApplyRecipe())
    assert np.isnan(verdict.probability).all()
    assert verdict.ood.all()


def test_sources_unlike_any_simulated_ones_are_out_of_the_domain(model, make_sources):
    catalog = make_sources(10, 0)
    column = next(one for one in catalog.schema if one.name == "spread_model")
    strange = catalog.with_column(column, np.full(10, 5.0, np.float32))
    assert judge(strange, model, ApplyRecipe()).ood.all()
    assert judge(catalog, model, ApplyRecipe()).ood.mean() < 0.5


def test_each_image_has_a_prior_of_its_own(model, make_sources):
    mostly_stars = make_sources(200, 20, image="plane.fits")
    mostly_galaxies = make_sources(20, 200, image="pole.fits")
    verdict = judge(concatenate_catalogs([mostly_stars, mostly_galaxies]), model, ApplyRecipe())
    plane, pole = (verdict.priors[name].coefficients[0] for name in ("plane.fits", "pole.fits"))
    assert plane > pole + 1


def test_the_kind_of_prior_matters_for_doubtful_sources_only(model, make_sources):
    catalog = make_sources(30, 300)
    one, other = (judge(catalog, model, ApplyRecipe(prior=kind)).probability for kind in ("image", "even"))
    assert ((one > 0.5) == (other > 0.5)).mean() > 0.97


def test_no_sources_get_no_verdicts(model, make_sources):
    judged = add_verdict(make_sources(0, 0), judge(make_sources(0, 0), model, ApplyRecipe()), model)
    assert len(judged) == 0
    assert judged["ood"].dtype == bool


def test_the_catalog_names_the_model(model, make_sources):
    judged = add_verdict(make_sources(2, 2), judge(make_sources(2, 2), model, ApplyRecipe()), model)
    assert judged.meta["stellarity_model"] == f"stellarity {model.card.version} {model.card.sha256}"


def test_weights_of_another_capability_are_refused(tmp_path):
    tensors, card = read_weights(find_weights("stellarity", "stellarity"))
    write_weights(tmp_path / "other.safetensors", tensors, replace(card, capability="quality"))
    with pytest.raises(ValueError, match="holds weights of quality; give those of stellarity"):
        read_model(str(tmp_path / "other.safetensors"))


def test_weights_for_other_features_are_refused(tmp_path):
    tensors, card = read_weights(find_weights("stellarity", "stellarity"))
    write_weights(tmp_path / "old.safetensors", {**tensors, "model.center": np.zeros(3, np.float32)}, card)
    with pytest.raises(ValueError, match="made for 3 features"):
        read_model(str(tmp_path / "old.safetensors"))


def test_weights_that_compute_something_else_fail_their_check(tmp_path):
    tensors, card = read_weights(find_weights("stellarity", "stellarity"))
    broken = {**tensors, "model.mlp.head.bias": tensors["model.mlp.head.bias"] + np.float16(1)}
    write_weights(tmp_path / "broken.safetensors", broken, card)
    with pytest.raises(ValueError, match="its example is off by"):
        check(tmp_path / "broken.safetensors")

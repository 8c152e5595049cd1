import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit

from skysieve.stellarity.prior import EVEN, Prior, adapt_prior, fit_prior, fit_settling

WIDE = Prior(np.array([0.0, 0.5]), np.diag([4.0, 0.1]))


def draw(count, *, share, seed=0, clear=2.0):
    """Sources with a log-likelihood ratio of two Gaussians: stars at +clear^2/2, galaxies at -clear^2/2."""
    rng = np.random.default_rng(seed)
    star = rng.uniform(size=count) < share
    likelihood = np.where(star, 1, -1) * clear**2 / 2 + clear * rng.normal(size=count)
    return star, likelihood, rng.uniform(3.1, 5.5, count)


@pytest.mark.parametrize("share", [0.15, 0.5, 0.85])
def test_the_share_of_stars_is_found_from_unlabeled_sources(share):
    _, likelihood, log_snr = draw(4000, share=share)
    found = adapt_prior(WIDE, likelihood, log_snr, least=20)
    assert expit(found.log_odds(log_snr)).mean() == pytest.approx(share, abs=0.06)


def test_few_sources_keep_the_prior_of_the_training():
    _, likelihood, log_snr = draw(19, share=0.9)
    assert adapt_prior(WIDE, likelihood, log_snr, least=20) is WIDE


def test_faint_and_unknown_sources_do_not_count():
    _, likelihood, log_snr = draw(100, share=0.9)
    assert adapt_prior(WIDE, likelihood, np.full(100, 1.5), least=20) is WIDE
    assert adapt_prior(WIDE, np.full(100, np.nan), log_snr, least=20) is WIDE


@given(st.integers(20, 3000))
def test_sources_that_tell_nothing_leave_the_prior_where_it_was(count):
    found = adapt_prior(WIDE, np.zeros(count), np.linspace(3.1, 5, count), least=20)
    assert found.coefficients == pytest.approx(WIDE.coefficients, abs=1e-6)


def test_the_line_of_labeled_fields_is_recovered():
    rng = np.random.default_rng(1)
    log_snr, field = rng.uniform(1.5, 5.5, 30_000), np.repeat(np.arange(30), 1000)
    is_star = (rng.uniform(size=30_000) < expit(0.4 + 0.8 * (log_snr - 3))).astype(float)
    prior = fit_prior(is_star, log_snr, field=field)
    assert prior.coefficients == pytest.approx([0.4, 0.8], abs=0.05)
    assert (np.diag(prior.covariance) < 0.05).all()


def test_fields_that_differ_widen_the_covariance():
    rng = np.random.default_rng(2)
    log_snr, field = rng.uniform(2.5, 3.5, 20_000), np.repeat(np.arange(20), 1000)
    offset = rng.normal(0, 1.5, 20)[field]
    is_star = (rng.uniform(size=20_000) < expit(offset)).astype(float)
    assert fit_prior(is_star, log_snr, field=field).covariance[0, 0] == pytest.approx(1.5**2, rel=0.6)


def test_settling_takes_a_common_error_of_log_odds_out():
    rng = np.random.default_rng(3)
    true = rng.normal(0, 2, 50_000)
    is_star = (rng.uniform(size=50_000) < expit(true)).astype(float)
    assert fit_settling((true - 0.6) / 0.8, is_star) == pytest.approx([0.8, 0.6], abs=0.05)


def test_an_even_prior_is_zero_at_every_brightness():
    assert (EVEN.log_odds(np.array([-5.0, 2.0, 9.0])) == 0).all()

import numpy as np
import pytest

from skysieve.deblending.model import tell_apart
from skysieve.deblending.network import LEVELS
from skysieve.deblending.published import read_published
from skysieve.deblending.scores import Judged, join_judged, judge_told, measure_found, measure_main, measure_pair
from skysieve.deblending.training import make_windows


def invent(number, *, spread=0.1, seed=1):
    rng = np.random.default_rng(seed)
    flux = np.exp(rng.uniform(4, 8, number))
    z = np.array([-1.96, -1.645, -0.994, -0.674, 0, 0.674, 0.994, 1.645, 1.96])
    middle = np.log(flux) + spread * rng.normal(size=number)
    unlisted = rng.uniform(size=number) < 0.2
    return Judged(
        np.exp(middle[:, None] + spread * z), flux, np.arange(number), np.full(number, 5.0), np.zeros(number),
        np.full(number, 3.0), unlisted, np.where(unlisted, 0.9, 0.1), np.zeros(number, bool),
    )  # fmt: skip


def test_errors_that_are_known_are_measured():
    found = measure_main(invent(4000))
    assert found["coverage_68"].value == pytest.approx(0.68, abs=0.03)
    assert found["coverage_95"].value == pytest.approx(0.95, abs=0.02)
    assert found["sigma_mag"].value == pytest.approx(0.1 * 1.0857, rel=0.06)
    assert found["mape"].value == pytest.approx(8, rel=0.1)
    assert found["hidden_auc"].value == 1
    assert found["hidden_found"].value == 1


def test_every_number_has_an_error_and_a_size():
    for metric in measure_main(invent(500)).values():
        assert metric.error is not None
        assert metric.n >= 300


def test_found_is_the_share_above_the_limit_of_false_alarms():
    hidden = np.array([True] * 10 + [False] * 100)
    chance = np.concatenate([np.linspace(0, 1, 10), np.linspace(0, 0.5, 100)])
    assert measure_found(hidden, chance) == pytest.approx(0.6, abs=0.11)


def test_what_is_told_about_blends_lies_beside_the_truth(model, blends):
    judged = judge_told(tell_apart(model, make_windows(blends)), blends)
    assert len(judged.flux) == sum(len(blend) for blend in blends)
    assert np.isinf(judged.separation).sum() == sum(len(blend) == 1 for blend in blends)
    both = join_judged([judged, judged])
    assert len(both.flux) == 2 * len(judged.flux)


def test_batches_do_not_change_what_is_told(model, blends):
    one, other = (tell_apart(model, make_windows(blends), batch=batch) for batch in (3, 40))
    np.testing.assert_allclose(one.quantiles, other.quantiles, rtol=1e-3)
    np.testing.assert_array_equal(one.first, other.first)


def test_half_of_the_light_lost_is_three_quarters_of_a_magnitude():
    found = measure_pair(np.full(20, 0.5), np.ones(20), np.arange(20))
    assert found["bias"].value == pytest.approx(0.7526, abs=1e-3)
    assert found["outliers"].value == 1
    assert found["mape"].value == 50


def test_the_published_table_gives_the_published_numbers(real_data):
    published = read_published(real_data / "deblending" / "coindeblend_paper_output_catalog.csv.gz")
    wanted = {"blend2flux": 8.12, "blend2mask2flux": 7.63, "SExtractor": 25.8}
    for method, mape in wanted.items():
        assert measure_pair(*published[method])["mape"].value == pytest.approx(mape, abs=0.05)


def test_another_table_is_refused(tmp_path):
    (tmp_path / "other.csv").write_text("id,flux\n1,2\n")
    with pytest.raises(ValueError, match="give the published table"):
        read_published(tmp_path / "other.csv")


def test_take_keeps_columns_together():
    judged = invent(30)
    part = judged.take(judged.unlisted)
    assert part.unlisted.all()
    np.testing.assert_array_equal(part.measured, judged.quantiles[judged.unlisted, LEVELS.index(0.5)])

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skysieve.config import dump_recipe, parse_recipe, read_recipe
from skysieve.som.schedule import Schedule, Stage, measure_pace


def test_the_default_is_the_table_of_the_paper():
    found = [(s.sigma, s.rate, s.rotations, s.passes) for s in Schedule().stages]
    assert found == [(2.5, 0.1, 180, 5), (1.5, 0.05, 180, 5), (0.7, 0.05, 360, 10)]


@given(progress=st.floats(0, 1), decay=st.sampled_from(["linear", "exponential"]))
def test_sigma_and_rate_go_from_start_to_end(progress, decay):
    stage = Stage(sigma=4.0, sigma_end=0.5, rate=0.1, rate_end=0.4, decay=decay)
    sigma, rate = measure_pace(stage, progress)
    assert 0.5 <= sigma <= 4
    assert 0.1 <= rate <= 0.4 + 1e-12
    assert measure_pace(stage, 0.0) == (4, 0.1)
    assert measure_pace(stage, 1.0) == pytest.approx((0.5, 0.4))


def test_half_of_an_exponential_decay_is_the_geometric_mean():
    assert measure_pace(Stage(sigma=8.0, sigma_end=2.0), 0.5) == (4.0, 1.0)


def test_schedules_come_from_a_recipe_and_go_back(tmp_path):
    (tmp_path / "som.toml").write_text("[[stages]]\nsigma = 3.0\n[[stages]]\nmethod = 'online'\nrate = 0.1\n")
    schedule = read_recipe(Schedule, tmp_path / "som.toml")
    assert [stage.method for stage in schedule.stages] == ["batch", "online"]
    assert parse_recipe(Schedule, dump_recipe(schedule)) == schedule


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("stages = []", "stages"),
        ("[[stages]]\nsigma = 0.0", "sigma"),
        ("[[stages]]\nsgima = 1.0", "did you mean sigma"),
        ("[[stages]]\nrotations = 6", "rotations = 6: wanted is 1 or a multiple of 4"),
        ("[[stages]]\nneighborhood = 'mexicanHat'", "train online"),
    ],
)
def test_a_wrong_schedule_is_refused(tmp_path, text, message):
    (tmp_path / "som.toml").write_text(text)
    with pytest.raises(ValueError, match=message):
        read_recipe(Schedule, tmp_path / "som.toml")

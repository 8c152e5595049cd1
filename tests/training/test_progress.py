import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skysieve.training.progress import Progress, finish_epoch, measure_rate_factor
from skysieve.training.recipe import Stage, TrainingRecipe

TWO = TrainingRecipe(stages=(Stage(3), Stage(4)), patience=2)


def finish_all(values, recipe):
    """Every state of a training whose watched quantity takes these values, until it is finished."""
    states = [Progress()]
    for value in values:
        if not states[-1].finished:
            states.append(finish_epoch(states[-1], float(value), recipe))
    return states


def test_stages_follow_one_another_and_end():
    states = finish_all([7, 6, 5, 4, 3, 2, 1], TWO)
    places = [(state.stage, state.stage_epoch) for state in states[:-1]]
    assert places == [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (1, 3)]
    assert states[-1].finished
    assert states[-1].best == 1


def test_patience_ends_a_stage_and_the_next_one_starts_patient():
    states = finish_all([5, 6, 7, 8, 9, 9], TWO)
    assert [state.stage for state in states] == [0, 0, 0, 1, 1, 1, 1]
    assert states[-1].finished
    assert (states[-1].best, states[-1].best_epoch, states[-1].epoch) == (5, 0, 6)


def test_without_patience_nothing_ends_early():
    assert len(finish_all([1] * 9, replace(TWO, patience=0))) == 1 + 7


def test_a_quantity_to_be_raised_is_raised():
    last = finish_all([0.5, 0.9, 0.7], TrainingRecipe(stages=(Stage(3),), monitor="auc", goal="max"))[-1]
    assert (last.best, last.best_epoch) == (0.9, 1)


def test_nan_is_never_the_best():
    last = finish_all([math.nan, 2.0, math.nan], TrainingRecipe(stages=(Stage(3),)))[-1]
    assert (last.best, last.best_epoch, last.stale) == (2.0, 1, 1)


def test_a_plateau_lowers_the_rates_and_waits_again():
    stage = Stage(9, schedule="plateau", plateau_patience=2, plateau_factor=0.5)
    states = finish_all([3, 4, 4, 4, 4, 2, 4], TrainingRecipe(stages=(stage,)))
    assert [measure_rate_factor(state, stage, 10) for state in states] == [1, 1, 1, 0.5, 0.5, 0.25, 0.25, 0.25]


def test_a_cosine_falls_from_one_to_zero_after_its_warmup():
    stage = Stage(2, schedule="cosine", warmup=2)
    factors = [measure_rate_factor(Progress(stage_epoch=e, step=s), stage, 5) for e in range(2) for s in range(5)]
    assert factors[:3] == [0.5, 1.0, 1.0]
    assert factors[6] == pytest.approx(0.5)
    assert 0 < factors[-1] < 0.05


@given(st.integers(1, 5), st.integers(1, 20), st.integers(0, 30), st.sampled_from(["cosine", "constant", "plateau"]))
def test_factors_lie_between_zero_and_one(epochs, steps, warmup, schedule):
    stage = Stage(epochs, warmup=warmup, schedule=schedule)
    for epoch in range(epochs):
        factors = [measure_rate_factor(Progress(stage_epoch=epoch, step=step), stage, steps) for step in range(steps)]
        assert all(0 <= factor <= 1 for factor in factors)

"""Stages are trained block by block, and every order shows each image once."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.som.bars import BATCH, ONLINE, draw_bars, make_recipe

from skysieve.som.image_data import wrap_images
from skysieve.som.image_phases import plan_training, start_training
from skysieve.som.image_stages import count_blocks, make_order, train_stages
from skysieve.som.image_training import make_workshop, train_online
from skysieve.som.mersenne import shuffle_order
from skysieve.som.neighborhood import measure_influence

PLAN = plan_training(wrap_images(draw_bars(20)), make_recipe())


@given(st.sampled_from(["all", "blocks", "off"]), st.integers(1, 300), st.integers(1, 100), st.integers(0, 3))
def test_every_order_shows_each_image_once(shuffle, count, block, turn):
    plan = replace(PLAN, images=replace(PLAN.images, length=count), shuffle=shuffle, block=block)
    assert sorted(make_order(plan, stage=0, turn=turn).tolist()) == list(range(count))


def test_a_shuffle_by_blocks_reads_few_runs_of_rows_at_a_time():
    plan = replace(PLAN, images=replace(PLAN.images, length=1000), shuffle="blocks", block=80)
    first = np.sort(make_order(plan, stage=0, turn=0)[:80])
    assert (np.diff(first) > 1).sum() <= 7


def test_the_order_of_pink_is_that_of_its_generator():
    plan = replace(PLAN, compat="pink", seed=5)
    np.testing.assert_array_equal(make_order(plan, stage=1, turn=2), shuffle_order(20, seed=5, iteration=2))


def test_one_online_pass_is_one_call_of_the_engine():
    plan = replace(PLAN, shuffle="off", block=100, schedule=replace(PLAN.schedule, stages=(replace(ONLINE, passes=1),)))
    state = start_training(plan, make_recipe()).state
    (end,) = train_stages(state, plan)
    weights = measure_influence(plan.lattice.measure_distances(), "unitygaussian", sigma=1.0, rate=0.2)
    images = plan.images.read(np.arange(20))
    wanted, _ = train_online(state.neurons, images, weights=weights, workshop=make_workshop(plan.geometry))
    np.testing.assert_array_equal(end.neurons, wanted)


def test_a_pace_that_decays_changes_from_block_to_block():
    stage = replace(ONLINE, passes=1, rate=0.5, rate_end=1e-6)
    plan = replace(PLAN, schedule=replace(PLAN.schedule, stages=(stage,)))
    states = list(train_stages(start_training(plan, make_recipe()).state, plan))
    steps = [np.abs(b.neurons - a.neurons).max() for a, b in pairwise(states)]
    assert len(states) == 20
    assert max(steps[-3:]) < 1e-2 * max(steps[:3])


def test_training_takes_as_many_steps_as_are_counted():
    state = start_training(PLAN, make_recipe()).state
    assert len(list(train_stages(state, PLAN))) == count_blocks(PLAN) == 2 * 2 + 2


def test_training_goes_on_from_any_state_to_the_same_bytes():
    states = list(train_stages(start_training(PLAN, make_recipe()).state, PLAN))
    for state in states[:-1]:
        *_, end = train_stages(state, PLAN)
        np.testing.assert_array_equal(end.neurons, states[-1].neurons)
        assert str(end.history) == str(states[-1].history)


@pytest.mark.parametrize("stage", [ONLINE, BATCH])
def test_two_threads_train_as_one(stage):
    ends = []
    for threads in (1, 2):
        images = wrap_images(draw_bars(5))
        schedule = replace(PLAN.schedule, stages=(replace(stage, passes=1, rotations=4),))
        plan = replace(PLAN, threads=threads, images=images, schedule=schedule)
        *_, end = train_stages(start_training(plan, make_recipe()).state, plan)
        ends.append(end.neurons)
    np.testing.assert_allclose(ends[0], ends[1], atol=1e-6)

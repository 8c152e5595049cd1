from dataclasses import replace

import numpy as np
import pytest
from tests.quality.conftest import CLUSTERS, NEURONS, invent_views

from skysieve.quality.drivers import (
    list_drivers,
    measure_detector_pulls,
    measure_log_odds,
    measure_pulls,
    occlude_views,
)
from skysieve.quality.labels import CLASSES
from skysieve.quality.model import judge_views
from skysieve.quality.statistics import STATISTICS, UNSEEN

CLUSTER = np.array([0, 1, 2, 2])


def take(label, count=1):
    views = invent_views(200, seed=9)
    return views.take(np.flatnonzero(views.label == label)[:count])


def list_all(model, views, cause):
    return list_drivers(occlude_views(model, views), views, CLUSTER, cause=cause, least=20)


@pytest.mark.parametrize("label", [0, 4])
def test_what_the_class_is_written_into_drives_it(model, label):
    """The invented detectors have their class in the ellipticity; the ends of its range cannot be told without it."""
    first = list_all(model, take(label, 3), CLASSES[label])[0]
    assert (first.kind, first.name) == ("statistic", "ellipticity")
    assert first.pull > 1


def test_a_pull_is_the_change_of_the_log_odds_without_the_part(model):
    view = take(2)
    blank, empty = view.cutouts.copy(), view.hits.copy()
    blank[:, 1] = 0
    empty[:, CLUSTER == 2] = 0
    occluded = occlude_views(model, view)
    for kind, part, without in (("cutout", 1, replace(view, cutouts=blank)), ("hits", 2, replace(view, hits=empty))):
        odds = [measure_log_odds(judge_views(model, one).probability, "bt")[0] for one in (view, without)]
        pull = measure_pulls(occluded, view, kind, cause="bt", least=20)[part]
        assert pull == pytest.approx(odds[0] - odds[1], abs=1e-4)
        assert pull != 0
        assert measure_detector_pulls(occluded, kind, cause="bt")[0, part] == pytest.approx(pull, abs=1e-6)


def test_what_is_not_there_pulls_nothing_and_is_not_listed(model):
    view = take(1)
    cutouts, hits, statistics = view.cutouts.copy(), view.hits.copy(), view.statistics.copy()
    cutouts[:, 0], hits[:, 0] = 0, 0
    statistics[:, STATISTICS.index("log_sky")] = np.nan
    view = replace(view, cutouts=cutouts, hits=hits, statistics=statistics, stack=np.zeros_like(view.stack))
    named = {(one.kind, one.name) for one in list_all(model, view, "rbt")}
    absent = {("cutout", "0"), ("hits", "0"), ("neuron", "0"), ("statistic", "log_sky"), ("star", "mean")}
    assert not named & absent
    assert {("cutout", "1"), ("hits", "1"), ("neuron", "1"), ("statistic", "ellipticity")} <= named
    pulls = measure_pulls(occlude_views(model, view), view, "cutout", cause="rbt", least=20)
    assert pulls[0] == 0


def test_everything_that_the_network_sees_is_taken_away_once(model):
    found = list_all(model, take(3), "bseeing")
    assert len(found) == len({(one.kind, one.name) for one in found})
    assert len(found) == 2 * CLUSTERS + NEURONS + len(STATISTICS) - len(UNSEEN) + 1
    assert [abs(one.pull) for one in found] == sorted((abs(one.pull) for one in found), reverse=True)
    assert np.isfinite([one.pull for one in found]).all()


def test_equal_detectors_pull_as_one_does(model):
    one = take(4)
    three = one.take(np.zeros(3, int))
    alone, together = (
        measure_pulls(occlude_views(model, v), v, "statistic", cause="bgp", least=20) for v in (one, three)
    )
    assert together == pytest.approx(alone, abs=1e-5)


def test_values_tell_what_was_there(model):
    views = take(2, 4)
    found = {(one.kind, one.name): one.value for one in list_all(model, views, "bt")}
    assert found["hits", "2"] == views.hits[:, 2:].sum()
    assert found["neuron", "3"] == views.hits[:, 3].sum()
    assert found["cutout", "0"] == 4
    column = views.statistics[:, STATISTICS.index("ellipticity")]
    assert found["statistic", "ellipticity"] == pytest.approx(np.median(column), rel=1e-5)

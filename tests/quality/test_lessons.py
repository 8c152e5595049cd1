from dataclasses import fields, replace

import numpy as np
import pytest
from tests.quality.conftest import invent_views, make_source_map
from tests.quality.labeled import say, write_exposure, write_untrained

from skysieve.io.arrays import write_arrays
from skysieve.quality import lessons
from skysieve.quality.labels import CLASSES
from skysieve.quality.learning import Views
from skysieve.quality.lessons import (
    PARTS,
    Labeled,
    choose_targets,
    find_exposures,
    make_lessons,
    mix_lessons,
    read_simulated,
    see_labeled,
    split_lessons,
)
from skysieve.quality.model import judge_views, read_model
from skysieve.quality.raters import fit_raters
from skysieve.quality.relearning_recipe import RelearnRecipe
from skysieve.quality.unsureness import measure_unsureness
from skysieve.quality.votes import RatersRecipe, count_votes

BT = np.eye(len(CLASSES))[2]


@pytest.fixture(scope="module")
def judge(tmp_path_factory):
    return read_model(str(write_untrained(tmp_path_factory.mktemp("weights") / "quality.safetensors")))


def label(count, *, detectors=1):
    views = invent_views(count * detectors)
    return [
        Labeled(f"{row}.fits", views.take(np.arange(row * detectors, (row + 1) * detectors)), BT)
        for row in range(count)
    ]


def test_what_networks_do_not_learn_is_left_out_and_the_rest_is_scaled():
    consensus = fit_raters(count_votes(say("bt bt", "trail trail", "bt bt"), RatersRecipe()))
    targets = choose_targets(consensus, least=0.5)
    assert sorted(targets) == ["0.fits", "2.fits"]
    assert targets["0.fits"].sum() == pytest.approx(1)
    assert targets["0.fits"].argmax() == 2


def test_what_the_model_is_unsure_of_weighs_more(judge):
    labeled = label(40)
    found = make_lessons(labeled, judge, factor=3.0)
    judged = judge_views(judge, found.views)
    unsure = measure_unsureness(judged.probability, judged.distance > 1)
    np.testing.assert_allclose(found.weight / found.weight[0], (1 + 3 * unsure) / (1 + 3 * unsure[0]), rtol=1e-5)
    assert found.weight.mean() == pytest.approx(1)
    np.testing.assert_allclose(make_lessons(labeled, judge, factor=0.0).weight, 1)


def test_an_exposure_of_many_detectors_weighs_as_much_as_one_of_one(judge):
    found = make_lessons([*label(1, detectors=6), *label(1)], judge, factor=0.0)
    assert found.weight[:6].sum() == pytest.approx(found.weight[6])
    assert found.views.exposure.tolist() == [0] * 6 + [1]
    assert (found.views.label == 2).all()


def test_detectors_of_an_exposure_never_part(judge):
    found = make_lessons(label(60, detectors=3), judge, factor=1.0)
    shares = {"train": 0.5, "validation": 0.2, "calibration": 0.2, "test": 0.1}
    parts = split_lessons(found, [f"{row}.fits" for row in range(60)], shares, seed=1)
    sets = [set(parts[name].views.exposure.tolist()) for name in PARTS]
    assert sum(map(len, sets)) == len(set.union(*sets)) == 60
    assert sum(map(len, parts.values())) == 180


def test_simulated_lessons_make_up_their_share(judge):
    real, simulated = (make_lessons(label(count), judge, factor=1.0) for count in (30, 100))
    mixed = mix_lessons(real, replace(simulated, real=~simulated.real), share=0.4, seed=0)
    assert (~mixed.real).sum() == 20
    assert len(np.unique(mixed.views.exposure)) == 50
    assert mix_lessons(real, None, share=0.4, seed=0) is real
    assert (~mix_lessons(real, replace(simulated, real=~simulated.real), share=0.9, seed=0).real).sum() == 100


def write_run(folder, views):
    source_map = make_source_map()
    write_arrays(folder / "map.safetensors", {one.name: getattr(source_map, one.name) for one in fields(source_map)})
    write_arrays(folder / "views" / "000000.safetensors", {one.name: getattr(views, one.name) for one in fields(Views)})
    return folder


def test_simulated_lessons_come_in_the_parts_of_their_training(judge, tmp_path):
    parts = read_simulated(write_run(tmp_path, invent_views(200)), judge)
    assert sum(map(len, parts.values())) == 200
    assert set(parts) == set(PARTS)
    np.testing.assert_array_equal(parts["train"].target.argmax(axis=1), parts["train"].views.label)


def test_the_run_of_other_weights_is_refused(judge, tmp_path):
    run = write_run(tmp_path / "run", invent_views(20))
    other = replace(judge, source_map=replace(judge.source_map, neurons=judge.source_map.neurons + 1))
    with pytest.raises(ValueError, match="belongs to other weights"):
        read_simulated(run, other)
    with pytest.raises(ValueError, match="holds no views"):
        read_simulated(tmp_path, judge)


def test_exposures_are_found_by_name_in_folders_within(tmp_path):
    (tmp_path / "night").mkdir()
    for name in ("a.fits", "night/b.fits"):
        (tmp_path / name).write_bytes(b"x")
    found, missing = find_exposures(tmp_path, ["b.fits[2]", "a.fits", "c.fits"])
    assert found == {"a.fits": tmp_path / "a.fits", "b.fits[2]": tmp_path / "night" / "b.fits[2]"}
    assert missing == ["c.fits"]
    with pytest.raises(ValueError, match="holds none of the 1"):
        find_exposures(tmp_path, ["z.fits"])
    (tmp_path / "night" / "a.fits").write_bytes(b"x")
    with pytest.raises(ValueError, match=r"a\.fits: is in"):
        find_exposures(tmp_path, ["a.fits"])


def test_exposures_are_looked_at_once(judge, tmp_path, monkeypatch):
    good = write_exposure(tmp_path / "a.fits", detectors=1)
    (tmp_path / "torn.fits").write_bytes(b"SIMPLE")
    paths = {"a.fits": good, "torn.fits": tmp_path / "torn.fits"}
    heard = []
    more = {"recipe": RelearnRecipe(), "out": tmp_path / "views", "on_done": heard.append}
    first = see_labeled(paths, dict.fromkeys(paths, BT), judge, **more)
    assert [one.name for one in first] == ["a.fits"]
    assert heard == list(paths)
    monkeypatch.setattr(lessons, "look_at", lambda path, *_: pytest.fail(f"{path} is seen again"))
    again = see_labeled({"a.fits": good}, {"a.fits": BT}, judge, **more)
    np.testing.assert_array_equal(again[0].views.statistics, first[0].views.statistics)


def test_nothing_to_learn_is_refused(judge):
    with pytest.raises(ValueError, match="no labeled exposure"):
        make_lessons([], judge, factor=1.0)

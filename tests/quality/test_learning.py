from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from skysieve.quality.labels import CAUSES
from skysieve.quality.learning import make_views, read_source_map
from skysieve.quality.observing import ObservingRecipe
from skysieve.quality.recipe import LearningSet, MapRecipe
from skysieve.quality.statistics import STATISTICS

RECIPE = LearningSet(
    observing=ObservingRecipe(number=4, shape=(128, 128), layout=(1, 2), stars=(60.0, 80.0), surveys=("Legacy",)),
    map=MapRecipe(side=4, clusters=3, exposures=3),
)


def ignore(outcome):
    del outcome


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("learning")
    return folder, *make_views(RECIPE, out=folder, on_done=ignore)


def test_every_detector_is_a_row(made):
    _, views, source_map = made
    assert views.cutouts.shape == (8, 3, 25, 25)
    assert views.hits.shape == (8, 16)
    assert views.statistics.shape == (8, len(STATISTICS))
    assert views.exposure.tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    assert source_map.n_clusters == 3


def test_detectors_of_one_exposure_share_its_label(made):
    views = made[1]
    assert (views.label[::2] == views.label[1::2]).all()
    assert views.label.max() < len(CAUSES)


def test_a_second_run_reads_what_is_there(made):
    folder, views, _ = made
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*.safetensors")}
    again, _ = make_views(RECIPE, out=folder, on_done=ignore)
    np.testing.assert_array_equal(again.cutouts, views.cutouts)
    assert before == {path: path.stat().st_mtime_ns for path in folder.rglob("*.safetensors")}


def test_a_map_serves_other_exposures(made, tmp_path):
    folder, views, _ = made
    other = replace(RECIPE, observing=replace(RECIPE.observing, number=1, seed=9))
    found, _ = make_views(
        other, out=Path(tmp_path), on_done=ignore, source_map=read_source_map(folder / "map.safetensors")
    )
    assert len(found) == 2
    assert not np.array_equal(found.hits, views.hits[:2])


def test_another_set_in_the_same_folder_is_refused(made):
    with pytest.raises(ValueError, match="another"):
        make_views(replace(RECIPE, seed=5), out=made[0], on_done=ignore)

import json
from dataclasses import replace

import numpy as np
import pytest
from tests.quality.conftest import invent_views
from tests.quality.labeled import say, write_untrained

from skysieve.quality import relearning
from skysieve.quality.lessons import Labeled
from skysieve.quality.relearning import relearn
from skysieve.quality.relearning_recipe import RelearnRecipe
from skysieve.training import Stage

WORDS = ["bt bt", "good good", "bt good", "bgp bgp", "trail trail"]


@pytest.fixture
def recipe(tmp_path):
    weights = write_untrained(tmp_path / "quality.safetensors")
    plain = RelearnRecipe()
    return replace(
        plain, assess=replace(plain.assess, model=str(weights)),
        training=replace(plain.training, stages=(Stage(epochs=1, rates={"head": 1e-3}),)),
    )  # fmt: skip


@pytest.fixture
def night(tmp_path, monkeypatch):
    """A folder of exposures that are not looked at: what would be seen of each is invented."""
    (tmp_path / "night").mkdir()
    for number in range(100):
        (tmp_path / "night" / f"{number}.fits").write_bytes(b"x")
    views = invent_views(100)

    def see(paths, targets, model, *, recipe, out, on_done):
        rows = [(name, int(name.partition(".")[0])) for name in paths]
        return [Labeled(name, views.take(np.array([row])), targets[name]) for name, row in rows]

    monkeypatch.setattr(relearning, "see_labeled", see)
    return tmp_path / "night"


def test_labels_become_weights_and_everything_is_told(recipe, night, tmp_path):
    labels = say(*WORDS * 20)
    (night / "0.fits").unlink()
    card, told = relearn(labels, night, recipe, out=tmp_path / "run", on_done=lambda _: None)
    assert (told.exposures, told.left_out, told.missing, told.raters) == (79, 20, 1, 2)
    assert card.metrics["agreement"].n > 0
    for name in ("weights/quality.safetensors", "weights/quality.json", "consensus.parquet", "recipe.json"):
        assert (tmp_path / "run" / name).is_file()
    raters = json.loads((tmp_path / "run" / "raters.json").read_text())
    assert raters["agreement"][0]["agreement"]["value"] == pytest.approx(0.8)


def test_too_few_exposures_are_one_sentence(recipe, night, tmp_path):
    with pytest.raises(ValueError, match="gets none of 2 groups"):
        relearn(say("bt", "good"), night, recipe, out=tmp_path / "run", on_done=lambda _: None)


def test_labels_of_what_cannot_be_learned_alone_are_refused(recipe, night, tmp_path):
    with pytest.raises(ValueError, match="label exposures of the learned classes"):
        relearn(say("trail trail"), night, recipe, out=tmp_path / "run", on_done=lambda _: None)

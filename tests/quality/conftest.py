import numpy as np
import pytest
import torch

from skysieve.quality.fingerprint import SourceMap
from skysieve.quality.learning import Views
from skysieve.quality.model import read_model
from skysieve.quality.recipe import TrainRecipe
from skysieve.quality.statistics import STATISTICS
from skysieve.quality.training import fit_judge
from skysieve.training import Stage, TrainingRecipe

CLUSTERS, NEURONS = 3, 4

RECIPE = TrainRecipe(
    training=TrainingRecipe(stages=(Stage(epochs=14, rates={"all": 1e-2}),), batch=32, accelerator="cpu")
)


def make_source_map():
    return SourceMap(np.eye(NEURONS, 5), np.zeros(5), np.ones(5), np.array([0, 1, 2, 2]))


def invent_views(count, *, seed=0):
    """Detectors whose class is written into two of their statistics."""
    rng = np.random.default_rng(seed)
    label = rng.integers(5, size=count)
    statistics = rng.normal(0, 0.3, (count, len(STATISTICS))).astype(np.float32)
    statistics[:, STATISTICS.index("ellipticity")] += 2 * label
    statistics[:, STATISTICS.index("log_fwhm")] += np.where(label == 3, 3, 0)
    return Views(
        cutouts=rng.normal(1, 0.3, (count, CLUSTERS, 25, 25)).astype(np.float16),
        hits=rng.integers(1, 9, (count, NEURONS)).astype(np.int32),
        stack=rng.normal(0, 0.01, (count, 25, 25)).astype(np.float16),
        statistics=statistics,
        label=label,
        excess=np.where(label[:, None] == 0, 0.2, 3.0) * np.ones((count, 4), np.float32),
        exposure=np.arange(count),
        detector=np.zeros(count, int),
        dead=np.zeros(count, bool),
    )


@pytest.fixture(scope="session")
def weights(tmp_path_factory):
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("judge")
    fit_judge(RECIPE, invent_views(360), make_source_map(), out=folder)
    return folder / "weights" / "quality.safetensors"


@pytest.fixture
def model(weights):
    return read_model(str(weights))

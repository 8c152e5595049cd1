"""What a recipe of execution may say."""

import pytest

from skysieve.config import dump_recipe, read_recipe
from skysieve.execution import ExecutionRecipe, SlurmRecipe


def test_settings_reach_the_recipe():
    recipe = read_recipe(ExecutionRecipe, settings=["workers=4", "slurm.queue=survey", 'memory_limit="1.5 GiB"'])
    assert recipe == ExecutionRecipe(workers=4, memory_limit="1.5 GiB", slurm=SlurmRecipe(queue="survey"))
    assert dump_recipe(recipe)["slurm"]["queue"] == "survey"


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("workers=0", "workers = 0"),
        ("retries=-1", "retries = -1"),
        ("memory_limit=lots", "memory_limit"),
        ("scheduler=localhost", "scheduler"),
        ("slurm.walltime=soon", "slurm.walltime"),
        ("worker=2", "did you mean workers"),
    ],
)
def test_a_wrong_setting_is_named(setting, message):
    with pytest.raises(ValueError, match=message):
        read_recipe(ExecutionRecipe, settings=[setting])


def test_a_recipe_made_in_python_is_checked_too():
    with pytest.raises(ValueError, match="workers = 0"):
        ExecutionRecipe(workers=0)
    with pytest.raises(ValueError, match="exclude each other"):
        ExecutionRecipe(scheduler="tcp://head:8786", slurm=SlurmRecipe())


def test_only_one_local_worker_computes_in_this_process():
    assert ExecutionRecipe().inline
    assert not ExecutionRecipe(workers=2).inline
    assert not ExecutionRecipe(scheduler="tcp://head:8786").inline
    assert not ExecutionRecipe(slurm=SlurmRecipe()).inline

"""What is asked of Slurm."""

import sys

import pytest

from skysieve.execution import SlurmRecipe
from skysieve.execution.cluster import make_slurm_cluster

SLURM = SlurmRecipe(queue="survey", account="astro42", cores=8, memory="16GB", walltime="02:30:00", jobs=3)


def test_the_job_script_holds_the_settings():
    pytest.importorskip("dask_jobqueue")
    with make_slurm_cluster(SLURM, threads=2) as cluster:
        script = cluster.job_script()
    for line in ("-p survey", "-A astro42", "--cpus-per-task=8", "--mem=15G", "-t 02:30:00"):
        assert f"#SBATCH {line}\n" in script
    assert "export OMP_NUM_THREADS=2\n" in script
    assert "--nthreads 1 --memory-limit 3.73GiB --nworkers 4 " in script


def test_without_dask_jobqueue_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "dask_jobqueue", None)
    with pytest.raises(ValueError, match=r"pip install skysieve\[slurm\]"):
        make_slurm_cluster(SLURM, threads=1)

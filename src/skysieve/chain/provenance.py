"""What a run was made with and from: enough to make it again, nothing that differs between two equal runs."""

import importlib.metadata
import platform
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import skysieve
from skysieve.config import dump_recipe

if TYPE_CHECKING:
    from skysieve.chain.plan import RunPlan

DECIDING = ("numpy", "scipy", "astropy", "sep", "scikit-image")
"""Packages whose version can change a number in the catalog."""


def list_versions() -> dict[str, str]:
    """Return the versions of Skysieve, Python and the packages that decide the numbers."""
    found = {name: importlib.metadata.version(name) for name in DECIDING}
    return {"skysieve": skysieve.__version__, "python": platform.python_version(), **found}


def find_revision() -> str:
    """Return the git revision of the checkout that Skysieve runs from, "" when it was installed otherwise."""
    here = Path(skysieve.__file__).parent
    try:
        found = subprocess.run(  # noqa: S603
            ["git", "-C", str(here), "rev-parse", "HEAD"],  # noqa: S607
            capture_output=True, text=True, timeout=10, check=True,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return ""
    return found.stdout.strip()


def describe_run(plan: "RunPlan", overrules: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the content of ``provenance.json``.

    Parameters
    ----------
    plan : RunPlan
        What was run.
    overrules : list of dict
        Values that an overrule table replaced.
    """
    recipe = dump_recipe(plan.recipe)
    execution = recipe.pop("execution")
    return {
        "fingerprint": plan.fingerprint,
        "versions": list_versions(),
        "git_revision": find_revision(),
        "device": "cpu",
        "seed": plan.recipe.seed,
        "method": plan.recipe.extraction.method,
        "recipe": recipe,
        "execution": {"threads_per_worker": execution["threads_per_worker"]},
        "inputs": [{"path": path, "sha256": checksum} for path, checksum in plan.checksums.items()],
        "images": [
            {
                "image": address.label,
                "index": index,
                "extension": address.extension,
                "bands": [{"band": band.name, "pixels": str(band.image), "path": str(band.image.path),
                           "hdu": band.image.hdu, "plane": band.image.plane} for band in address.bands],
            }
            for index, address in enumerate(plan.detectors)
        ],
        "overruled": overrules,
    }  # fmt: skip

"""What a run was made with and from: enough to make it again, nothing that differs between two equal runs."""

from collections.abc import Mapping, Sequence
from typing import Any

from skysieve.chain.judging import list_models
from skysieve.chain.plan import RunPlan
from skysieve.chain.versions import find_revision, list_versions
from skysieve.config import dump_recipe


def describe_run(plan: RunPlan, overrules: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the content of ``provenance.json``.

    Parameters
    ----------
    plan : RunPlan
        What was run.
    overrules : sequence of mapping
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
        "models": list_models(plan.recipe),
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
        "overruled": [dict(one) for one in overrules],
    }  # fmt: skip

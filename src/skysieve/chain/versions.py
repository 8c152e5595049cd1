"""Which code made a run: versions of the packages that decide its numbers, and the git revision."""

import importlib.metadata
import platform
import subprocess
from pathlib import Path

import skysieve

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

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
    """Return the git revision of the checkout that Skysieve runs from, with "-dirty" where files differ from it.

    "" when it was installed otherwise, also into an environment inside the checkout of another project.
    """
    here = str(Path(skysieve.__file__).parent)
    try:
        _run_git(here, "ls-files", "--error-unmatch", "__init__.py")
        return _run_git(here, "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*")
    except (OSError, subprocess.SubprocessError):
        return ""


def _run_git(folder: str, *arguments: str) -> str:
    found = subprocess.run(  # noqa: S603
        ["git", "-C", folder, *arguments],  # noqa: S607
        capture_output=True, text=True, timeout=10, check=True,
    )  # fmt: skip
    return found.stdout.strip()

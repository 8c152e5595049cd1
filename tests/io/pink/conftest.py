"""Where PINK's own files are."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def pink_golden() -> Path:
    """Folder of files written by PINK 2.5; tests that need it skip where it is absent."""
    folder = Path(os.environ.get("SKYSIEVE_TEST_DATA", ""), "pink_golden")
    if not folder.is_dir():
        pytest.skip("set SKYSIEVE_TEST_DATA to the folder of real data")
    return folder.resolve()

"""Shared by all tests: types and shapes are checked at run time, real data are found by a variable."""

import os
from pathlib import Path

import pytest
from hypothesis import settings
from jaxtyping import install_import_hook

install_import_hook("skysieve", "beartype.beartype")
settings.register_profile("suite", deadline=None, max_examples=25, derandomize=True)
settings.load_profile("suite")


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder of real observations; tests that need it skip where it is absent."""
    folder = os.environ.get("SKYSIEVE_TEST_DATA", "")
    if not folder or not Path(folder, "real").is_dir():
        pytest.skip("set SKYSIEVE_TEST_DATA to the folder of real data")
    return Path(folder, "real").resolve()

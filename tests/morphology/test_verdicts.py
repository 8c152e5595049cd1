"""Verdicts as columns."""

import pytest

from skysieve.morphology.verdicts import name_columns


def test_classes_that_become_one_column_are_refused():
    with pytest.raises(ValueError, match="two have one name as columns"):
        name_columns(("FR I", "FR-I"))

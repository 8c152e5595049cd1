import numpy as np
import pytest

from skysieve.simulate import Profiles


def test_missing_columns_are_round_exponential_disks():
    one = Profiles(np.zeros(2), np.zeros(2), np.ones(2), np.zeros(2, bool))
    assert one.sersic.tolist() == [1, 1]
    assert one.stamp.tolist() == [-1, -1]


def test_rows_are_taken_in_the_order_asked_for():
    profiles = Profiles(np.arange(4.0), np.zeros(4), np.ones(4), np.ones(4, bool))
    assert profiles.take(np.array([2, 0])).x.tolist() == [2, 0]


@pytest.mark.parametrize(("column", "value"), [("half_light_radius", 0.0), ("axis_ratio", 1.5)])
def test_a_galaxy_without_a_shape_is_refused(column, value):
    with pytest.raises(ValueError, match=f"galaxy's {column}"):
        Profiles(np.zeros(1), np.zeros(1), np.ones(1), np.zeros(1, bool), **{column: np.array([value])})

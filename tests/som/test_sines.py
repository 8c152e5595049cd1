import numpy as np

from skysieve.som.sines import measure_sines
from skysieve.som.transforms import make_geometry, measure_angles


def test_sines_are_those_of_the_c_library_also_where_it_is_not_the_nearest():
    angles = measure_angles(np.arange(1, 90), make_geometry(8))
    sine, cosine = measure_sines(angles)
    nearest = np.sin(angles.astype(np.float64)).astype(np.float32)
    assert np.flatnonzero(sine != nearest).tolist() == [12, 18, 21]  # 13, 19 and 22 degrees
    assert (np.abs(sine - nearest) <= np.spacing(nearest)).all()
    assert (cosine == np.cos(angles.astype(np.float64)).astype(np.float32)).all()

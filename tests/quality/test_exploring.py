import numpy as np
import pytest
from tests.quality.nights import write_exposure, write_night

from skysieve.quality.assessments import read_assessment
from skysieve.quality.exploring import gather_explorer, measure_points
from skysieve.quality.galleries import Looker


@pytest.fixture
def night(tmp_path):
    return read_assessment(*write_night(tmp_path), folder=None)


def test_a_point_is_the_median_over_detectors_with_light(night):
    points = measure_points(night)
    np.testing.assert_allclose(points[:3], [[0.05, 0.05], [0.3, 0.35], [0.0, 0.1]], atol=1e-9)
    assert np.isnan(points[3]).all()


def test_everything_can_be_asked_for_and_detectors_are_two_letters_each(night, tmp_path):
    write_exposure(tmp_path / "a.fits")
    explorer = gather_explorer(night, title="", looker=Looker(tmp_path, side=32), pictures=9, on_done=lambda _: None)
    assert explorer.columns["log_fwhm"] == [0.05, 0.3, 0.0, None]
    assert explorer.columns["verdict"][1] == "bad"
    assert explorer.columns["p_good"][3] is None
    assert [texts for _, texts in explorer.detectors] == ["9585", "1020", "30--", ""]
    assert list(explorer.pictures) == [1]
    assert len(explorer.planes) == 1


def test_without_widths_it_says_what_to_give(tmp_path):
    verdicts, _ = write_night(tmp_path)
    with pytest.raises(ValueError, match="must hold log_fwhm and ellipticity"):
        measure_points(read_assessment(verdicts, None, folder=None))

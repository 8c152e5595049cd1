from dataclasses import replace

import numpy as np
import pytest

from skysieve.quality.observing import ObservingRecipe, draw_exposure, draw_fault


def test_an_exposure_depends_on_its_number_alone():
    recipe = ObservingRecipe()
    assert draw_exposure(recipe, 7) == draw_exposure(replace(recipe, number=10), 7)
    assert draw_exposure(recipe, 7) != draw_exposure(recipe, 8)
    assert draw_exposure(recipe, 7) != draw_exposure(replace(recipe, seed=2), 7)


def test_times_and_stars_stay_in_their_ranges():
    drawn = [draw_exposure(ObservingRecipe(exptime=(10.0, 20.0), stars=(3.0, 5.0)), index) for index in range(50)]
    assert all(10 <= one.exptime <= 20 and 3 <= one.stars.density <= 5 for one in drawn)
    assert {one.survey for one in drawn} == {"Legacy", "SDSS", "HSC", "LSST"}


def test_good_exposures_have_no_great_fault():
    drawn = [draw_exposure(ObservingRecipe(good=1.0), index).faults for index in range(50)]
    assert max(one.tracking_size for one in drawn) < 0.6
    assert max(one.seeing for one in drawn) <= 1.25


def test_faults_of_unseen_kinds_are_drawn_on_request():
    plain, extra = (
        [draw_exposure(ObservingRecipe(good=0.0, extra=extra), index).faults for index in range(60)]
        for extra in ((), ("focus", "trail", "gain"))
    )
    assert not any(one.defocus or one.trails or one.gain_error != 1 for one in plain)
    assert any(one.defocus for one in extra)
    assert any(one.trails for one in extra)
    assert any(one.gain_error != 1 for one in extra)


def test_an_unknown_kind_is_refused():
    with pytest.raises(ValueError, match="'rain' is no kind of fault"):
        draw_fault(np.random.default_rng(1), "rain")

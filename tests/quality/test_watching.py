import os
from dataclasses import replace

import pytest
from tests.quality.mosaics import write_mosaic

from skysieve.io.catalogs import read_catalog
from skysieve.quality.assess_recipe import AssessRecipe, UsualRecipe
from skysieve.quality.flags import ExposureFlag
from skysieve.quality.watch_state import Watch
from skysieve.quality.watching import watch_folder


class Night:
    """A folder with a watch on it."""

    def __init__(self, folder, weights, **usual):
        self.folder = folder / "night"
        self.folder.mkdir()
        self.watch = Watch(self.folder, folder / "v.parquet", folder / "c.csv", interval=0.01, once=True)
        self.recipe = AssessRecipe(model=str(weights), usual=UsualRecipe(**usual))
        self.told = []

    def add(self, *seeds):
        for seed in seeds:
            path = write_mosaic(self.folder / f"{seed}.fits", seed=seed)
            os.utime(path, (seed, seed))

    def look(self, on_judged=lambda facts: None, **changes):
        def tell(facts):
            self.told.append(facts["exposure"])
            on_judged(facts)

        watch_folder(replace(self.watch, **changes), self.recipe, on_judged=tell)
        return read_catalog(self.watch.verdicts)


@pytest.fixture
def night(weights, tmp_path):
    return Night(tmp_path, weights, seeing=1.2, sky=1.5)


def test_each_exposure_is_judged_once_in_the_order_of_arrival(night):
    night.add(2, 1)
    assert night.look()["exposure"].tolist() == ["1.fits", "2.fits"]
    content = night.watch.verdicts.read_bytes()
    night.look()
    assert night.told == ["1.fits", "2.fits"]
    assert night.watch.verdicts.read_bytes() == content
    assert len(read_catalog(night.watch.detectors)) == 4


def test_an_interruption_changes_nothing(night):
    def stop(facts):
        raise KeyboardInterrupt

    night.add(1, 2)
    with pytest.raises(KeyboardInterrupt):
        night.look(stop)
    night.look()
    content = night.watch.verdicts.read_bytes()
    assert night.told == ["1.fits", "2.fits"]
    night.look(overwrite=True)
    assert night.watch.verdicts.read_bytes() == content


def test_a_torn_file_has_one_row_until_it_changes(night):
    night.add(1)
    path = night.folder / "1.fits"
    whole = path.read_bytes()
    path.write_bytes(whole[:3000])
    torn = night.look()
    assert ExposureFlag(int(torn["flags"][0])) & ExposureFlag.UNREADABLE
    assert "ends before" in torn["message"][0]
    night.look()
    path.write_bytes(whole)
    assert night.look()["n_ccd"].tolist() == [2]
    assert night.told == ["1.fits", "1.fits"]


def test_a_file_that_was_only_touched_is_not_judged_again(night):
    night.add(1)
    night.look()
    os.utime(night.folder / "1.fits", (99, 99))
    night.look()
    night.look()
    assert night.told == ["1.fits"]


def test_what_is_no_image_is_a_row_and_hidden_files_are_none(night):
    (night.folder / "note.fits").write_text("cloudy\n")
    (night.folder / ".copying.fits").write_bytes(b"SIMPLE")
    verdicts = night.look()
    assert verdicts["exposure"].tolist() == ["note.fits"]
    assert "is text" in verdicts["message"][0]


def test_a_file_that_goes_away_has_no_row(night):
    night.add(1, 2)
    verdicts = night.look(lambda _: (night.folder / "2.fits").unlink(missing_ok=True))
    assert verdicts["exposure"].tolist() == ["1.fits"]


def test_a_file_that_grows_is_waited_for(night, monkeypatch):
    path, looks = night.folder / "1.fits", []
    night.add(1)
    whole = path.read_bytes()

    def grow(seconds):
        looks.append(seconds)
        if len(looks) <= 4:
            path.write_bytes(whole[: 3000 * len(looks)] if len(looks) < 4 else whole)

    path.write_bytes(whole[:2000])
    monkeypatch.setattr("time.sleep", grow)
    assert night.look()["n_ccd"].tolist() == [2]
    assert night.told == ["1.fits"]


def test_a_failure_is_a_row(night, monkeypatch):
    night.add(1)
    monkeypatch.setattr("skysieve.quality.parts.judge_exposure", lambda *_, **__: 1 / 0)
    verdicts = night.look()
    assert ExposureFlag.FAILED in ExposureFlag(int(verdicts["flags"][0]))
    assert "division by zero" in verdicts["message"][0]


def test_the_first_three_exposures_tell_what_is_usual_to_those_that_follow(weights, tmp_path):
    night = Night(tmp_path, weights)
    night.add(1, 2)
    night.look()
    night.add(3, 4)
    verdicts = night.look()
    guessed = [ExposureFlag.GUESSED_SEEING in ExposureFlag(int(flags)) for flags in verdicts["flags"]]
    checked = [ExposureFlag.NO_LAYOUT not in ExposureFlag(int(flags)) for flags in verdicts["flags"]]
    assert (guessed, checked) == ([True, True, True, False], [False, False, False, True])
    assert '"CAM"' in verdicts.meta["usual"]


def test_an_empty_folder_gives_an_empty_table(night):
    assert len(night.look()) == 0


def test_another_recipe_on_the_same_state_is_refused(night):
    night.look()
    night.recipe = replace(night.recipe, seed=3)
    with pytest.raises(ValueError, match="holds another run"):
        night.look()


def test_an_absent_folder_is_refused(night):
    with pytest.raises(ValueError, match="no such folder"):
        night.look(folder=night.folder / "absent")

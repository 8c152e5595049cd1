import json
from dataclasses import replace

import numpy as np
import pytest
from astropy.io import fits
from tests.quality.conftest import make_source_map

from skysieve.cli.main import invoke
from skysieve.io.exposures import InputRecipe, list_detectors, read_detector
from skysieve.quality.frames import RealFrame, cut_detector, open_frame
from skysieve.quality.labels import CAUSES, EXCESS, LimitsRecipe
from skysieve.quality.realfaults import SETTINGS, DegradeRecipe, draw_faults, label_faults
from skysieve.quality.realframes import make_real_views, number_parent, read_frames
from skysieve.simulate import FaultRecipe
from skysieve.simulate.degrading_blurs import make_moffat

FWHM, SKY, GAIN, SIDE = 3.5, 400.0, 2.0, 160


@pytest.fixture(scope="session")
def path(tmp_path_factory):
    """A frame of thirty stars, without its sky."""
    rng = np.random.default_rng(4)
    image, stamp = np.zeros((SIDE, SIDE)), make_moffat(FWHM)
    half = stamp.shape[0] // 2
    for x, y in rng.integers(half, SIDE - half, (30, 2)):
        image[y - half : y + half + 1, x - half : x + half + 1] += 10 ** rng.uniform(3.5, 5) * stamp
    image += rng.normal(size=image.shape) * np.sqrt((image + SKY) / GAIN)
    header = fits.Header({"GAIN": GAIN, "EXPTIME": 60.0})
    found = tmp_path_factory.mktemp("real") / "good.fits"
    fits.writeto(found, image.astype(np.float32), header)
    return found


@pytest.fixture(scope="session")
def frame(path):
    return RealFrame("good", str(path), parent="night")


@pytest.fixture(scope="session")
def good(frame):
    return open_frame(frame)


def make_views(frames, out, **settings):
    recipe = DegradeRecipe(kinds=("rbt", "trail"), draws=1, good=2, **settings)
    states = []
    views = make_real_views(
        frames, recipe, out=out, source_map=make_source_map(), on_done=lambda one: states.append(one.state)
    )
    return views, states


def test_a_frame_gets_its_sky_back_and_a_zeropoint(good):
    band = good.detector.bands[0]
    assert np.median(band.data) == pytest.approx(SKY, rel=0.1)
    assert band.calibration.zeropoint == pytest.approx(25 + 2.5 * np.log10(60))
    assert good.fwhm == pytest.approx(FWHM, rel=0.15)


@pytest.mark.parametrize("kind", [one for one in SETTINGS if one != "scattered"])
def test_a_fault_is_as_large_as_asked_for(kind, good):
    limits = LimitsRecipe()
    size = 5.0 if kind == "rbt" else 2.0
    faults = draw_faults(np.random.default_rng(1), kind, size, frame=good, seed=9, limits=limits)
    label, excess = label_faults(kind, faults, good, seed=9, limits=limits)
    column = SETTINGS[kind][0]
    assert excess[EXCESS.index(column)] == pytest.approx(size, rel=0.05)
    assert CAUSES[label] == (kind if column == "tracking" else column)


def test_a_frame_as_it_is_is_good(good):
    label, excess = label_faults("glow", FaultRecipe(), good, seed=1, limits=LimitsRecipe())
    assert CAUSES[label] == "good"
    assert excess == pytest.approx(0, abs=1e-6)


def test_views_are_labeled_by_what_was_put_in(frame, tmp_path):
    views, _ = make_views([frame], tmp_path)
    assert [CAUSES[one] for one in views.label] == ["good", "good", "rbt", "trail"]
    assert set(views.exposure.tolist()) == {number_parent("night")}
    assert views.detector.tolist() == [0, 1, 2, 3]


def test_a_frame_gives_the_same_views_whichever_others_there_are(frame, tmp_path):
    other = replace(frame, name="other", parent=None)
    alone, _ = make_views([frame], tmp_path / "alone")
    both, _ = make_views([other, frame], tmp_path / "both")
    assert np.array_equal(both.statistics[4:], alone.statistics, equal_nan=True)
    assert not np.array_equal(both.statistics[:4], alone.statistics, equal_nan=True)


def test_a_second_run_makes_nothing_again(frame, tmp_path):
    views, first = make_views([frame], tmp_path)
    again, second = make_views([frame], tmp_path)
    assert (first, second) == (["done"], ["skipped"])
    assert np.array_equal(views.cutouts, again.cutouts)
    with pytest.raises(ValueError, match="another run"):
        make_views([frame], tmp_path, seed=1)


def test_what_cannot_be_read_is_said(frame, tmp_path):
    with pytest.raises(ValueError, match="no real frame"):
        make_views([], tmp_path)
    with pytest.raises(RuntimeError, match="absent"):
        make_views([replace(frame, path="absent.fits")], tmp_path)


def test_a_part_of_a_detector_ends_where_the_detector_ends(good):
    assert cut_detector(good.detector, (100, 0), side=128).shape == (60, 128)


def test_the_command_writes_every_detector_with_its_truth(path, tmp_path, capsys):
    image, header = fits.getdata(path, header=True)
    planes = [fits.ImageHDU(image, header, name=f"CCD{number}") for number in (1, 2)]
    fits.HDUList([fits.PrimaryHDU(), *planes]).writeto(tmp_path / "mosaic.fits")
    out = tmp_path / "worse.fits"
    arguments = ["--fault", "drift=3", "--fault", "glow=1", "--seed", "5", "--json"]
    assert invoke(["quality", "degrade", str(tmp_path / "mosaic.fits"), "--out", str(out), *arguments]) == 0
    told = json.loads(capsys.readouterr().out)["detectors"]
    addresses = list_detectors([out], recipe=InputRecipe())
    assert [one.label for one in addresses] == ["worse.fits[1]", "worse.fits[2]"]
    assert np.median(read_detector(addresses[1], InputRecipe()).bands[0].data) == pytest.approx(SKY, rel=0.1)
    header = fits.getheader(out, 1)
    assert header["T_SKY"] == told[0]["T_SKY"] == pytest.approx(2.0)
    assert 0 < header["TF_TRACK"] < 0.6


def test_the_command_says_what_is_wrong(path, tmp_path, capsys):
    arguments = ["quality", "degrade", str(path), "--out", str(tmp_path / "worse.fits"), "--fault"]
    assert invoke([*arguments, "seeing=0.5"]) == 2
    assert "give 1 or more" in capsys.readouterr().err
    assert invoke([*arguments, "rain=1"]) == 2
    assert "rain" in capsys.readouterr().err


def test_a_folder_says_which_of_its_frames_are_good(tmp_path):
    (tmp_path / "frames.toml").write_text(
        '[[frames]]\nname = "a"\npath = "a.fits[2]"\nparent = "night"\ncorner = [0, 512]\n'
    )
    wanted = RealFrame("a", str(tmp_path / "a.fits[2]"), parent="night", corner=(0, 512))
    assert read_frames(tmp_path) == [wanted]


def test_a_folder_without_a_list_of_frames_is_one_sentence(tmp_path):
    with pytest.raises(ValueError, match=r"frames\.toml"):
        read_frames(tmp_path)
    (tmp_path / "frames.toml").write_text("")
    with pytest.raises(ValueError, match="names no frame"):
        read_frames(tmp_path)

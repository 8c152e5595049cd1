import numpy as np

from skysieve.config import read_recipe
from skysieve.quality.assess_recipe import AssessRecipe
from skysieve.quality.cameras import Learned, find_camera
from skysieve.quality.census import Census
from skysieve.quality.cuts import CutsRecipe, apply_cuts
from skysieve.quality.flags import CutFlag
from skysieve.quality.statistics import STATISTICS

UNKNOWN = np.full((3, len(STATISTICS)), np.nan)

TABLE = """
[cuts]
astrometry = 0.3

[usual]
seeing = 1.1
sky = 2.0

[cameras.DECam.cuts]
zeropoint = 24.5
astrometry = 0.1

[cameras.DECam.usual]
fwhm = 4.0
"""


def find(name, tmp_path):
    (tmp_path / "camera.toml").write_text(TABLE)
    return find_camera(Census(name, ()), read_recipe(AssessRecipe, tmp_path / "camera.toml"), Learned())


def test_a_faint_zeropoint_and_a_poor_astrometry_are_bits():
    recipe = CutsRecipe(zeropoint=25.0, astrometry=0.2)
    assert apply_cuts(UNKNOWN, recipe, dead=0, zeropoint=24.9, astrometry=0.1) == CutFlag.ZEROPOINT
    assert apply_cuts(UNKNOWN, recipe, dead=0, zeropoint=25.1, astrometry=0.3) == CutFlag.ASTROMETRY


def test_what_no_header_tells_fails_no_cut():
    assert apply_cuts(UNKNOWN, CutsRecipe(zeropoint=25.0, astrometry=0.2), dead=0) == CutFlag(0)
    assert apply_cuts(UNKNOWN, CutsRecipe(), dead=0, zeropoint=0.0, astrometry=9.0) == CutFlag(0)


def test_the_table_of_a_camera_wins_over_that_of_all(tmp_path):
    own, other = find("DECAM", tmp_path), find("MegaCam", tmp_path)
    assert (own.cuts.zeropoint, own.cuts.astrometry) == (24.5, 0.1)
    assert (other.cuts.zeropoint, other.cuts.astrometry) == (None, 0.3)
    assert (own.known, other.known) == (True, False)


def test_what_a_camera_leaves_out_is_that_of_all(tmp_path):
    usual = find("DECam", tmp_path).usual
    assert (usual.fwhm, usual.seeing, usual.sky) == (4.0, None, 2.0)

"""Tables of verdicts as if a night had been judged, and small files of its exposures."""

import json

import numpy as np
from astropy.io import fits

from skysieve.io.catalogs import write_catalog
from skysieve.quality.labels import CLASSES
from skysieve.records import Catalog, Column

TEXTS = ("exposure", "verdict", "cause", "causes95", "message", "ccd")
LOST = ("seconds_lost", "seconds_lost_seeing", "seconds_lost_tracking")


def make_table(rows, meta=None):
    schema, columns = [], {}
    for name, first in rows[0].items():
        dtype = "str" if name in TEXTS else "bool" if isinstance(first, bool) else "i8" if type(first) is int else "f8"
        schema.append(Column(name, dtype))
        columns[name] = np.array([row[name] for row in rows], object if dtype == "str" else dtype)
    return Catalog(tuple(schema), columns, meta or {})


def make_exposure(name, chances, *, verdict="good", cause="good", **more):
    row = {"exposure": name, "verdict": verdict, "cause": cause, "causes95": "good,bt", "n_ccd": 2, "n_failed_ccd": 0,
           "n_dead_ccd": 0, "ood": False, "flags": 0, "cuts": 0, "message": ""}  # fmt: skip
    row |= dict.fromkeys(LOST, np.nan) | {f"p_{one}": float(p) for one, p in zip(CLASSES, chances, strict=True)}
    return row | more


def make_ccd(exposure, ccd, p_good, *, dead=False, width=0.0, shape=0.05):
    return {"exposure": exposure, "ccd": ccd, "cause": "good" if p_good > 0.5 else "bt", "p_good": float(p_good),
            "no_light": dead, "log_fwhm": width * np.log(10), "ellipticity": shape}  # fmt: skip


NIGHT = [
    make_exposure("b.fits", (0.9, 0.02, 0.03, 0.03, 0.02), seconds_lost=10.0, seconds_lost_seeing=10.0),
    make_exposure("a.fits", (0.1, 0.1, 0.7, 0.05, 0.05), verdict="bad", cause="bt", n_failed_ccd=2, flags=4, cuts=2,
                  seconds_lost=50.0, seconds_lost_seeing=5.0, seconds_lost_tracking=45.0),
    make_exposure("c.fits", (0.3, 0.2, 0.2, 0.2, 0.1), verdict="hole", cause="other", n_dead_ccd=1),
    make_exposure("torn.fits", [np.nan] * 5, verdict="bad", cause="other", message="torn.fits: cannot be <b>read</b>"),
]  # fmt: skip

CCDS = [
    make_ccd("b.fits", "1", 0.95), make_ccd("b.fits", "2", 0.85, width=0.1),
    make_ccd("a.fits", "1", 0.1, width=0.3, shape=0.4), make_ccd("a.fits", "2", 0.2, width=0.3, shape=0.3),
    make_ccd("c.fits", "1", 0.3, shape=0.1), make_ccd("c.fits", "2", 0.0, dead=True, width=np.nan),
]  # fmt: skip

META = {"exposure_flags": json.dumps({"dead_detectors": [4, "some detectors hold no light"]}), "quality_model": "q 1"}


def write_night(folder, *, verdicts=NIGHT, ccds=CCDS):
    """Write the two tables and return their paths."""
    paths = folder / "verdicts.parquet", folder / "ccds.parquet"
    for path, rows in zip(paths, (verdicts, ccds), strict=True):
        write_catalog(make_table(rows, META), path)
    return paths


def write_exposure(path, *, start="", sections=("[1:60,1:50]", "[71:130,1:50]")):
    """Write a file of two detectors."""
    rng = np.random.default_rng(0)
    planes = [fits.ImageHDU(rng.normal(100, 5, (50, 60)).astype(np.float32)) for _ in sections]
    for plane, section in zip(planes, sections, strict=True):
        if section:
            plane.header["DETSEC"] = section
    primary = fits.PrimaryHDU()
    if start:
        primary.header["DATE-OBS"] = start
    fits.HDUList([primary, *planes]).writeto(path)
    return path

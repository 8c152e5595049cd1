"""One small sky with everything the report shows."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from astropy.wcs import WCS

from skysieve.extraction.schema import list_catalog_columns
from skysieve.records import Band, Catalog, Column, Detector, PsfModel, make_empty_catalog, make_empty_column
from skysieve.report import Preview, RunSummary, draw_preview

HOSTILE = "night$1$.fits[3] </script><script>alert(1)</script>"
SCHEMA = list_catalog_columns(["r"], [5.0])


def build_catalog(n: int, label: str = "a.fits[0]") -> Catalog:
    """Sources on a grid with known fluxes; the others of the schema's columns stay NaN."""
    columns = {c.name: make_empty_column(c.dtype, n) for c in SCHEMA}
    columns["image"][:] = label
    columns["id"] = columns["number"] = np.arange(1, n + 1)
    columns["x"], columns["y"] = 10.0 + 20 * (np.arange(n) % 5), 10.0 + 20 * (np.arange(n) // 5)
    columns["a"] = columns["b"] = np.full(n, 2.0)
    columns["flux_kron"], columns["flux_kron_err"] = 1000.0 * (1 + np.arange(n)), np.full(n, 10.0)
    columns["flux_radius"], columns["fwhm"], columns["stellarity"] = (np.full(n, v) for v in (2.0, 4.0, 0.95))
    columns["ellipticity"] = columns["theta"] = np.full(n, 0.1)
    return Catalog(SCHEMA, columns)


def build_detector(shape: tuple[int, int] = (80, 100), label: str = "a.fits[0]", wcs: WCS | None = None) -> Detector:
    """A sky of unit noise with a bad column."""
    data = np.random.default_rng(1).normal(10, 1, shape).astype(np.float32)
    bad = np.zeros(shape, dtype=bool)
    bad[:, -1] = shape[1] > 1
    return Detector(label, (Band("r", np.where(bad, 0, data), bad),), wcs)


@pytest.fixture
def make_catalog() -> Callable[..., Catalog]:
    """Give tests the catalog builder."""
    return build_catalog


@pytest.fixture
def make_detector() -> Callable[..., Detector]:
    """Give tests the detector builder."""
    return build_detector


@pytest.fixture
def sky_wcs() -> WCS:
    """Give each test its own, for some change it."""
    return build_wcs()


def build_wcs() -> WCS:
    """East to the left, north up, one arcsecond a pixel, across the zero of right ascension."""
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
    wcs.wcs.crval, wcs.wcs.crpix, wcs.wcs.cdelt = [0.0, 60.0], [50.5, 40.5], [-1 / 3600, 1 / 3600]
    return wcs


@pytest.fixture(scope="session")
def rich_preview() -> Preview:
    """All that a preview can hold, under a hostile label."""
    catalog, labels = build_catalog(20), np.zeros((80, 100), dtype=np.int32)
    for number, x, y in zip(catalog["number"], catalog["x"], catalog["y"], strict=True):
        labels[int(y) - 3 : int(y) + 4, int(x) - 3 : int(x) + 4] = number
    catalog["flags"][:3] = [2, 4, 1024]
    psf = PsfModel(np.full((1, 5, 5), 0.04), 0, (80, 100), 9, 4.0)
    detector = build_detector(label=HOSTILE, wcs=build_wcs())
    return draw_preview(detector, labels, catalog, psf=psf, background=np.full((4, 5), 10.0))


@pytest.fixture(scope="session")
def hostile_run(rich_preview: Preview) -> RunSummary:
    """A run of two images, one of them dead, with texts that try to break out of the page."""
    dead = build_detector((6, 6), "dead.fits[1]")
    dead = replace(dead, bands=(replace(dead.bands[0], bad=np.ones((6, 6), dtype=bool)),))
    schema = (Column("image", "str"), Column("flags", "i8"), Column("message", "str"), Column("fwhm", "f8", "pixel"))
    values = [[HOSTILE, "dead.fits[1]"], [0, 8], ["", "<img src=x onerror=alert(2)>"], [4.0, np.nan]]
    columns = {c.name: np.array(v, dtype=object if c.dtype == "str" else c.dtype)
               for c, v in zip(schema, values, strict=True)}  # fmt: skip
    previews = (rich_preview, draw_preview(dead, None, make_empty_catalog(SCHEMA)))
    links = {"<b>catalog</b>": "javascript:alert(3)"}
    provenance = {"recipe": {HOSTILE: [1]}}
    return RunSummary(HOSTILE, Catalog(schema, columns), build_catalog(20), previews, provenance, links)

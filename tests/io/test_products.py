"""Segmentation maps come back pixel for pixel; regions lie where the sources are."""

import tracemalloc
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from skysieve.io.products import SegmentationPlane, read_segmentation, write_regions, write_segmentation
from skysieve.records import Catalog, Column, SourceFlag

SHAPES = hnp.array_shapes(min_dims=2, max_dims=2, max_side=70)


def make_catalog(**values) -> Catalog:
    basic = {"x": 9.0, "y": 19.0, "a": 2.0, "b": 1.0, "theta": 30.0, "id": 7, "flags": 0, **values}
    arrays = {name: np.atleast_1d(np.asarray(value)) for name, value in basic.items()}
    return Catalog(tuple(Column(n, f"{v.dtype.kind}8") for n, v in arrays.items()), arrays)


def list_regions(folder: Path, catalog: Catalog, *, sky: bool = False) -> list[str]:
    write_regions(folder / "c.reg", catalog, sky=sky)
    return (folder / "c.reg").read_text().splitlines()[1:]


@given(labels=hnp.arrays(np.int32, SHAPES, elements=st.integers(-(2**31), 2**31 - 1)))
def test_any_labels_come_back_unchanged(labels):
    with TemporaryDirectory() as folder:
        write_segmentation(Path(folder, "s.fits"), [SegmentationPlane("A", labels)])
        np.testing.assert_array_equal(read_segmentation(Path(folder, "s.fits"), "A"), labels, strict=True)


def test_planes_are_found_by_name_and_by_number(tmp_path):
    planes = [SegmentationPlane(f"ccd{k}", np.full((5, 4), k, np.int32)) for k in range(3)]
    write_segmentation(tmp_path / "s.fits", planes)
    assert read_segmentation(tmp_path / "s.fits", "CCD2").max() == 2
    assert read_segmentation(tmp_path / "s.fits", 2).max() == 1


def test_the_file_is_what_astropy_reads_with_empty_primary_and_wcs(tmp_path):
    wcs = WCS(naxis=2)
    wcs.wcs.ctype, wcs.wcs.crval, wcs.wcs.cdelt = ["RA---TAN", "DEC--TAN"], [150, 2], [-1e-4, 1e-4]
    write_segmentation(tmp_path / "s.fits", [SegmentationPlane("N4", np.ones((6, 5), np.int32), wcs)])
    with fits.open(tmp_path / "s.fits") as hdus:
        hdus.verify("exception")
        assert hdus[0].data is None
        assert isinstance(hdus["N4"], fits.CompImageHDU)
        assert WCS(hdus["N4"].header).wcs.crval.tolist() == [150, 2]


def test_equal_maps_become_equal_bytes(tmp_path):
    labels = np.arange(5000, dtype=np.int32).reshape(50, 100) // 7
    for name in ("one.fits", "two.fits"):
        write_segmentation(tmp_path / name, [SegmentationPlane("A", labels), SegmentationPlane("B", labels)])
    assert (tmp_path / "one.fits").read_bytes() == (tmp_path / "two.fits").read_bytes()


def test_sparse_maps_shrink_tenfold(tmp_path):
    labels = np.zeros((500, 500), np.int32)
    labels[100:120, 200:230] = 4
    write_segmentation(tmp_path / "s.fits", [SegmentationPlane("A", labels)])
    assert (tmp_path / "s.fits").stat().st_size < labels.nbytes / 10


def test_a_mosaic_is_written_one_plane_at_a_time(tmp_path):
    planes = (SegmentationPlane(f"C{k}", np.full((400, 400), k, np.int32)) for k in range(12))
    tracemalloc.start()
    write_segmentation(tmp_path / "s.fits", planes)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 6 * 400 * 400 * 4
    assert read_segmentation(tmp_path / "s.fits", 12).min() == 11


def test_no_planes_leave_an_empty_primary(tmp_path):
    write_segmentation(tmp_path / "s.fits", [])
    with fits.open(tmp_path / "s.fits") as hdus:
        assert len(hdus) == 1


def test_an_interrupted_mosaic_leaves_no_file(tmp_path):
    def make_planes():
        yield SegmentationPlane("A", np.ones((4, 4), np.int32))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_segmentation(tmp_path / "s.fits", make_planes())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("extension", ["Z", 0, 5, -1])
def test_an_absent_extension_is_named(tmp_path, extension):
    write_segmentation(tmp_path / "s.fits", [SegmentationPlane("A", np.ones((4, 4), np.int32))])
    with pytest.raises(ValueError, match=rf"s\.fits\[{extension}\]: is not a segmentation map; .*PRIMARY, A"):
        read_segmentation(tmp_path / "s.fits", extension)


def test_a_map_needs_a_fits_name(tmp_path):
    with pytest.raises(ValueError, match=r"s\.png: a segmentation map is FITS"):
        write_segmentation(tmp_path / "s.png", [])


def test_pixels_of_ds9_start_at_one(tmp_path):
    assert list_regions(tmp_path, make_catalog()) == [
        "image;ellipse(10.000,20.000,7.000,3.500,30.000) # color=green text={7}"
    ]


def test_ellipses_are_the_apertures_of_flux_kron(tmp_path):
    lines = list_regions(
        tmp_path,
        make_catalog(
            x=[9.0, 9, 9],
            y=[1.0] * 3,
            a=[2.0] * 3,
            b=[1.0] * 3,
            theta=[0.0] * 3,
            id=[1, 2, 3],
            flags=[0] * 3,
            kron_radius=[4.0, 0, np.nan],
        ),
    )
    assert [line.split(",")[2] for line in lines] == ["8.000", "7.000", "7.000"]


def test_sky_ellipses_have_arcseconds_and_the_position_angle_from_north(tmp_path):
    place = {"ra": 150.0, "dec": -2.0, "a_sky": 2.0, "b_sky": 1.0, "theta_sky": 60.0}
    assert list_regions(tmp_path, make_catalog(**place), sky=True) == [
        'icrs;ellipse(150.0000000,-2.0000000,7.000",3.500",150.000) # color=green text={7}'
    ]


def test_sources_without_sky_coordinates_are_drawn_in_pixels(tmp_path):
    place = {"ra": np.nan, "dec": np.nan, "a_sky": np.nan, "b_sky": np.nan, "theta_sky": np.nan}
    assert list_regions(tmp_path, make_catalog(**place), sky=True)[0].startswith("image;ellipse(10.000,20.000")


def test_only_trouble_is_red(tmp_path):
    flags = [0, int(SourceFlag.NO_WCS | SourceFlag.NO_ZEROPOINT), int(SourceFlag.SATURATED | SourceFlag.NO_WCS)]
    same = {name: [1.0] * 3 for name in ("x", "y", "a", "b", "theta")}
    lines = list_regions(tmp_path, make_catalog(**same, id=[1, 2, 3], flags=flags))
    assert ["red" in line for line in lines] == [False, False, True]


def test_a_shapeless_source_is_a_point_and_a_lost_one_is_left_out(tmp_path):
    odd = make_catalog(x=[1.0, np.nan], y=[2.0, 2], a=[np.nan, 1], b=[1.0, 1], theta=[0.0, 0], id=[1, 2], flags=[0, 0])
    assert list_regions(tmp_path, odd) == ["image;point(2.000,3.000) # color=green text={1}"]


def test_nothing_found_is_a_file_without_regions(tmp_path):
    assert list_regions(tmp_path, make_catalog().take(slice(0, 0))) == []


def test_a_catalog_without_shapes_is_refused(tmp_path):
    bare = Catalog((Column("x", "f8"),), {"x": np.zeros(1)})
    with pytest.raises(ValueError, match=r"c\.reg: the catalog has no column y; regions need"):
        write_regions(tmp_path / "c.reg", bare, sky=False)

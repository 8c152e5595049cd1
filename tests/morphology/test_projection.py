import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord, search_around_sky
from hypothesis import given
from hypothesis import strategies as st

from skysieve.morphology import projection
from skysieve.morphology.planes import make_planes
from skysieve.morphology.projection import Matched, Positions, project_regions
from skysieve.records.annotations import Annotations, NeuronAnnotation, Region
from skysieve.som.transforms import make_geometry, measure_angles, orient_image

SIDE, FRAME = 21, 30


def make_matched(bmu=(0,), *, angle=0.0, flip=False, ra=(10.0,), dec=(0.0,)):
    count = len(bmu)
    planes = make_planes(np.array(ra), np.array(dec), pixel_scale=1.0, image_side=SIDE)
    return Matched(planes, np.array(bmu), np.full(count, angle), np.full(count, flip), SIDE)


def annotate(*regions, neurons=2, channels=2):
    return Annotations((NeuronAnnotation(0, (), regions),), "", neurons, FRAME, channels)


def place(dx, dy):
    """A position that lies dx and dy pixels from the middle of the image at ra 10, dec 0."""
    return Positions(np.array([10 - dx / 3600]), np.array([dy / 3600]))


def everywhere(label="all", channel=0):
    return Region(label, channel, np.ones((FRAME, FRAME), bool))


@given(step=st.integers(0, 71), dx=st.integers(-6, 6), dy=st.integers(-6, 6))
def test_a_component_goes_where_the_engine_draws_its_pixel(step, dx, dy):
    geometry = make_geometry(SIDE, rotations=36, neuron_side=FRAME)
    image = np.zeros((1, SIDE, SIDE), np.float32)
    image[0, SIDE // 2 + dy, SIDE // 2 + dx] = 1
    drawn = orient_image(image, step, geometry=geometry)[0]
    angle = float(measure_angles(np.array([step]), geometry)[0])
    matched = make_matched(angle=angle, flip=step >= 36)
    region = Region("seen", 0, drawn > 0)
    assert len(project_regions(matched, annotate(region), {0: place(dx, dy)}, separation=60.0)) == 1
    region = Region("not", 0, drawn == 0)
    assert not len(project_regions(matched, annotate(region), {0: place(dx, dy)}, separation=60.0))


def test_overlapping_regions_are_hit_each():
    hits = project_regions(
        make_matched(), annotate(everywhere("b"), everywhere("a")), {0: place(1, 1)}, separation=60.0
    )
    assert [hits.labels[k] for k in hits.label] == ["a", "b"]


def test_each_channel_looks_at_its_own_catalog():
    catalogs = {0: place(1, 1), 1: Positions(np.array([10.0, 10.0]), np.array([0.0, 0.001]))}
    hits = project_regions(make_matched(), annotate(everywhere("a"), everywhere("h", 1)), catalogs, separation=60.0)
    assert hits.channel.tolist() == [0, 1, 1]
    assert hits.entry.tolist() == [0, 0, 1]


def test_a_channel_without_a_catalog_is_passed_over():
    hits = project_regions(make_matched(), annotate(everywhere("h", 1)), {0: place(1, 1)}, separation=60.0)
    assert hits.labels == ("h",)
    assert not len(hits)


@pytest.mark.parametrize("at_once", [3, 10_000])
def test_pairs_are_those_of_search_around_sky(at_once, monkeypatch):
    monkeypatch.setattr(projection, "PAIRS_AT_ONCE", at_once)
    rng = np.random.default_rng(1)
    ra, dec = 359.99 + rng.uniform(0, 0.02, 30), 70 + rng.uniform(0, 0.01, 30)
    sky = SkyCoord(ra, dec, unit="deg")
    image, entry, _, _ = search_around_sky(sky, sky, 5 * u.arcsec)
    found = project_regions(
        make_matched(np.zeros(30, int), ra=ra % 360, dec=dec), annotate(everywhere()), {0: Positions(ra % 360, dec)},
        separation=5.0,
    )  # fmt: skip
    assert sorted(zip(found.image.tolist(), found.entry.tolist(), strict=True)) == sorted(
        zip(image.tolist(), entry.tolist(), strict=True)
    )


def test_images_and_entries_that_are_nowhere_have_no_hits():
    catalogs = {0: Positions(np.array([np.nan, 10.0]), np.array([0.0, 0.0]))}
    hits = project_regions(make_matched((-1, 0, 1), ra=[10.0] * 3, dec=[0.0] * 3), annotate(everywhere()), catalogs,
                           separation=9.0)  # fmt: skip
    assert (hits.image.tolist(), hits.entry.tolist()) == ([1], [1])


def test_offsets_are_measured_from_the_middle_of_the_region():
    mask = np.zeros((FRAME, FRAME), bool)
    mask[10:20, 12:17] = True
    hits = project_regions(make_matched(angle=1e-3), annotate(Region("a", 0, mask)), {0: place(0, 0)}, separation=9.0)
    assert hits.offset[0] == pytest.approx(0.5, abs=0.02)


def test_a_mapping_of_another_map_is_refused():
    with pytest.raises(ValueError, match="best-matching unit 7: the annotated map has 2 neurons"):
        project_regions(make_matched((7,)), annotate(everywhere()), {0: place(0, 0)}, separation=9.0)


def test_a_separation_must_be_an_angle_on_the_sky():
    with pytest.raises(ValueError, match=r"separation = 0.0: wanted are arcseconds"):
        project_regions(make_matched(), annotate(everywhere()), {0: place(0, 0)}, separation=0.0)

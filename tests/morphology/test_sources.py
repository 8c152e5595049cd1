import json

import numpy as np
import pytest

from skysieve.config import parse_recipe, read_recipe
from skysieve.io.catalogs import read_catalog
from skysieve.morphology.collation_files import write_collated
from skysieve.morphology.groups import CollationFlag, NamedColumns
from skysieve.morphology.planes import make_planes
from skysieve.morphology.projection import Matched
from skysieve.morphology.sources import CollationRecipe, collate_components, match_images, read_matched
from skysieve.records import Catalog, Column, decode_flags
from skysieve.records.annotations import Annotations, NeuronAnnotation, Region

SIDE, FRAME = 31, 44


def make_catalog(ra, dec, flux=None, ids=None, **more):
    values = {"id": np.arange(1, len(ra) + 1) if ids is None else np.array(ids), "ra": np.array(ra, float)}
    values["dec"] = np.array(dec, float)
    values.update({name: np.array(column, float) for name, column in {"flux": flux, **more}.items() if column})
    kinds = {"i": "i8", "f": "f8", "O": "str", "U": "str"}
    return Catalog(tuple(Column(name, kinds[one.dtype.kind], "mJy") for name, one in values.items()), values)


def seconds(*offsets):
    return [10 + one / 3600 for one in offsets]


def make_mask(half_width, *, half_height=3):
    mask = np.zeros((FRAME, FRAME), bool)
    mask[21 - half_height : 22 + half_height, 21 - half_width : 22 + half_width] = True
    return mask


def annotate(*, host=True):
    """Neuron 0 is alone; neuron 1 a double whose host lies in the middle of the image."""
    double = [Region("related", 0, make_mask(12)), Region("bent", 0, make_mask(12))]
    if host:
        double.append(Region("host", 1, make_mask(3)))
    one = NeuronAnnotation(0, ("single",), (Region("related", 0, make_mask(2)),))
    return Annotations((one, NeuronAnnotation(1, ("double",), tuple(double))), "", 2, FRAME, 2)


def collate(components, bmu, *, hosts=None, host_region=True, unlike=None, **changes):
    rows = np.arange(len(components))
    planes = make_planes(components["ra"], components["dec"], pixel_scale=1.0, image_side=SIDE)
    matched = Matched(planes, np.array(bmu, np.int64), np.zeros(len(rows)), np.zeros(len(rows), bool), SIDE)
    actions = {"related": "LINK", "host": "DATA_ATTACH", "bent": "TRUE_ATTACH"}
    recipe = parse_recipe(CollationRecipe, {"actions": actions, **changes})
    distance = np.linspace(1, 2, len(rows))
    return collate_components(
        matched,
        annotate(host=host_region),
        components,
        distance=distance,
        own=rows,
        unlike=unlike,
        hosts=hosts,
        recipe=recipe,
    )


def find_flags(found, row=0):
    return decode_flags(int(found.sources["flags"][row]), CollationFlag)


def test_a_core_links_its_lobes_and_the_flux_is_their_sum():
    components = make_catalog(seconds(-10, 0, 10, 300), [0] * 4, [1, 2, 4, 8], flux_err=[0.3, 0.0, 0.4, 1.0])
    found = collate(components, [0, 1, 0, 0]).sources
    assert found["n_components"].tolist() == [3, 1]
    assert found["flux"].tolist() == [7, 8]
    assert found["flux_err"] == pytest.approx([0.5, 1.0])
    assert (found["ra"][0] - 10) * 3600 == pytest.approx(30 / 7)


def test_no_component_is_lost():
    components = make_catalog([10.0, np.nan, 50.0], [0, 0, 0], [1, 1, 1])
    found = collate(components, [1, 0, -1])
    mine = found.members["channel"] == 0
    assert sorted(found.members["component_id"][mine]) == [1, 2, 3]
    assert found.sources["som_bmu"].tolist() == [1, 0, -1]
    assert find_flags(found, 2) == ["no_host", "unclaimed"]


def test_the_extent_counts_half_widths():
    components = make_catalog(seconds(-10, 0, 10), [0] * 3, [1, 1, 1], major=[4, 9, 6])
    found = collate(components, [0, 1, 0]).sources
    assert found["separation"] == pytest.approx([20])
    assert found["size"] == pytest.approx([25])
    assert found["path_length"] == pytest.approx([20])
    assert found["curliness"] == pytest.approx([1])


def test_the_host_nearest_to_the_middle_is_named_and_the_others_are_candidates():
    hosts = make_catalog(seconds(2, 1, 200), [0, 0, 0], ids=["far", "near", "away"])
    found = collate(make_catalog(seconds(0), [0], [1]), [1], hosts=hosts)
    assert found.sources["host_id"].tolist() == ["near"]
    assert found.sources["n_hosts"].tolist() == [2]
    assert find_flags(found) == ["ambiguous_host"]
    assert found.members["role"].tolist() == ["component", "host", "host candidate"]
    assert found.members["component_id"].tolist() == ["1", "near", "far"]


def test_two_sources_with_one_host_are_flagged():
    hosts = make_catalog(seconds(0), [0])
    apart = make_catalog(seconds(0, 0), [2 / 3600, -2 / 3600], [1, 1])
    flags = collate(apart, [1, 1], hosts=hosts).sources["flags"]
    assert len(flags) == 2
    assert (flags & CollationFlag.SHARED_HOST).all()


def test_a_conflict_marks_both_sources():
    components = make_catalog(seconds(-10, 0, 10), [0, 0, 0], [1, 1, 1])
    found = collate(components, [1, 0, 1], sorter="best_matching_first", conflict="first")
    assert found.sources["n_components"].tolist() == [2, 1]
    assert "conflict" in find_flags(found, 0)
    assert "conflict" in find_flags(found, 1)
    joined = collate(components, [1, 0, 1], sorter="best_matching_first")
    assert joined.sources["n_components"].tolist() == [3]


def test_images_that_resemble_no_neuron_claim_nothing():
    components = make_catalog(seconds(-10, 0, 10), [0, 0, 0], [1, 1, 1])
    assert collate(components, [0, 1, 0], max_distance=1.6).sources["n_components"].tolist() == [3]
    assert collate(components, [0, 1, 0], max_distance=1.2).sources["n_components"].tolist() == [1, 1, 1]


def test_images_much_like_an_empty_neuron_claim_nothing():
    components = make_catalog(seconds(-10, 0, 10), [0, 0, 0], [1, 1, 1])
    unlike = np.array([0.1, 0.5, np.inf])
    assert collate(components, [0, 1, 0], unlike=unlike, max_unlike=0.6).sources["n_components"].tolist() == [3]
    assert collate(components, [0, 1, 0], unlike=unlike, max_unlike=0.4).sources["n_components"].tolist() == [1, 1, 1]
    with pytest.raises(ValueError, match=r"max_unlike = 0.4: this limit wants the mapped images; give --images"):
        collate(components, [0, 1, 0], max_unlike=0.4)


def test_what_is_said_of_the_region_and_the_neuron_goes_to_the_source():
    found = collate(make_catalog(seconds(0, 100), [0, 0], [1, 1]), [1, 0]).sources
    assert found["is_bent"].tolist() == [1, -1]
    assert found["som_labels"].tolist() == ["double", "single"]
    assert found["som_distance"] == pytest.approx([1, 2])


def test_unknown_fluxes_are_left_out_and_flagged():
    found = collate(make_catalog(seconds(0, 5, 300), [0] * 3, [2, np.nan, np.nan]), [1, 0, 0])
    assert found.sources["flux"].tolist()[:1] == [2]
    assert np.isnan(found.sources["flux"][1])
    assert "flux_incomplete" in find_flags(found, 0)


def test_an_order_of_ones_own_is_followed():
    components = make_catalog(seconds(-10, 0, 10), [0, 0, 0], [1, 1, 1])
    planes = make_planes(components["ra"], components["dec"], pixel_scale=1.0, image_side=SIDE)
    matched = Matched(planes, np.array([1, 1, 1]), np.zeros(3), np.zeros(3, bool), SIDE)
    given = {"actions": {"related": "LINK", "host": "PASS", "bent": "PASS"}, "conflict": "first"}
    counts = [
        collate_components(
            matched, annotate(), components, distance=np.zeros(3), own=np.arange(3),
            recipe=parse_recipe(CollationRecipe, given), order=lambda _, rows=rows: np.array(rows),
        ).sources["n_components"].tolist()
        for rows in ([1, 0, 2], [0, 1, 2])
    ]  # fmt: skip
    assert counts == [[3], [2, 1]]


def test_nothing_to_collate_is_an_empty_catalog():
    found = collate(make_catalog([0.0], [0.0], [1]).take(slice(0, 0)), [])
    assert (len(found.sources), len(found.members)) == (0, 0)
    assert found.summary["components"] == 0


def test_columns_may_have_other_names():
    components = Catalog(
        (Column("Component_name", "str"), Column("RA", "f8"), Column("DEC", "f8"), Column("Total_flux", "f8")),
        {"Component_name": np.array(["J1", "J2"], object), "RA": np.array(seconds(0, 5)), "DEC": np.zeros(2),
         "Total_flux": np.ones(2)},
    )  # fmt: skip
    planes = make_planes(components["RA"], components["DEC"], pixel_scale=1.0, image_side=SIDE)
    matched = Matched(planes, np.array([1, 1]), np.zeros(2), np.zeros(2, bool), SIDE)
    names = {"id": "Component_name", "ra": "RA", "dec": "DEC", "flux": "Total_flux"}
    actions = {"related": "LINK", "host": "DATA_ATTACH", "bent": "PASS"}
    recipe = parse_recipe(CollationRecipe, {"actions": actions, "columns": names})
    found = collate_components(matched, annotate(), components, distance=np.zeros(2), own=np.arange(2), recipe=recipe)
    assert found.members["component_id"].tolist() == ["J1", "J2"]
    assert found.sources["flux"].tolist() == [2]


def test_a_missing_column_is_named():
    with pytest.raises(ValueError, match=r"components: no column 'id' among .*; name it in the recipe under"):
        collate(Catalog((Column("ra", "f8"), Column("dec", "f8")), {"ra": np.zeros(1), "dec": np.zeros(1)}), [0])


def test_images_are_matched_by_id():
    components = make_catalog([1, 2, 3], [0, 0, 0], ids=[30, 10, 20])
    rows = make_catalog([1, 2, 3], [0, 0, 0], ids=[10, 30, 99])
    assert match_images(rows, components).tolist() == [1, 0, -1]
    with pytest.raises(ValueError, match="components: id = 5 is given twice; make ids unique"):
        match_images(rows, make_catalog([1, 2], [0, 0], ids=[5, 5]))
    with pytest.raises(ValueError, match=r"none of its ids \(10, ...\) is an id of the components"):
        match_images(rows, make_catalog([1, 2], [0, 0], ids=[5, 6]))


def test_rows_of_a_mapping_need_a_pixel_scale():
    rows = make_catalog([10], [0]).with_column(Column("som_bmu", "i4"), np.array([0]))
    for name in ("som_angle", "som_flip"):
        rows = rows.with_column(Column(name, "f4"), np.array([90.0]))
    with pytest.raises(ValueError, match="pixel_scale is not known; give --pixel-scale ARCSEC"):
        read_matched(rows, CollationRecipe(), neuron_side=FRAME)
    matched = read_matched(rows, CollationRecipe(pixel_scale=1.8), neuron_side=FRAME)
    assert matched.angle == pytest.approx([np.pi / 2])
    assert matched.image_side == 31


def test_a_folder_holds_tables_and_what_made_them(tmp_path):
    (tmp_path / "in.csv").write_text("x\n")
    found = collate(make_catalog(seconds(0, 5), [0, 0], [1, 1]), [1, 0])
    write_collated(tmp_path / "out", found, recipe=CollationRecipe(), inputs={"components": tmp_path / "in.csv"})
    told = json.loads((tmp_path / "out" / "collation.json").read_text())
    assert told["counts"]["sources"] == 1
    assert told["inputs"]["components"]["file"] == "in.csv"
    for name in ("sources.parquet", "sources.fits"):
        assert read_catalog(tmp_path / "out" / name)["n_components"].tolist() == [2]
    assert "shared_host" in json.loads(read_catalog(tmp_path / "out" / "sources.parquet").meta["flags"])


def test_a_recipe_refuses_actions_that_do_not_exist(tmp_path):
    (tmp_path / "collate.toml").write_text('[actions]\nrelated = "GLUE"\n')
    with pytest.raises(ValueError, match="GLUE"):
        read_recipe(CollationRecipe, tmp_path / "collate.toml")
    assert CollationRecipe().columns == NamedColumns()

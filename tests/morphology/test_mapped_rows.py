"""Mappings with labels and groups."""

import numpy as np
import pytest
from tests.morphology.clouds import CLASSES, make_clouds, write_clouds

from skysieve.io.pink import PinkLayout, write_pink_map
from skysieve.morphology.mapped_rows import find_groups, match_labels, read_mapped_rows
from skysieve.records import Catalog, Column


def make_table(ids, labels, kind="i8"):
    columns = {"id": np.array(ids), "label": np.array(labels, dtype=object)}
    return Catalog((Column("id", kind), Column("label", "str")), columns)


def test_a_folder_gives_distances_rows_and_best_neurons(tmp_path):
    mapped = read_mapped_rows(write_clouds(tmp_path)[0])
    assert (mapped.bmu == make_clouds(90, seed=0)[0].argmin(axis=1)).all()
    assert mapped.rows["id"][0] == 100
    assert mapped.lattice.shape == (3, 3)


def test_a_bare_file_of_distances_numbers_its_images(tmp_path):
    distance = make_clouds(5, seed=0)[0]
    distance[2] = np.nan
    write_pink_map(tmp_path / "bare.bin", [distance], layout=PinkLayout((3, 3)))
    mapped = read_mapped_rows(tmp_path / "bare.bin")
    assert mapped.rows["id"].tolist() == [0, 1, 2, 3, 4]
    assert (mapped.bmu[2], np.isnan(mapped.nearest[2])) == (-1, True)


def test_labels_find_their_images_whatever_the_type_of_the_ids(tmp_path):
    rows = read_mapped_rows(write_clouds(tmp_path)[0]).rows
    for table in (make_table([101, 7], ["a", "b"]), make_table([101.0, 7.0], ["a", "b"], "f8")):
        classes, labels, lost = match_labels(rows, table)
        assert (classes, labels[:3].tolist(), lost) == (("a",), [-1, 0, -1], 1)


@pytest.mark.parametrize(("table", "message"), [
    (make_table([100, 100], ["a", "b"]), "id 100 is both 'a' and 'b'"),
    (make_table([1], ["a"]), "none of the 1 ids is one of the 90 images"),
    (Catalog((Column("id", "i8"),), {"id": np.arange(3)}), "column label is missing"),
])  # fmt: skip
def test_tables_that_label_nothing_for_sure_are_refused(tmp_path, table, message):
    with pytest.raises(ValueError, match=message):
        match_labels(read_mapped_rows(write_clouds(tmp_path)[0]).rows, table)


def test_images_without_ids_cannot_be_labeled():
    rows = Catalog((Column("name", "i8"),), {"name": np.arange(3)})
    with pytest.raises(ValueError, match="its rows have no column id"):
        match_labels(rows, make_table([1], ["a"]))


def test_groups_are_cells_of_the_sky_or_a_column_or_the_images(tmp_path):
    rows = read_mapped_rows(write_clouds(tmp_path)[0]).rows
    assert len(np.unique(find_groups(rows, cell=100.0))) <= 2
    assert len(np.unique(find_groups(rows, column="id"))) == 90
    assert len(np.unique(find_groups(make_table(range(4), CLASSES[:1] * 4)))) == 4


def test_a_column_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(ValueError, match="no column 'night' to group by"):
        find_groups(read_mapped_rows(write_clouds(tmp_path)[0]).rows, column="night")


def test_a_folder_without_a_mapping_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"there is no map\.bin here"):
        read_mapped_rows(tmp_path)

"""What is wrong with a set of images is found before a map learns it."""

import json
from pathlib import Path

import numpy as np
import pytest

from skysieve.io.cutouts import CutoutBatch, CutoutHeader, CutoutStore
from skysieve.morphology.imagesets import ImageSet, open_images
from skysieve.morphology.sanity import inspect_images, write_sanity_report
from skysieve.morphology.sanitypage import write_sanity_page
from skysieve.records import Catalog, Column

SCHEMA = (Column("id", "i8"), Column("kind", "str"), Column("grade", "f8"))


def write_set(path: Path, image: np.ndarray, kinds: list[str]) -> Path:
    count = len(image)
    rows = Catalog(SCHEMA, {"id": np.arange(count), "kind": np.array(kinds, dtype=object), "grade": np.ones(count)})
    bands = tuple(f"b{number}" for number in range(image.shape[1]))
    with CutoutStore.create(path, CutoutHeader(bands, image.shape[2:], schema=SCHEMA)) as store:
        store.append(CutoutBatch(image.astype(np.float32), np.isnan(image).any(axis=1), None, rows))
    return path


@pytest.fixture
def odd(tmp_path):
    """Thirty images: row 3 empty, 4 constant, 5 like 2, 6 a thousand times as bright, 7 a hundredth, 8 with NaN."""
    image = np.random.default_rng(0).uniform(0.2, 1, (30, 2, 6, 6))
    image[3], image[4], image[5] = 0, 0.5, image[2]
    image[6], image[7] = 1000 * image[6], 0.01 * image[7]
    image[8, 0, 0, 0] = np.nan
    return write_set(tmp_path / "set.zarr", image, ["a"] * 24 + ["b"] * 6)


def test_each_kind_of_odd_image_is_found_by_row(odd):
    report = inspect_images(open_images(odd), label="kind").report
    found = {name: getattr(report, name).rows for name in ("empty", "constant", "duplicates", "bright", "faint")}
    assert found == {"empty": (3,), "constant": (4,), "duplicates": (5,), "bright": (6,), "faint": (7,)}
    assert report.beyond_one.rows == (6,)
    assert (report.n_images, report.n_usable) == (30, 29)
    assert report.bad_fraction == pytest.approx(1 / (30 * 2 * 36))


def test_classes_and_their_imbalance_are_counted(odd):
    report = inspect_images(open_images(odd), label="kind").report
    assert report.classes == {"a": 24, "b": 6}
    assert report.imbalance == 4


def test_channel_sums_are_those_of_usable_images(odd):
    inspection = inspect_images(open_images(odd))
    assert inspection.sums.shape == (29, 2)
    first = inspection.report.channels[0]
    assert first.median == pytest.approx(np.median(inspection.sums[:, 0]))
    assert sum(channel.share for channel in inspection.report.channels) == pytest.approx(1)


def test_blocks_find_what_the_whole_finds(odd, monkeypatch):
    whole = inspect_images(open_images(odd), label="kind")
    monkeypatch.setattr(ImageSet, "count_at_once", lambda _: 4)
    blocks = inspect_images(open_images(odd), label="kind")
    assert blocks.report == whole.report
    np.testing.assert_array_equal(blocks.examples, whole.examples)


def test_the_report_is_json_without_nan(odd, tmp_path):
    write_sanity_report(tmp_path / "r.json", inspect_images(open_images(odd)).report)
    plain = json.loads((tmp_path / "r.json").read_text(), parse_constant=pytest.fail)
    assert plain["imbalance"] is None
    assert plain["duplicates"] == {"count": 1, "rows": [5]}


def test_the_page_names_what_was_found(odd, tmp_path):
    images = open_images(odd)
    write_sanity_page(tmp_path / "p.html", images, inspect_images(images, label="kind"), name="<set>")
    text = (tmp_path / "p.html").read_text()
    assert "equal to an earlier image in every pixel" in text
    assert "&lt;set&gt;" in text
    assert text.count("<svg") == 4


def test_an_empty_set_has_a_report_and_a_page(tmp_path):
    images = open_images(write_set(tmp_path / "none.zarr", np.zeros((0, 1, 4, 4)), []))
    inspection = inspect_images(images, label="kind")
    write_sanity_page(tmp_path / "p.html", images, inspection, name="none")
    assert inspection.report.n_images == 0
    assert "There is no image." in (tmp_path / "p.html").read_text()


def test_a_label_that_is_no_column_is_refused(odd):
    with pytest.raises(ValueError, match="the rows have no such column; there are id, kind, grade"):
        inspect_images(open_images(odd), label="class")

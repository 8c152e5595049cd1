"""The twelve numbers are those that pycocotools prints for the same detections."""

import contextlib
import io
import math
import sys
from dataclasses import astuple, replace

import numpy as np
import pytest
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from skysieve.metrics import Instances, bootstrap, match_coco, measure_coco_map


def make_scene(seed, n, *, found):
    """Disks of three size classes on an image of 256 pixels; what is found is moved, lost, doubled and mislabeled."""
    rng = np.random.default_rng(seed)
    radius, center, labels = rng.choice([5.0, 25.0, 60.0], n), rng.uniform(20, 230, (n, 2)), rng.integers(1, 3, n)
    if found:
        rng = np.random.default_rng(seed + 1000)
        rows = rng.integers(0, n, n + 3)
        radius, center = radius[rows] * rng.uniform(0.8, 1.2, n + 3), center[rows] + rng.normal(0, 2, (n + 3, 2))
        labels = np.where(rng.random(n + 3) < 0.9, labels[rows], 3)
    y, x = np.mgrid[:256, :256]
    masks = np.hypot(y - center[:, 1, None, None], x - center[:, 0, None, None]) < radius[:, None, None]
    boxes = np.hstack([center - radius[:, None], center + radius[:, None]])
    return Instances(labels, boxes=boxes, masks=masks, scores=rng.random(len(labels)) if found else None)


@pytest.fixture(scope="module")
def scenes():
    images = range(6)
    return [make_scene(n, 5, found=False) for n in images], [make_scene(n, 5, found=True) for n in images]


def describe(instances, image, by):
    """Annotations in the format of COCO's files."""
    rows = []
    for n, label in enumerate(instances.labels.tolist()):
        x0, y0, x1, y1 = instances.boxes[n].tolist()
        row = {"image_id": image, "category_id": label}
        mask = coco_mask.encode(np.asfortranarray(instances.masks[n], dtype=np.uint8))
        if instances.scores is None:
            row |= {"iscrowd": 0, "area": float(coco_mask.area(mask)), "bbox": [x0, y0, x1 - x0, y1 - y0]}
            row |= {"segmentation": mask}
        else:
            row |= {"score": float(instances.scores[n])}
            row |= {"bbox": [x0, y0, x1 - x0, y1 - y0]} if by == "bbox" else {"segmentation": mask}
        rows.append(row)
    return rows


def measure_by_pycocotools(truth, found, by):
    rows = [row for n, one in enumerate(truth) for row in describe(one, n, by)]
    images = [{"id": n, "height": 256, "width": 256} for n in range(len(truth))]
    coco = COCO()
    coco.dataset = {"images": images, "categories": [{"id": n} for n in (1, 2, 3)]}
    coco.dataset["annotations"] = [row | {"id": n + 1} for n, row in enumerate(rows)]
    coco.createIndex()
    evaluation = COCOeval(coco, coco.loadRes([r for n, one in enumerate(found) for r in describe(one, n, by)]), by)
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()
    return evaluation.stats


@pytest.mark.parametrize(("by", "kind"), [("boxes", "bbox"), ("masks", "segm")])
def test_the_numbers_are_those_of_pycocotools(scenes, by, kind):
    with contextlib.redirect_stdout(io.StringIO()):
        expected = measure_by_pycocotools(*scenes, kind)
    got = astuple(measure_coco_map(match_coco(*scenes, by=by)))
    np.testing.assert_allclose(got, expected, atol=1e-12)
    assert len(set(got)) > 6  # not all zero or one


def test_what_is_found_wholly_has_one_everywhere(scenes):
    found = [replace(one, scores=np.ones(len(one.labels))) for one in scenes[0]]
    got = measure_coco_map(match_coco(scenes[0], found))
    assert (got.ap, got.ap50, got.ap75, got.ar) == (1, 1, 1, 1)
    assert 0 < got.ar1 < got.ar10


def test_nothing_is_printed(scenes, capsys):
    measure_coco_map(match_coco(scenes[0][:1], scenes[1][:1], by="boxes"))
    assert capsys.readouterr().out == ""


def test_an_image_named_twice_counts_twice(scenes):
    chosen = np.array([0, 1, 1, 3])
    twice = match_coco([scenes[0][n] for n in chosen], [scenes[1][n] for n in chosen])
    got = measure_coco_map(match_coco(*scenes), images=chosen)
    np.testing.assert_allclose(astuple(got), astuple(measure_coco_map(twice)), atol=1e-12)


def test_images_can_be_drawn_by_group(scenes):
    matches = match_coco(*scenes, by="boxes")
    images = np.arange(6)
    estimate = bootstrap(lambda n: measure_coco_map(matches, images=n).ap50, [images], groups=images // 2, resamples=20)
    assert estimate.value == measure_coco_map(matches).ap50
    assert estimate.error > 0


def test_more_detections_count_when_asked():
    n = 150
    boxes = np.column_stack([20.0 * np.arange(n), np.zeros(n), 20.0 * np.arange(n) + 9, np.full(n, 9.0)])
    truth, found = Instances(np.ones(n, dtype=int), boxes), Instances(np.ones(n, dtype=int), boxes, scores=np.ones(n))
    assert measure_coco_map(match_coco([truth], [found], by="boxes")).ar == pytest.approx(100 / 150)
    assert measure_coco_map(match_coco([truth], [found], by="boxes", max_found=400)).ar == 1


def test_nothing_found_is_zero_and_nothing_true_unknown():
    one, none = (
        Instances(np.array([1]), np.array([[0.0, 0.0, 9.0, 9.0]])),
        Instances(np.zeros(0, int), np.zeros((0, 4))),
    )
    some, nothing = replace(one, scores=np.ones(1)), replace(none, scores=np.zeros(0))
    missed = measure_coco_map(match_coco([one], [nothing], by="boxes"))
    assert (missed.ap, missed.ar) == (0, 0)
    assert math.isnan(missed.ap_large)
    assert all(math.isnan(value) for value in astuple(measure_coco_map(match_coco([none], [some], by="boxes"))))
    assert all(math.isnan(value) for value in astuple(measure_coco_map(match_coco([], []))))


def test_an_absent_pycocotools_is_told_in_a_sentence(monkeypatch):
    monkeypatch.setitem(sys.modules, "pycocotools.cocoeval", None)
    with pytest.raises(ImportError, match=r"pycocotools is not installed; pip install 'skysieve\[coco\]'"):
        match_coco([], [])


def test_fewer_than_ten_detections_are_refused():
    with pytest.raises(ValueError, match="max_found=5: 10 or more"):
        match_coco([], [], max_found=5)

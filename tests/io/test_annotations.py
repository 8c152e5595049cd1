import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from skysieve.io.annotations import read_annotations, write_annotations
from skysieve.records.annotations import Annotations, NeuronAnnotation, Region, count_labels

MASK = np.eye(8, dtype=bool)


def make(*neurons: NeuronAnnotation) -> Annotations:
    return Annotations(neurons, "ab" * 32, 9, 8, 2)


def lobe(neuron: int, label: str = "lobe", mask=MASK, channel: int = 0) -> NeuronAnnotation:
    return NeuronAnnotation(neuron, ("fr2",), (Region(label, channel, mask),))


@given(label=st.text(max_size=40).filter(lambda text: text.isprintable()), mask=arrays(bool, (8, 8)))
def test_what_is_written_is_read(tmp_path_factory, label, mask):
    folder = tmp_path_factory.mktemp("notes")
    write_annotations(folder, make(lobe(2, label, mask, 1), NeuronAnnotation(5, ('Ö, "x"',))))
    first, second = read_annotations(folder).neurons
    assert (first.neuron, first.labels, second.labels) == (2, ("fr2",), ('Ö, "x"',))
    assert (first.regions[0].label, first.regions[0].channel) == (label, 1)
    np.testing.assert_array_equal(first.regions[0].mask, mask)


def test_regions_with_the_same_pixels_share_a_picture_and_stay_apart(tmp_path):
    regions = tuple(Region(label, 0, MASK) for label in ("a b", "a_b", "", "../a"))
    write_annotations(tmp_path, make(NeuronAnnotation(0, (), regions)))
    assert [one.label for one in read_annotations(tmp_path).neurons[0].regions] == ["a b", "a_b", "", "../a"]
    assert len(list(tmp_path.rglob("*.png"))) == 1
    write_annotations(tmp_path, make(NeuronAnnotation(0, (), regions[1:])))
    assert len(read_annotations(tmp_path).neurons[0].regions) == 3


def test_no_annotations_are_written_and_read(tmp_path):
    write_annotations(tmp_path, make())
    assert read_annotations(tmp_path).neurons == ()


def test_writing_again_drops_old_pictures_and_no_others(tmp_path):
    write_annotations(tmp_path, make(lobe(2), lobe(3)))
    (tmp_path / "masks" / "mine.png").write_bytes(b"")
    write_annotations(tmp_path, make(lobe(3, mask=~MASK)))
    assert len(list((tmp_path / "masks").glob("00003*.png"))) == 1
    assert {path.name[:5] for path in (tmp_path / "masks").iterdir()} == {"00003", "mine."}


def test_a_picture_painted_elsewhere_is_read(tmp_path):
    write_annotations(tmp_path, make(lobe(2)))
    name = json.loads((tmp_path / "annotations.json").read_text())["neurons"][0]["regions"][0]["mask"]
    Image.fromarray(np.uint8(200) * MASK[::-1]).save(tmp_path / name)
    np.testing.assert_array_equal(read_annotations(tmp_path).neurons[0].regions[0].mask, MASK[::-1])


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        ('"schema": 1', '"schema": 9', "schema 9, this version reads 1"),
        ('"frame": 8', '"frame": 9', r"mask of 'lobe' has \(8, 8\) pixels; the neurons have 9"),
        ('"neuron": 2', '"neuron": 9', "the map has 9 neurons"),
        ('"channel": 0', '"channel": 2', "the map has 2 channels"),
        ("masks/", "../masks/", "leads out of"),
        ("masks/", "elsewhere/", "picture .* is missing"),
        ('"channels"', '"chanels"', "'channels' is missing"),
        ('"neurons": [', '"neurons": [[', "restore the file"),
    ],
)
def test_files_that_do_not_fit_are_refused(tmp_path, old, new, match):
    file = write_annotations(tmp_path, make(lobe(2)))
    file.write_text(file.read_text().replace(old, new))
    with pytest.raises(ValueError, match=match):
        read_annotations(tmp_path)


def test_a_damaged_picture_and_a_missing_file_are_refused(tmp_path):
    write_annotations(tmp_path, make(lobe(2)))
    picture = next(tmp_path.rglob("*.png"))
    picture.write_bytes(picture.read_bytes()[:30])
    with pytest.raises(ValueError, match="is damaged"):
        read_annotations(tmp_path)
    with pytest.raises(ValueError, match=r"there is no annotations\.json here"):
        read_annotations(tmp_path / "masks")


@pytest.mark.parametrize(
    ("neurons", "match"),
    [
        ((lobe(2), lobe(2)), "given twice"),
        ((lobe(3), lobe(2)), "out of order"),
        ((NeuronAnnotation(1, ("a", "a")),), "different texts"),
        ((NeuronAnnotation(1, (), (Region("a", 0, MASK), Region("a", 0, MASK))),), "join their masks"),
    ],
)
def test_annotations_that_contradict_themselves_are_refused(neurons, match):
    with pytest.raises(ValueError, match=match):
        make(*neurons)


def test_labels_count_neurons_once():
    assert count_labels(make(lobe(1, "fr2"), lobe(2, "core"))) == {"fr2": 2, "core": 1}

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from skysieve.io.pink import read_pink_images, write_pink_images

NUMBERS = st.floats(width=32, allow_nan=True, allow_infinity=False)


def write_ints(path, *numbers, values=0):
    path.write_bytes(np.array(numbers, "<i4").tobytes() + np.arange(values, dtype="<f4").tobytes())
    return path


def test_two_images_stand_behind_eight_numbers(tmp_path):
    path = tmp_path / "two.bin"
    assert write_pink_images(path, [np.arange(8, dtype=np.float32).reshape(2, 2, 2)], shape=(2, 2)) == 2
    assert np.frombuffer(path.read_bytes(), "<i4", 8).tolist() == [2, 0, 0, 2, 0, 2, 2, 2]
    assert np.frombuffer(path.read_bytes(), "<f4", offset=32).tolist() == list(range(8))


@given(data=st.data(), shape=st.sampled_from([(3,), (2, 2), (3, 2, 2)]), n=st.integers(0, 5))
def test_images_read_back_as_they_were_written(tmp_path_factory, data, shape, n):
    images = data.draw(arrays("f4", (n, *shape), elements=NUMBERS))
    path = tmp_path_factory.mktemp("images") / "i.bin"
    write_pink_images(path, [images[:2], images[2:]], shape=shape, comment=b"# a\n# END OF HEADER\n")
    again = read_pink_images(path)
    np.testing.assert_array_equal(again.images, images)
    assert again.comment == b"# a\n# END OF HEADER\n"


def test_pinks_own_images_are_rewritten_byte_for_byte(pink_golden, tmp_path):
    for path in sorted((pink_golden / "data").glob("g*.bin")):
        images = read_pink_images(path)
        copy = tmp_path / path.name
        write_pink_images(copy, [images.images], shape=images.images.shape[1:], comment=images.comment)
        assert copy.read_bytes() == path.read_bytes(), path.name


def test_a_comment_without_end_mark_stops_before_the_numbers(tmp_path):
    body = np.array([2, 0, 0, 1, 0, 2, 1, 1], "<i4").tobytes() + np.float32(7).tobytes()
    (tmp_path / "c.bin").write_bytes(b"# one\n# two\n" + body)
    assert read_pink_images(tmp_path / "c.bin").images.tolist() == [[[7.0]]]


def test_images_of_pink_1_are_read(tmp_path):
    path = write_ints(tmp_path / "v1.bin", 2, 1, 3, 3, values=18)
    assert read_pink_images(path).images.shape == (2, 3, 3)
    path = write_ints(tmp_path / "v1c.bin", 35, 2, 1, 1, values=70)
    assert read_pink_images(path).images[1].ravel().tolist() == [2.0, 3.0]


def test_opening_a_large_file_does_not_read_it(tmp_path):
    path = tmp_path / "large.bin"
    write_pink_images(path, (np.zeros((10, 256, 256), np.float32) for _ in range(10)), shape=(256, 256))
    tracemalloc.start()
    assert read_pink_images(path).images[99, 0, 0] == 0
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2.5e6  # the images have 26 MB


def test_a_killed_writer_leaves_the_old_file(tmp_path):
    path = write_ints(tmp_path / "old.bin", 1)

    def broken():
        yield np.zeros((1, 2, 2), np.float32)
        raise OSError("No space left on device")

    with pytest.raises(OSError, match="No space"):
        write_pink_images(path, broken(), shape=(2, 2))
    assert [entry.name for entry in tmp_path.iterdir()] == ["old.bin"]
    assert path.stat().st_size == 4


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ((), "f.bin: too short for a header; wanted is a PINK 2 file of images"),
        ((7, 0, 0, 1, 0, 2, 1, 1), "version 7 is found"),
        ((2 << 24, 0, 0), "big-endian"),
        ((2, 1, 0, 0, 2, 1, 1, 0, 2, 1, 1), "holds a SOM; wanted is a PINK 2 file of images"),
        ((2, 9, 0, 0), "holds the unknown kind 9"),
        ((2, 0, 1, 1, 0, 2, 1, 1), "data type is 1; wanted is 0"),
        ((2, 0, 0, -1, 0, 2, 1, 1), "number of images is -1"),
        ((2, 0, 0, 1, 1, 2, 1, 1), "layout of the images is 1"),
        ((2, 0, 0, 1, 0, 4, 1, 1, 1, 1), "number of image axes is 4; wanted is 1 to 3"),
        ((2, 0, 0, 1, 0, 2, 0, 1), "length of image axis 0 is 0"),
        ((2, 0, 0, 1, 0, 2, 1, 2), r"shape \(1, 2\); wanted are square ones"),
        ((2, 0, 0, 1, 0, 2, 1), "ends within its header, before the length of image axis 1"),
        ((2, 0, 0, 300, 0, 2, 1, 1, 0), "4 bytes of data are found; its 300 images of .* want 1200"),
        ((2, 0, 0, 1, 0, 2, 1, 1, 0, 0), "8 bytes of data are found"),
    ],
)
def test_a_wrong_header_is_one_clear_sentence(tmp_path, numbers, message):
    with pytest.raises(ValueError, match=message) as error:
        read_pink_images(write_ints(tmp_path / "f.bin", *numbers))
    assert str(error.value).startswith("f.bin: ")


def test_a_file_of_text_or_none_is_refused(tmp_path):
    (tmp_path / "t.bin").write_bytes(b"#" * (2 << 20))
    with pytest.raises(ValueError, match=r"t\.bin: its comment does not end"):
        read_pink_images(tmp_path / "t.bin")
    with pytest.raises(ValueError, match=r"none\.bin: there is no such file"):
        read_pink_images(tmp_path / "none.bin")
    with pytest.raises(ValueError, match="cannot be read"):
        read_pink_images(tmp_path)


def test_what_the_format_cannot_hold_is_not_written(tmp_path):
    with pytest.raises(ValueError, match=r"a block has images of shape \(3, 3\); wanted is \(2, 2\)"):
        write_pink_images(tmp_path / "f.bin", [np.zeros((1, 3, 3))], shape=(2, 2))
    with pytest.raises(ValueError, match="wanted are square ones"):
        write_pink_images(tmp_path / "f.bin", [], shape=(2, 3))
    with pytest.raises(ValueError, match="lines have to start with #"):
        write_pink_images(tmp_path / "f.bin", [], shape=(2, 2), comment=b"hello\n")
    assert not list(tmp_path.iterdir())

import os
import signal
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skysieve.io.cutouts import CutoutBatch, CutoutStore
from skysieve.io.cutouts import arrays as arrays_module

WRITER = """
import os, signal, sys
from pathlib import Path
from tests_conftest import _make_batch
from skysieve.io.cutouts import CutoutStore, store
with CutoutStore.open(Path(sys.argv[1]), append=True) as target:
    target.append(_make_batch(3, 4))
    if sys.argv[2] == "inside":
        store._write_committed = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
        target.append(_make_batch(7, 9, seed=5))
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(autouse=True)
def _small_shards(monkeypatch):
    monkeypatch.setattr(arrays_module, "CHUNK_BYTES", 480)
    monkeypatch.setattr(arrays_module, "SHARD_CHUNKS", 3)


def _fill(path, header, *batches):
    with CutoutStore.create(path, header) as store:
        for batch in batches:
            store.append(batch)
    return CutoutStore.open(path)


@settings(max_examples=8)
@given(sizes=st.lists(st.integers(0, 9), max_size=5))
def test_what_was_appended_in_any_steps_is_read_back(sizes, header, make_batch, assert_same):
    whole = make_batch(0, sum(sizes))
    starts = np.cumsum([0, *sizes])
    with tempfile.TemporaryDirectory() as folder:
        parts = [_cut(whole, slice(a, a + n)) for a, n in zip(starts, sizes, strict=False)]
        store = _fill(Path(folder, "a.zarr"), header, *parts)
        assert len(store) == sum(sizes)
        assert_same(store.read(slice(None)), whole)


@given(rows=st.lists(st.integers(-20, 19)))
def test_rows_come_in_the_order_asked_for(rows, shared_store, make_batch, assert_same):
    wanted = np.array(rows, dtype=int)
    assert_same(shared_store.read(wanted), _cut(make_batch(0, 20), wanted))


@pytest.fixture(scope="module")
def shared_store(header, make_batch, tmp_path_factory):
    return _fill(tmp_path_factory.mktemp("s") / "a.zarr", header, make_batch(0, 20))


def test_ids_find_their_rows(shared_store, make_batch, assert_same):
    found = shared_store.read_ids(np.array([7 * 12, 0]))
    assert_same(found, _cut(make_batch(0, 20), np.array([12, 0])))


def test_slices_masks_and_numbers_select_rows(shared_store):
    mask = np.arange(20) % 3 == 0
    assert shared_store.read(slice(2, 9, 3)).rows["id"].tolist() == [14, 35, 56]
    assert shared_store.read_catalog(mask)["id"].tolist() == (np.flatnonzero(mask) * 7).tolist()
    assert shared_store.read(-1).rows["id"].tolist() == [133]


def test_streaming_holds_a_few_rows_at_a_time(shared_store):
    stream = shared_store.stream(6)
    assert [len(batch) for batch in stream.batches] == [6, 6, 6, 2]
    assert stream.length == 20


@pytest.mark.parametrize("when", ["between", "inside"])
def test_a_killed_writer_resumes_to_the_unbroken_store(when, tmp_path, header, make_batch, assert_same):
    path = tmp_path / "a.zarr"
    _fill(path, header, make_batch(0, 3))
    _run_and_kill(path, when, tmp_path)
    assert len(CutoutStore.open(path)) == 7
    with CutoutStore.open(path, append=True) as store:
        store.append(make_batch(7, 2))
    unbroken = _fill(tmp_path / "b.zarr", header, make_batch(0, 3), make_batch(3, 4), make_batch(7, 2))
    assert_same(CutoutStore.open(path).read(slice(None)), unbroken.read(slice(None)))


def test_an_append_that_fails_leaves_the_store_as_it_was(tmp_path, header, make_batch, assert_same, monkeypatch):
    with CutoutStore.create(tmp_path / "a.zarr", header) as store:
        store.append(make_batch(0, 3))
        with monkeypatch.context() as patch:
            patch.setattr("skysieve.io.cutouts.store.append_part", _fail)
            with pytest.raises(OSError, match="disk full"):
                store.append(make_batch(3, 8, seed=9))
        assert len(store) == 3
        store.append(make_batch(3, 2))
    assert_same(CutoutStore.open(tmp_path / "a.zarr").read(slice(3, 5)), make_batch(3, 2))


def test_the_files_grow_with_shards_not_with_rows(tmp_path, header, make_batch):
    store = _fill(tmp_path / "a.zarr", header, *(make_batch(n, 1) for n in range(20)))
    shards = -(-20 // store.batch_rows)
    assert len(list((tmp_path / "a.zarr" / "image").glob("c.*"))) == shards
    assert len(list((tmp_path / "a.zarr" / "rows").iterdir())) <= 5


def test_a_second_writer_is_refused_until_the_first_is_done(tmp_path, header):
    with CutoutStore.create(tmp_path / "a.zarr", header), pytest.raises(ValueError, match=f"process {os.getpid()} is"):
        CutoutStore.open(tmp_path / "a.zarr", append=True)
    CutoutStore.open(tmp_path / "a.zarr", append=True).close()


def test_a_store_open_to_read_refuses_an_append(shared_store, make_batch):
    with pytest.raises(ValueError, match=r"a\.zarr: open to read only"):
        shared_store.append(make_batch(0, 1))


def test_a_batch_that_does_not_fit_is_refused(tmp_path, header, make_batch):
    batch = make_batch(0, 2)
    with CutoutStore.create(tmp_path / "a.zarr", header) as store:
        with pytest.raises(ValueError, match="no variance"):
            store.append(replace(batch, variance=None))
        with pytest.raises(ValueError, match="wanted is"):
            store.append(replace(batch, image=batch.image[:, :1], variance=None))


def test_rows_and_ids_that_are_not_there_are_refused(shared_store):
    with pytest.raises(IndexError, match="row 20 is out of range; there are 20 rows"):
        shared_store.read(20)
    with pytest.raises(KeyError, match="there is no id 5"):
        shared_store.read_ids(np.array([5]))


def test_an_id_on_two_rows_is_refused(tmp_path, header, make_batch):
    store = _fill(tmp_path / "a.zarr", header, make_batch(0, 2), make_batch(0, 2))
    with pytest.raises(ValueError, match=r"id 7 is on the rows \[1, 3\]"):
        store.read_ids(np.array([7]))


@pytest.mark.parametrize("lost", ["image/c.0.0.0.0", "bad/c.0.0.0", "rows/000000000000-000000000020.parquet"])
def test_lost_and_damaged_files_are_told(lost, tmp_path, header, make_batch):
    store = _fill(tmp_path / "a.zarr", header, make_batch(0, 20))
    file = tmp_path / "a.zarr" / lost
    file.write_bytes(file.read_bytes()[:50])
    with pytest.raises(ValueError, match=r"a\.zarr.*(decoded|unreadable)"):
        store.read(slice(None))
    file.unlink()
    with pytest.raises(ValueError, match=r"a\.zarr.*missing"):
        store.read(slice(None))


@pytest.mark.parametrize("plane", ["image/c.0.0.0.0", "bad/c.0.0.0"])
def test_a_flipped_bit_is_told(plane, tmp_path, header, make_batch):
    store = _fill(tmp_path / "a.zarr", header, make_batch(0, 4))
    content = bytearray((tmp_path / "a.zarr" / plane).read_bytes())
    content[30] ^= 1
    (tmp_path / "a.zarr" / plane).write_bytes(content)
    with pytest.raises(ValueError, match=r"a\.zarr/(image|bad): rows 0-3 cannot be decoded"):
        store.read(slice(None))


def test_steps_that_are_not_positive_are_refused(shared_store):
    with pytest.raises(ValueError, match="batch_rows is -1"):
        shared_store.stream(-1)


def test_what_is_no_store_is_refused(tmp_path):
    (tmp_path / "b.zarr").write_bytes(b"\x80\x04.")
    with pytest.raises(ValueError, match=r"b\.zarr: is a Python pickle"):
        CutoutStore.open(tmp_path / "b.zarr")
    with pytest.raises(ValueError, match=r"c\.zarr: not a cutout store"):
        CutoutStore.open(tmp_path / "c.zarr")


def test_nothing_is_overwritten(tmp_path, header):
    CutoutStore.create(tmp_path / "a.zarr", header).close()
    with pytest.raises(ValueError, match=r"a\.zarr: exists already"):
        CutoutStore.create(tmp_path / "a.zarr", header)


def _cut(batch, rows):
    return CutoutBatch(batch.image[rows], batch.bad[rows], batch.variance[rows], batch.rows.take(rows))


def _fail(*_):
    raise OSError("disk full")


def _run_and_kill(path, when, folder):
    (folder / "tests_conftest.py").write_text(Path(__file__).with_name("conftest.py").read_text())
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    ended = subprocess.run([sys.executable, "-c", WRITER, path, when], env=environment, check=False)
    assert ended.returncode == -signal.SIGKILL

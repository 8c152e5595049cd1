"""Small cutouts to write and read."""

from collections.abc import Callable

import numpy as np
import pytest

from skysieve.io.cutouts import CutoutBatch, CutoutHeader
from skysieve.records import Catalog, Column

SCHEMA = (
    Column("id", "i8"),
    Column("ra", "f8", "deg", "right ascension"),
    Column("image", "str"),
    Column("ood", "bool"),
)


def _make_batch(start: int, rows: int, *, variance: bool = True, seed: int = 0) -> CutoutBatch:
    rng = np.random.default_rng((seed, start))
    image = rng.normal(size=(rows, 3, 5, 4)).astype(np.float32)
    image[rng.random(image.shape) < 0.05] = np.nan
    image[rng.random(image.shape) < 0.02] = np.inf
    texts = np.array([f'nächt {start + n}, "a"\n' for n in range(rows)], dtype=object)
    columns = {"id": np.arange(start, start + rows) * 7, "ra": rng.normal(size=rows), "image": texts,
               "ood": rng.random(rows) < 0.5}  # fmt: skip
    columns["ra"][rng.random(rows) < 0.2] = np.nan
    noise = np.abs(rng.normal(size=image.shape)).astype(np.float32) if variance else None
    return CutoutBatch(image, rng.random((rows, 5, 4)) < 0.3, noise, Catalog(SCHEMA, columns, {"survey": "made"}))


def _assert_same(found: CutoutBatch, wanted: CutoutBatch) -> None:
    np.testing.assert_array_equal(found.image, wanted.image)
    np.testing.assert_array_equal(found.bad, wanted.bad)
    assert (found.variance is None) == (wanted.variance is None)
    if wanted.variance is not None:
        np.testing.assert_array_equal(found.variance, wanted.variance)
    assert found.rows.schema == wanted.rows.schema
    assert found.rows.meta == wanted.rows.meta
    for name in wanted.rows.names:
        np.testing.assert_array_equal(found.rows[name], wanted.rows[name])
        assert found.rows[name].dtype == wanted.rows[name].dtype


@pytest.fixture(scope="session")
def make_batch() -> Callable[..., CutoutBatch]:
    return _make_batch


@pytest.fixture(scope="session")
def assert_same() -> Callable[[CutoutBatch, CutoutBatch], None]:
    return _assert_same


@pytest.fixture(scope="session")
def header() -> CutoutHeader:
    return CutoutHeader(("g", "r", "z"), (5, 4), 0.262, variance=True, schema=SCHEMA, meta={"survey": "made"})

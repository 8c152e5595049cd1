"""Which rows are meant: numbers, slices, masks and ids become row numbers."""

import numpy as np
from jaxtyping import Int64, Integer


def list_rows(rows: int | slice | np.ndarray, length: int, *, where: str) -> Int64[np.ndarray, " pick"]:
    """Return row numbers in the order asked for.

    Parameters
    ----------
    rows : int, slice or ndarray
        A number or an index array (negative from the end), a slice, or a boolean mask of ``length``.
    length : int
        Rows there are.
    where : str
        Name of the store, for messages.

    Raises
    ------
    IndexError
        If a row lies outside, or a mask has the wrong length.

    Examples
    --------
    >>> list_rows(np.array([-1, 0]), 5, where="a.zarr")
    array([4, 0])
    """
    if isinstance(rows, slice):
        return np.arange(length, dtype=np.int64)[rows]
    wanted = np.atleast_1d(np.asarray(rows))
    if wanted.dtype == bool:
        if wanted.shape != (length,):
            raise IndexError(f"{where}: a mask of shape {wanted.shape} was given for {length} rows")
        return np.flatnonzero(wanted).astype(np.int64)
    if wanted.ndim != 1 or (wanted.dtype.kind not in "iu" and wanted.size):
        raise IndexError(
            f"{where}: rows are given as {wanted.dtype} of shape {wanted.shape}; give integers in one axis"
        )
    wanted = wanted.astype(np.int64)
    outside = wanted[(wanted < -length) | (wanted >= length)]
    if len(outside):
        raise IndexError(f"{where}: row {outside[0]} is out of range; there are {length} rows")
    return np.where(wanted < 0, wanted + length, wanted)


def find_ids(
    index: tuple[np.ndarray, np.ndarray], ids: Integer[np.ndarray, " pick"], *, where: str
) -> Int64[np.ndarray, " pick"]:
    """Return the row of each id.

    Parameters
    ----------
    index : (ndarray, ndarray)
        All ids sorted, and the row of each.
    ids : ndarray, shape (pick,)
        Ids to find.
    where : str
        Name of the store, for messages.

    Raises
    ------
    KeyError
        If an id is not there.
    ValueError
        If an id is on several rows.
    """
    ordered, rows = index
    left, right = np.searchsorted(ordered, ids, side="left"), np.searchsorted(ordered, ids, side="right")
    if np.any(left == right):
        raise KeyError(f"{where}: there is no id {ids[left == right][0]}")
    if np.any(right > left + 1):
        twice = int(np.flatnonzero(right > left + 1)[0])
        on = sorted(int(row) for row in rows[left[twice] : right[twice]])
        raise ValueError(f"{where}: id {ids[twice]} is on the rows {on[:5]}; read it by row")
    return rows[left].astype(np.int64)

"""From one form of cutouts to another, in bounded memory."""

from pathlib import Path

from skysieve.io.cutouts.batch import CutoutStream
from skysieve.io.cutouts.folders import read_cutouts_folder, write_cutouts_folder
from skysieve.io.cutouts.hdf5 import read_cutouts_hdf5, write_cutouts_hdf5
from skysieve.io.cutouts.store import CutoutStore
from skysieve.io.cutouts.whole import write_whole_folder

_HDF5 = {".h5", ".hdf5"}


def convert_cutouts(source: Path, target: Path) -> None:
    """Convert cutouts between ``.zarr`` stores, ``.h5`` or ``.hdf5`` files, and folders (no suffix) of FITS files.

    Parameters
    ----------
    source : Path
        A store, a file, or a folder of FITS files or PNG pictures.
    target : Path
        What to write, its form told by the suffix; it appears whole or not at all.

    Raises
    ------
    ValueError
        If the source cannot be read, the target exists, or its suffix is none of these.
    """
    if target.suffix.lower() not in {".zarr", "", *_HDF5}:
        raise ValueError(f"{target.name}: is none of NAME.zarr, NAME.h5, NAME.hdf5 and a folder without suffix")
    if target.exists():
        raise ValueError(f"{target.name}: exists already; remove it or choose another name")
    stream = open_cutouts(source)
    if target.suffix.lower() in _HDF5:
        write_cutouts_hdf5(target, stream)
    elif target.suffix.lower() == ".zarr":
        write_cutouts_store(target, stream)
    else:
        write_cutouts_folder(target, stream)


def open_cutouts(source: Path) -> CutoutStream:
    """Open a store, an HDF5 file or a folder of cutouts as a stream.

    Parameters
    ----------
    source : Path
        ``NAME.zarr``, a folder of FITS files or PNG pictures, or any other file, taken for HDF5.

    Returns
    -------
    CutoutStream
        Of length 0 for an empty store or file.

    Raises
    ------
    ValueError
        If there is no such file, or it is none of these.
    """
    if not source.exists():
        raise ValueError(f"{source.name}: there is no such file or folder")
    if source.suffix.lower() == ".zarr":
        return CutoutStore.open(source).stream()
    return read_cutouts_folder(source) if source.is_dir() else read_cutouts_hdf5(source)


def write_cutouts_store(path: Path, stream: CutoutStream) -> None:
    """Write a stream as a new cutout store, which appears whole or not at all.

    Parameters
    ----------
    path : Path
        The folder to make, ``NAME.zarr``.
    stream : CutoutStream
        Is walked through, one batch in memory at a time; without cutouts the store is empty.

    Raises
    ------
    ValueError
        If something is there already, or a batch does not fit the stream's header.
    """
    with write_whole_folder(path) as folder, CutoutStore.create(folder, stream.header) as store:
        for batch in stream.batches:
            store.append(batch)

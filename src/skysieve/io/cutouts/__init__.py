"""Cutouts on disk: the Zarr store, HDF5 files and folders of FITS files or pictures, all of them streams of batches."""

from skysieve.io.cutouts.batch import CutoutBatch, CutoutHeader, CutoutStream, stream_batch
from skysieve.io.cutouts.convert import convert_cutouts, open_cutouts, write_cutouts_store
from skysieve.io.cutouts.folders import read_cutouts_folder, write_cutouts_folder
from skysieve.io.cutouts.hdf5 import read_cutouts_hdf5, write_cutouts_hdf5
from skysieve.io.cutouts.store import CutoutStore

__all__ = [
    "CutoutBatch",
    "CutoutHeader",
    "CutoutStore",
    "CutoutStream",
    "convert_cutouts",
    "open_cutouts",
    "read_cutouts_folder",
    "read_cutouts_hdf5",
    "stream_batch",
    "write_cutouts_folder",
    "write_cutouts_hdf5",
    "write_cutouts_store",
]

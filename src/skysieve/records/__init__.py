"""Frozen typed records: the nouns that pass between rooms."""

from skysieve.records.catalog import (
    Catalog,
    Column,
    concatenate_catalogs,
    make_empty_catalog,
    make_empty_column,
    merge_schemas,
)
from skysieve.records.exposure import Band, BandAddress, Calibration, Detector, DetectorAddress, PixelAddress
from skysieve.records.flags import ImageFlag, SourceFlag, decode_flags, describe_flags
from skysieve.records.psf import PsfModel

__all__ = [
    "Band",
    "BandAddress",
    "Calibration",
    "Catalog",
    "Column",
    "Detector",
    "DetectorAddress",
    "ImageFlag",
    "PixelAddress",
    "PsfModel",
    "SourceFlag",
    "concatenate_catalogs",
    "decode_flags",
    "describe_flags",
    "make_empty_catalog",
    "make_empty_column",
    "merge_schemas",
]

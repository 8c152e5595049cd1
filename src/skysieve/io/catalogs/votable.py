"""Catalogs as VOTable, the form that every tool of the Virtual Observatory reads."""

import io
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from astropy.io import votable
from astropy.io.votable.tree import Field as VOField
from astropy.io.votable.tree import Info, Resource, TableElement, VOTableFile
from astropy.io.votable.ucd import check_ucd

from skysieve.io.catalogs.columns import assemble_catalog, list_values, widen_integers
from skysieve.io.catalogs.reading import refuse_unreadable
from skysieve.io.catalogs.texts import escape_catalog, find_unit, name_unit, unescape_catalog
from skysieve.records import Catalog, Column, make_empty_catalog

_TYPES = {
    "bool": "boolean",
    "u1": "unsignedByte",
    "i2": "short",
    "i4": "int",
    "i8": "long",
    "f4": "float",
    "f8": "double",
    "str": "unicodeChar",
}


def write_votable(catalog: Catalog, path: Path) -> None:
    """Write a catalog as a VOTable 1.4 with binary rows.

    Units and UCDs that the standard does not know are left out.

    Raises
    ------
    ValueError
        If values do not fit the schema or are integers beyond 2^63.
    """
    plain = escape_catalog(catalog, ascii_only=False)
    fields = [widen_integers(field, where=path.name) for field in list_values(plain, where=path.name)]
    document, table = _make_document([column for column, _ in fields], plain.meta)
    if len(catalog):
        table.create_arrays(len(catalog))
        for element, (_, values) in zip(table.fields, fields, strict=True):
            table.array.data[element.ID] = values
    table.format = "binary2"
    document.to_xml(str(path))


def describe_in_votable(schema: Sequence[Column], meta: Mapping[str, str]) -> str:
    """Return the XML of a VOTable without rows: names, units, UCDs and descriptions of the columns."""
    plain = escape_catalog(make_empty_catalog(schema, meta), ascii_only=False)
    columns = [widen_integers(field, where="catalog")[0] for field in list_values(plain, where="catalog")]
    buffer = io.BytesIO()
    _make_document(columns, plain.meta)[0].to_xml(buffer)
    return buffer.getvalue().decode("utf-8")


def read_votable(path: Path) -> Catalog:
    """Read the first table of a VOTable.

    Raises
    ------
    ValueError
        If the file is not a whole VOTable or has a column that a catalog cannot hold.
    """
    with refuse_unreadable(path, "VOTable"):
        document = votable.parse(str(path), verify="ignore")
        table = document.get_first_table()
        array, infos = table.array, [*document.infos, *document.resources[0].infos]
        fields = [(_describe(field), array[name]) for field, name in zip(table.fields, array.dtype.names, strict=True)]
        meta = {str(info.name): str(info.value) for info in infos}
    return unescape_catalog(assemble_catalog(fields, meta, where=path.name))


class _Field(VOField):  # type: ignore[misc]
    """A FIELD whose description stays in one line: astropy would break it at hyphens, for good."""

    def to_xml(self, w: Any, **_: Any) -> None:
        """Write the element, as astropy's own base class asks."""
        with w.tag("FIELD", attrib=w.object_attrs(self, self._attr_list)):
            if self.description is not None:
                w.element("DESCRIPTION", self.description)


def _make_document(schema: Sequence[Column], meta: Mapping[str, str]) -> tuple[VOTableFile, TableElement]:
    """Return a VOTable without rows, and its table."""
    document, resource = VOTableFile(version="1.4"), Resource()
    document.resources.append(resource)
    for number, (key, value) in enumerate(meta.items()):
        resource.infos.append(Info(ID=f"meta.{number}", name=key, value=value))
    table = TableElement(document, ID="table.0", name="catalog")
    resource.tables.append(table)
    table.fields.extend([_make_field(document, number, column, meta=meta) for number, column in enumerate(schema)])
    return document, table


def _make_field(document: VOTableFile, number: int, column: Column, *, meta: Mapping[str, str]) -> _Field:
    """Return the FIELD element of one column."""
    standard = check_ucd(column.ucd, check_controlled_vocabulary=True, has_colon=True)
    field = _Field(
        document,
        # astropy names columns by ID, which must be a word; those with a dot collide with no column.
        ID=column.name if re.fullmatch(r"[A-Za-z_]\w*", column.name, re.ASCII) else f"column.{number}",
        name=column.name,
        datatype=_TYPES[column.dtype],
        arraysize="*" if column.dtype == "str" else None,
        unit=find_unit(column.unit, meta, form="vounit") or None,
        ucd=column.ucd if column.ucd and standard else None,
    )
    field.description = column.description or None
    return field


def _describe(field: Any) -> Column:
    """Return what a FIELD element says of a column."""
    text = " ".join((field.description or "").split())
    return Column(str(field.name or field.ID or ""), "", name_unit(field.unit), text, str(field.ucd or ""))

"""``skysieve convert``: tables and cutouts from one format to another."""

from pathlib import Path
from typing import Annotated

import typer

TABLES = (".parquet", ".fits", ".fits.gz", ".vot", ".xml", ".ecsv", ".csv")


def convert(
    source: Annotated[
        Path, typer.Argument(help="Catalog (.parquet .fits .vot .ecsv .csv) or cutouts (.zarr .h5, folder).")
    ],
    target: Annotated[Path, typer.Argument(help="The same in another format, chosen by its suffix.")],
) -> None:
    """Convert a catalog or a set of cutouts; units, descriptions and flags stay with it."""
    from skysieve.io.catalogs import read_catalog, write_catalog  # noqa: PLC0415 -- takes seconds, which --help need not
    from skysieve.io.cutouts import convert_cutouts  # noqa: PLC0415

    if not source.exists():
        raise ValueError(f"{source}: there is no such file or folder; name what is to be converted")
    if source.name.lower().endswith(TABLES) and source.is_file():
        catalog = read_catalog(source)
        write_catalog(catalog, target)
        typer.echo(f"{len(catalog)} rows: {target}")
    else:
        convert_cutouts(source, target)
        typer.echo(str(target))

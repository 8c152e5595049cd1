"""``skysieve cutouts``: a catalog and its images in, a cutout store out."""

from pathlib import Path
from typing import Annotated

import typer

Images = Annotated[
    list[str] | None, typer.Argument(help="FITS (.fz, .gz, .bz2), PNG or JPEG; file.fits[3]; @list.txt. Any number.")
]


def cutouts(
    catalog: Annotated[Path, typer.Argument(help="Catalog with ra, dec or x, y; or the folder of a run.")],
    images: Images = None,
    *,
    out: Annotated[Path, typer.Option(help="The store to make, NAME.zarr; a killed command resumes.")],
    side: Annotated[int | None, typer.Option(min=1, help="Side of a cutout [pixel].")] = None,
    size: Annotated[float | None, typer.Option(min=0.0, help="Side of a cutout [arcsec] instead.")] = None,
    band: Annotated[list[str] | None, typer.Option(help="One band of one field: NAME=FILE. Repeat.")] = None,
    mask: Annotated[list[str] | None, typer.Option(help="Bad-pixel plane, one for all images or one each.")] = None,
    weight: Annotated[list[str] | None, typer.Option(help="Weight plane, one for all images or one each.")] = None,
    weight_kind: Annotated[str, typer.Option(help="What weight files hold: ivar, variance or rms.")] = "ivar",
    columns: Annotated[str, typer.Option(help="Names of the columns with the position on the sky.")] = "ra,dec",
    workers: Annotated[int, typer.Option(min=1, help="Processes on this machine.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable result on stdout.")] = False,
) -> None:
    """Cut a stamp around every row of a catalog; rows that are on no image stay, empty and flagged."""
    if workers > 1:
        from skysieve.execution import prepare_workers  # noqa: PLC0415

        prepare_workers(["skysieve.extraction.cutouts"])
    from skysieve.cli.cutting import Request, cut, print_result  # noqa: PLC0415 -- takes seconds, which --help need not

    request = Request(
        catalog, tuple(images or ()), tuple(band or ()), tuple(mask or ()), tuple(weight or ()), weight_kind, columns
    )
    result = cut(request, out, side=side, size=size, workers=workers)
    print_result(result, as_json=as_json)
    if not result.n_rows:
        typer.echo("skysieve: the catalog has no rows, so the store is empty", err=True)

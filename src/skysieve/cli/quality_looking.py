"""Where the pages of exposures find pictures of them."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from skysieve.quality.galleries import Looker

Folder = Annotated[Path | None, typer.Option(help="Folder of the exposures: pictures, times, places of detectors.")]
Prints = Annotated[Path | None, typer.Option(help="Store of skysieve quality fingerprint: what the judge sees.")]
Json = Annotated[bool, typer.Option("--json", help="Machine-readable result on stdout.")]


def make_looker(exposures: Path | None, prints: Path | None, *, side: int) -> "Looker":
    """Return what looks at exposures again.

    Parameters
    ----------
    side : int
        Of pictures [pixel].

    Raises
    ------
    ValueError
        If the folder is none, or the store holds no fingerprints.
    """
    from skysieve.quality.galleries import Looker, open_fingerprints  # noqa: PLC0415 -- takes seconds, --help need not

    if exposures is not None and not exposures.is_dir():
        raise ValueError(f"{exposures}: is no folder; give that of the exposures")
    return Looker(exposures, None if prints is None else open_fingerprints(prints), side)

"""The published results of Boucaud et al. 2020, blend by blend."""

from pathlib import Path

import numpy as np

from skysieve.io.catalogs import read_catalog

METHODS = {"blend2flux": "b2f", "blend2mask2flux": "b2m2f", "SExtractor": "sex"}

SEXTRACTOR_SCALE = 10 ** (0.4 * (25.96 - 25.67))
"""SExtractor's fluxes in the table have the zeropoint 25.67, the others 25.96."""

Pair = tuple[np.ndarray, np.ndarray, np.ndarray]


def read_published(path: Path) -> dict[str, Pair]:
    """Read the published table of test blends.

    Parameters
    ----------
    path : Path
        ``coindeblend_paper_output_catalog.csv.gz``, as its authors give it.

    Returns
    -------
    dict
        By method the measured and the true fluxes and the galaxy of each source; SExtractor's where it found two.

    Raises
    ------
    ValueError
        If it is not that table.
    """
    table = read_catalog(path)
    wanted = {f"g{one}_flux_{name}" for one in (1, 2) for name in METHODS.values()} | {"g1_flux", "g1_id", "detection"}
    if not wanted <= set(table.names):
        raise ValueError(f"{path.name}: lacks {', '.join(sorted(wanted - set(table.names)))}; give the published table")
    found = {}
    for method, name in METHODS.items():
        columns = [
            np.concatenate([table[f"g{one}_{what}"].astype(float) for one in (1, 2)])
            for what in (f"flux_{name}", "flux", "id")
        ]
        if name == "sex":
            columns[0] = columns[0] * SEXTRACTOR_SCALE
            two = np.tile(table["detection"] == 2, 2) & (columns[0] > 0)
            columns = [values[two] for values in columns]
        found[method] = (columns[0], columns[1], columns[2].astype(int))
    return found

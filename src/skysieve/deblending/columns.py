"""The columns of deblended fluxes."""

import json

import numpy as np

from skysieve.deblending.flags import DEBLEND_FLAG_SENTENCES
from skysieve.deblending.measuring import Deblended, Fluxes
from skysieve.deblending.model import Model
from skysieve.deblending.network import LEVELS
from skysieve.records import Catalog, Column

FLUX_COLUMNS = (
    Column("flux", "f8", "image", "flux that FLUX_AUTO would measure on the galaxy alone: the median", "phot.flux"),
    Column("flux_err", "f8", "image", "half of the interval that holds it in 68 % of cases", "stat.error;phot.flux"),
    Column("flux_q025", "f8", "image", "2.5 % quantile of the flux", "phot.flux;stat.min"),
    Column("flux_q16", "f8", "image", "16 % quantile of the flux", "phot.flux"),
    Column("flux_q50", "f8", "image", "median of the flux", "phot.flux;stat.median"),
    Column("flux_q84", "f8", "image", "84 % quantile of the flux", "phot.flux"),
    Column("flux_q975", "f8", "image", "97.5 % quantile of the flux", "phot.flux;stat.max"),
    Column("flux_total", "f8", "image", "all light of the source's model", "phot.flux"),
)

ONCE_COLUMNS = (
    Column("flux_kron", "f8", "image", "flux in the Kron ellipse, neighbors masked by mirroring", "phot.flux"),
    Column("flux_kron_err", "f8", "image", "its standard error", "stat.error;phot.flux"),
    Column("flux_aper1", "f8", "image", "flux in the smallest circular aperture", "phot.flux"),
    Column("flux_aper1_err", "f8", "image", "its standard error", "stat.error;phot.flux"),
    Column("blendedness", "f8", "", "share of the light at the source's place that is not its own"),
    Column("p_unrecognized", "f8", "", "probability that another source hides behind this one"),
    Column("group", "i8", "", "number of the group of overlapping sources; -1 without a flux"),
    Column("n_group", "i8", "", "sources of the group", "meta.number"),
    Column("neighbor_id", "i8", "", "id of the source whose error is most tied to this one's; -1 for none", "meta.id"),
    Column("neighbor_correlation", "f8", "", "correlation of their errors of ln(flux)", "stat.correlation"),
    Column("ood", "bool", "", "outside of the training domain", "meta.code.qual"),
    Column("flags", "i8", "", "bit flags; the dictionary is in the metadata", "meta.code.qual"),
)

PAIR_COLUMNS = (
    Column("id", "i8", "", "source", "meta.id"),
    Column("other_id", "i8", "", "another source of its group", "meta.id"),
    Column("band", "str", "", "band", "meta.id;instr.bandpass"),
    Column("correlation", "f8", "", "correlation of the errors of ln(flux)", "stat.correlation"),
)


def make_flux_table(positions: Catalog, found: Deblended, model: Model, *, reference: str) -> Catalog:
    """Return a row a given position, in their order: its columns ``id, x, y``, then fluxes and what goes with them.

    Parameters
    ----------
    positions : Catalog
        As given; ``id`` is the row number from 1 where it has none.
    found : Deblended
        What was measured.
    model : Model
        For the metadata.
    reference : str
        The band whose columns have no suffix; those of the others end with ``_<band>``.
    """
    ids = list_ids(positions)
    schema = [Column("id", "i8", "", "as given", "meta.id;meta.main")]
    columns: dict[str, np.ndarray] = {"id": ids}
    for name in ("x", "y", "ra", "dec"):
        if name in positions.names:
            schema.append(next(one for one in positions.schema if one.name == name))
            columns[name] = positions[name]
    main = found.fluxes[reference]
    for band, fluxes in found.fluxes.items():
        suffix = "" if band == reference else f"_{band}"
        for column, values in zip(FLUX_COLUMNS, _list_fluxes(fluxes), strict=True):
            schema.append(
                Column(column.name + suffix, *(getattr(column, one) for one in ("dtype", "unit", "description", "ucd")))
            )
            columns[column.name + suffix] = values
    once = _list_once(main, found, ids)
    schema += ONCE_COLUMNS
    columns |= {column.name: values for column, values in zip(ONCE_COLUMNS, once, strict=True)}
    flags = {flag.name: {"bit": int(flag), "meaning": words} for flag, words in DEBLEND_FLAG_SENTENCES.items()}
    name = f"{model.card.name} {model.card.version} {model.card.sha256}"
    return Catalog(tuple(schema), columns, {"deblending_model": name, "flags": json.dumps(flags)})


def make_pair_table(positions: Catalog, found: Deblended) -> Catalog:
    """Return the correlations of the errors of all pairs of sources that were told apart together."""
    ids = list_ids(positions)
    parts = [(ids[one.first], ids[one.second], np.full(len(one.first), band, object), one.correlation)
             for band, one in found.fluxes.items()]  # fmt: skip
    values = (np.concatenate(part) for part in zip(*parts, strict=True))
    return Catalog(PAIR_COLUMNS, {column.name: value for column, value in zip(PAIR_COLUMNS, values, strict=True)})


def list_ids(positions: Catalog) -> np.ndarray:
    """Return the ids of a catalog, or row numbers from 1."""
    if "id" in positions.names:
        return positions["id"].astype(np.int64)
    return np.arange(1, len(positions) + 1)


def _list_fluxes(fluxes: Fluxes) -> list[np.ndarray]:
    at = {level: fluxes.quantiles[:, LEVELS.index(level)] for level in (0.025, 0.16, 0.5, 0.84, 0.975)}
    half = (at[0.84] - at[0.16]) / 2
    return [at[0.5], half, at[0.025], at[0.16], at[0.5], at[0.84], at[0.975], fluxes.total]


def _list_once(main: Fluxes, found: Deblended, ids: np.ndarray) -> list[np.ndarray]:
    catalog, row = found.extraction.catalog, found.row
    names = ("flux_kron", "flux_kron_err", "flux_aper1", "flux_aper1_err")
    others = [_copy(catalog, name, row) for name in names]
    number = np.bincount(main.group[main.group >= 0], minlength=1)
    members = np.where(main.group >= 0, number[np.maximum(main.group, 0)], 0)
    neighbor, tie = _find_tied(main, ids)
    return [*others, main.blendedness, main.p_hidden, main.group, members, neighbor, tie, main.ood, main.flags]


def _copy(catalog: Catalog, name: str, row: np.ndarray) -> np.ndarray:
    """Return a column of the extraction in the order of the result, NaN where there is no row or no such column."""
    if name not in catalog.names or not len(catalog):
        return np.full(len(row), np.nan)
    return np.where(row >= 0, catalog[name].astype(float)[np.maximum(row, 0)], np.nan)


def _find_tied(main: Fluxes, ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return for each source the id of the one whose error is most tied to its own, and the correlation."""
    neighbor, tie = np.full(len(ids), -1), np.zeros(len(ids))
    for source, other, value in (
        *zip(main.first, main.second, main.correlation, strict=True),
        *zip(main.second, main.first, main.correlation, strict=True),
    ):
        if neighbor[source] < 0 or abs(value) > abs(tie[source]):
            neighbor[source], tie[source] = ids[other], value
    return neighbor, tie

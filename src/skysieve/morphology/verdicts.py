"""Verdicts as columns: of the images' catalog, and of the table of neurons."""

import re
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Shaped

from skysieve.morphology.judging import Learned
from skysieve.morphology.mapped_rows import MappedRows
from skysieve.morphology.outliers import Outliers
from skysieve.records import Catalog, Column
from skysieve.som.lattice import Lattice

OUTLIER_COLUMNS = (
    Column("som_p_value", "f4", "", "part of like images at least as far from their neuron", "stat.probability"),
    Column("som_outlier", "f4", "", "-log10 of som_p_value"),
    Column("ood", "bool", "", "outside of what the map knows", "meta.code"),
)


def add_verdicts(
    rows: Catalog,
    probability: Float[np.ndarray, "image label"],
    classes: Sequence[str],
    outliers: Outliers,
    *,
    given: Shaped[np.ndarray, " image"] | None = None,
) -> Catalog:
    """Add the columns ``p_<class>``, ``label``, ``label_given``, ``som_p_value``, ``som_outlier`` and ``ood``.

    Parameters
    ----------
    given
        Labels that images had, empty where they had none; without it there is no column of them.

    Raises
    ------
    ValueError
        If two classes have one name as columns.
    """
    names = name_columns(classes)
    for number, (name, label) in enumerate(zip(names, classes, strict=True)):
        column = Column(f"p_{name}", "f4", "", f"probability of {label}", "stat.probability")
        rows = rows.with_column(column, probability[:, number].astype(np.float32))
    rows = rows.with_column(
        Column("label", "str", "", "most probable class; empty where none is known", "meta.code.class"),
        pick_labels(probability, classes),
    )
    if given is not None:
        rows = rows.with_column(Column("label_given", "str", "", "label from the table", "meta.code.class"), given)
    values = {"som_p_value": outliers.p_value.astype(np.float32), "som_outlier": outliers.score.astype(np.float32),
              "ood": outliers.outside}  # fmt: skip
    for column in OUTLIER_COLUMNS:
        rows = rows.with_column(column, values[column.name])
    return rows


def make_neuron_table(learned: Learned, mapped: MappedRows) -> Catalog:
    """Return a row a neuron: its cell, its images, counts and shares of the labels with errors, its label."""
    judge, lattice = learned.judge, mapped.lattice
    columns = {
        Column("neuron", "i4", "", "its number"): np.arange(lattice.n_neurons),
        **_list_cells(lattice),
        Column("images", "i8", "", "images that match it best"): np.bincount(
            mapped.bmu[mapped.bmu >= 0], minlength=lattice.n_neurons
        ),
        Column("distance", "f4", "", "usual distance of these"): np.exp(judge.outliers.typical),
    }
    for number, (name, label) in enumerate(zip(name_columns(judge.classes), judge.classes, strict=True)):
        columns[Column(f"p_{name}", "f4", "", f"share of {label}")] = judge.shares[:, number]
        if learned.shares is not None:
            columns[Column(f"e_{name}", "f4", "", f"error of p_{name}")] = learned.shares.errors[:, number]
            columns[Column(f"n_{name}", "i8", "", f"images labeled {label}")] = learned.shares.counts[:, number]
    columns[Column("label", "str", "", "label of the largest share")] = pick_labels(judge.shares, judge.classes)
    return Catalog(tuple(columns), {column.name: values for column, values in columns.items()})


def _list_cells(lattice: Lattice) -> dict[Column, np.ndarray]:
    return {Column(f"som_{axis}", "i4", "", f"{axis} on the lattice"): values
            for axis, values in zip("xyz", lattice.make_cells().T, strict=False)}  # fmt: skip


def pick_labels(probability: Float[np.ndarray, "row label"], classes: Sequence[str]) -> Shaped[np.ndarray, " row"]:
    """Return the name of the most probable class, empty where probabilities are not known.

    Examples
    --------
    >>> pick_labels(np.array([[0.2, 0.8], [np.nan, np.nan]]), ("a", "b")).tolist()
    ['b', '']
    """
    known = np.isfinite(probability).all(axis=1)
    best = np.where(known[:, None], probability, 0.0).argmax(axis=1)
    return np.array([classes[k] if sure else "" for k, sure in zip(best, known, strict=True)], dtype=object)


def name_columns(classes: Sequence[str]) -> list[str]:
    """Return names of classes that can stand in names of columns.

    Raises
    ------
    ValueError
        If two become the same.

    Examples
    --------
    >>> name_columns(("FR I", "bent-tail"))
    ['FR_I', 'bent_tail']
    """
    names = [re.sub(r"\W+", "_", label.strip()) for label in classes]
    if len(set(names)) < len(names):
        raise ValueError(f"labels {', '.join(classes)}: two have one name as columns; rename one")
    return names

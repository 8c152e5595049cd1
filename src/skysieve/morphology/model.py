"""A trained map with its judge as they are applied to sources."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float, Float32, Int

from skysieve.config import parse_recipe
from skysieve.io.checksums import checksum_file
from skysieve.io.shipped import find_weights
from skysieve.io.weights import ModelCard, read_weights
from skysieve.morphology.apply_recipe import ApplyRecipe
from skysieve.morphology.classifier import apply_classifier
from skysieve.morphology.classifier_file import Judge, read_judge
from skysieve.morphology.judge_arrays import make_judge
from skysieve.morphology.outliers import Outliers, find_outliers
from skysieve.morphology.preparation_recipe import PreparationRecipe
from skysieve.morphology.recipe import ViewRecipe
from skysieve.morphology.transfer import vote
from skysieve.morphology.verdicts import name_columns, pick_labels
from skysieve.records import Catalog, Column
from skysieve.som.image_data import wrap_images
from skysieve.som.image_mapping import map_rows
from skysieve.som.lattice import Lattice
from skysieve.som.mapping_table import MappedImages
from skysieve.som.maps import ImageMap, read_image_map
from skysieve.som.transforms import Geometry

COLUMNS = (
    Column("som_bmu", "i4", "", "best-matching unit of the map; -1 for sources that cannot be shown to it"),
    Column("som_distance", "f4", "", "distance to it"),
    Column("som_angle", "f4", "deg", "turn of the source to it, clockwise with row 0 on top"),
    Column("som_flip", "bool", "", "whether rows are reversed after the turn"),
    Column("som_p_value", "f4", "", "part of like sources at least as far from their neuron", "stat.probability"),
    Column("som_outlier", "f4", "", "-log10 of som_p_value"),
    Column("som_ood", "bool", "", "outside of what the map knows", "meta.code.qual"),
    Column("som_label", "str", "", "most probable class; empty where none is known", "meta.code.class"),
)


@dataclass(frozen=True, eq=False)
class Model:
    """A map, what judges by it (None: nothing but the map), and how sources are shown to it.

    ``title`` is name, version and SHA-256, for the catalog's metadata; ``card`` is None for a user's own map.
    """

    title: str
    som: ImageMap
    judge: Judge | None
    view: ViewRecipe
    preparation: PreparationRecipe
    card: ModelCard | None = None


@dataclass(frozen=True, eq=False)
class Verdict:
    """What a model says of images: how they match the map, and what they are; NaN and -1 where nothing is known."""

    bmu: Int[np.ndarray, " image"]
    distance: Float32[np.ndarray, " image"]
    angle: Float32[np.ndarray, " image"]
    flip: Bool[np.ndarray, " image"]
    probability: Float[np.ndarray, "image label"]
    outliers: Outliers | None
    classes: tuple[str, ...]


def read_model(recipe: ApplyRecipe) -> Model:
    """Read shipped weights, or a trained map of the user's own with or without a classifier.

    Raises
    ------
    ValueError
        If there are none, files are not whole, or classifier and map do not belong together.
    """
    folder = Path(recipe.model)
    if folder.is_dir() or folder.suffix == ".bin":
        return _read_own(folder, recipe.classifier)
    return read_shipped(find_weights("morphology", recipe.model))


def read_shipped(path: Path) -> Model:
    """Read a map with its judge from one file of weights.

    Raises
    ------
    ValueError
        If the file is not whole, or belongs to another capability.
    """
    tensors, card = read_weights(path)
    if card.capability != "morphology" or "som.neurons" not in tensors:
        raise ValueError(
            f"{path.name}: holds no trained map (capability {card.capability}); give weights of morphology"
        )
    known = card.recipe
    try:
        view, preparation = (
            parse_recipe(ViewRecipe, known["view"]),
            parse_recipe(PreparationRecipe, known["preparation"]),
        )
        lattice = parse_recipe(Lattice, known["lattice"])
        image, neuron, region, rotations, flip = (int(one) for one in tensors["som.geometry"])
        geometry = Geometry(image, neuron, region, known["geometry"]["region"], rotations, bool(flip))
        som = ImageMap(tensors["som.neurons"].astype(np.float32), lattice, geometry)
        return Model(f"{card.name} {card.version} {card.sha256}", som, make_judge(tensors), view, preparation, card)
    except (KeyError, TypeError) as problem:
        raise ValueError(f"{path.name}: lacks {problem}; train and export it again") from None


def judge_images(model: Model, images: Float[np.ndarray, "image channel y x"], *, level: float) -> Verdict:
    """Match prepared images with the map, and judge them.

    Parameters
    ----------
    level : float
        p-value below which an image is outside.
    """
    source = wrap_images(images)
    parts = list(map_rows(source, np.arange(source.length), model.som))
    found = _join(parts, model.som.lattice.n_neurons)
    known = np.isfinite(found.distance).all(axis=1)
    bmu = np.where(known, np.where(np.isnan(found.distance), np.inf, found.distance).argmin(axis=1), -1)
    every = np.arange(len(bmu))
    nearest = np.where(known, found.distance[every, bmu], np.nan).astype(np.float32)
    judge = model.judge
    return Verdict(
        bmu, nearest, np.degrees(found.angle[every, bmu]).astype(np.float32), found.flip[every, bmu] & known,
        np.zeros((len(bmu), 0)) if judge is None else _find_classes(judge, bmu, found.distance),
        None if judge is None else find_outliers(judge.outliers, bmu, nearest.astype(float), level=level),
        () if judge is None else judge.classes,
    )  # fmt: skip


def add_verdict(catalog: Catalog, verdict: Verdict, *, rows: np.ndarray, model: Model) -> Catalog:
    """Return the catalog with the columns of ``COLUMNS`` and ``som_p_<class>``; the verdict is about some rows.

    Without a judge there are no probabilities, p-values and labels.
    """
    values = {
        "som_bmu": _spread(verdict.bmu.astype(np.int32), rows, len(catalog), empty=-1.0),
        "som_distance": _spread(verdict.distance, rows, len(catalog)),
        "som_angle": _spread(verdict.angle, rows, len(catalog)),
        "som_flip": _spread(verdict.flip, rows, len(catalog), empty=0.0),
    }
    probability = np.full((len(catalog), len(verdict.classes)), np.nan)
    if verdict.outliers is not None:
        probability[rows] = verdict.probability
        values |= {
            "som_p_value": _spread(verdict.outliers.p_value.astype(np.float32), rows, len(catalog)),
            "som_outlier": _spread(verdict.outliers.score.astype(np.float32), rows, len(catalog)),
            "som_ood": _spread(verdict.outliers.outside, rows, len(catalog), empty=1.0),
            "som_label": pick_labels(probability, verdict.classes),
        }
    for column in COLUMNS:
        if column.name in values:
            catalog = catalog.with_column(column, values[column.name])
    for number, name in enumerate(name_columns(verdict.classes)):
        column = Column(f"som_p_{name}", "f4", "", f"probability of {verdict.classes[number]}", "stat.probability")
        catalog = catalog.with_column(column, probability[:, number].astype(np.float32))
    return Catalog(catalog.schema, catalog.columns, {**catalog.meta, "morphology_model": model.title})


def check_model(path: Path) -> float:
    """Judge the example in a file of weights; return the largest difference from what it must give.

    Raises
    ------
    ValueError
        If the file is not whole, or the difference exceeds the card's tolerance.
    """
    model = read_shipped(path)
    tensors, card = read_weights(path)
    verdict = judge_images(model, tensors["check.input.0"].astype(np.float32), level=0.01)
    difference = float(np.abs(verdict.probability - tensors["check.output"]).max())
    tolerance = card.check.tolerance if card.check else 0.0
    if not difference <= tolerance:
        raise ValueError(f"{path.name}: its example is off by {difference:.2g}, {tolerance:.2g} is allowed; "
                         "fetch the file again")  # fmt: skip
    return difference


def _read_own(path: Path, classifier: str) -> Model:
    """Read a user's own map; its preparation is the one that its card tells, its view takes pixels as they are."""
    som = read_image_map(path)
    judge = read_judge(Path(classifier)) if classifier else None
    file = path / "som.bin" if path.is_dir() else path
    checksum = checksum_file(file)
    if judge is not None and judge.som_sha256 not in {"", checksum}:
        raise ValueError(f"{classifier}: learned on another map than {path}; give the one that belongs to it")
    preparation = parse_recipe(PreparationRecipe, som.preparation) if som.preparation else PreparationRecipe()
    view = replace(ViewRecipe(), side=som.geometry.image_side, width=None, least_snr=0.0)
    return Model(f"{path.name} {checksum}", som, judge, view, preparation)


def _find_classes(
    judge: Judge, bmu: Int[np.ndarray, " image"], distance: Float32[np.ndarray, "image neuron"]
) -> Float[np.ndarray, "image label"]:
    return vote(bmu, judge.shares) if judge.classifier is None else apply_classifier(judge.classifier, distance)


def _join(parts: list[MappedImages], neurons: int) -> MappedImages:
    if not parts:
        none = np.zeros((0, neurons), np.float32)
        return MappedImages(none, none, none.astype(bool), np.zeros(0, np.int64))
    return MappedImages(
        np.concatenate([one.distance for one in parts]), np.concatenate([one.angle for one in parts]),
        np.concatenate([one.flip for one in parts]), np.concatenate([one.flags for one in parts]),
    )  # fmt: skip


def _spread(values: np.ndarray, rows: np.ndarray, length: int, *, empty: float = np.nan) -> np.ndarray:
    """Put the values of some rows into a column."""
    column = np.full(length, empty, values.dtype)
    column[rows] = values
    return column

"""Apply the weights to files: an image with a catalog of positions, or a run folder with its images."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from skysieve.deblending.apply_recipe import ApplyRecipe
from skysieve.deblending.columns import make_flux_table, make_pair_table
from skysieve.deblending.measuring import Deblended, deblend_detector, deblend_extraction
from skysieve.deblending.model import Model, read_model
from skysieve.extraction import Extraction, ExtractionRecipe
from skysieve.io.catalogs import read_catalog
from skysieve.io.exposures import list_detectors, read_detector
from skysieve.io.psf import read_psf
from skysieve.records import Catalog, Column, Detector, DetectorAddress, concatenate_catalogs

CATALOG, IMAGES = "catalog.parquet", "images.parquet"


def measure_file(
    image: str | None, positions: Catalog, recipe: ApplyRecipe, *, bands: Mapping[str, str] | None = None
) -> tuple[Catalog, Catalog, tuple[str, ...]]:
    """Measure the sources of a catalog on one image, or on one field in several bands.

    Parameters
    ----------
    image : str, optional
        The file, ``FILE[3]`` for one of its images; None where ``bands`` are given.
    positions : Catalog
        ``x, y`` [pixel] or ``ra, dec`` [deg], and optionally ``id``.
    recipe : ApplyRecipe
        How.
    bands : mapping of str to str, optional
        Name and file of each band.

    Returns
    -------
    fluxes, pairs : Catalog
        A row a position in their order; and the correlations of their errors.
    messages : tuple of str
        What was wrong, a sentence each.

    Raises
    ------
    ValueError
        If the image holds several detectors or cannot be read, or the catalog has no usable position.
    """
    model = read_model(recipe.model)
    detectors = list_detectors([] if image is None else [image], bands=bands or {}, recipe=recipe.input)
    if len(detectors) > 1:
        raise ValueError(f"{image}: holds {len(detectors)} images; name one as {image}[1], or measure a run folder")
    found, reference = _deblend(detectors[0], positions, model, recipe)
    return (
        make_flux_table(positions, found, model, reference=reference),
        make_pair_table(positions, found),
        found.messages,
    )


def measure_run(folder: Path, recipe: ApplyRecipe) -> tuple[Catalog, Catalog, tuple[str, ...]]:
    """Measure the sources of a run folder on the images that it was made from.

    Raises
    ------
    ValueError
        If the folder is no run folder, or an image of it is gone.
    """
    model = read_model(recipe.model)
    missing = [name for name in (CATALOG, IMAGES) if not (folder / name).is_file()]
    if missing:
        raise ValueError(f"{folder}: holds no {missing[0]}; give a folder of skysieve run, or a catalog file")
    catalog, images = (read_catalog(folder / name) for name in (CATALOG, IMAGES))
    paths = [path for path in dict.fromkeys(images["path"].tolist()) if path]
    gone = [path for path in paths if not Path(path).is_file()]
    if gone:
        raise ValueError(f"{folder}: its image {gone[0]} is gone; put it back, or name images with --set images=[...]")
    detectors = {address.label: address for address in list_detectors(paths, recipe=recipe.input)} if paths else {}
    parts, pairs, messages = [], [], list[str]()
    for label in dict.fromkeys(catalog["image"].tolist()):
        if label not in detectors:
            raise ValueError(f"{folder}: the image {label} of its catalog is in none of its files; give --set images")
        rows = catalog["image"] == label
        positions = Catalog(catalog.schema, {name: catalog[name][rows] for name in catalog.names}, catalog.meta)
        found, reference = _deblend(detectors[label], positions, model, recipe)
        parts.append(make_flux_table(positions, found, model, reference=reference))
        pairs.append(make_pair_table(positions, found))
        messages += found.messages
    return join_fluxes(catalog, concatenate_catalogs(parts)), concatenate_catalogs(pairs), tuple(messages)


def add_fluxes(
    extraction: Extraction, detector: Detector, recipe: ApplyRecipe, *, measured_by: ExtractionRecipe
) -> Catalog:
    """Return the catalog of an extraction with the deblended fluxes of its sources.

    Parameters
    ----------
    extraction : Extraction
        Of our own method.
    detector : Detector
        The image it was made from.
    recipe : ApplyRecipe
        ``model`` and ``noise`` count; images and PSF are those of the extraction.
    measured_by : ExtractionRecipe
        With which it was extracted.
    """
    model = read_model(recipe.model)
    found = deblend_extraction(detector, extraction, model, recipe=measured_by, noise=recipe.noise)
    reference = detector.bands[detector.reference].name
    return join_fluxes(extraction.catalog, make_flux_table(extraction.catalog, found, model, reference=reference))


def join_fluxes(catalog: Catalog, fluxes: Catalog) -> Catalog:
    """Return the rows of a catalog with their deblended fluxes, ``deblend_flags`` and ``deblend_ood``.

    Columns that the catalog has already (``id``, positions, Kron fluxes) stay as they are.
    """
    place = {identifier: row for row, identifier in enumerate(fluxes["id"].tolist())}
    rows = np.array([place[identifier] for identifier in catalog["id"].tolist()], int)
    renamed = {"flags": "deblend_flags", "ood": "deblend_ood"}
    joined = catalog
    for column in fluxes.schema:
        name = renamed.get(column.name, column.name)
        if name not in catalog.names:
            joined = joined.with_column(Column(name, column.dtype, column.unit, column.description, column.ucd),
                                        fluxes[column.name][rows])  # fmt: skip
    more = {"deblending_model": fluxes.meta["deblending_model"], "deblend_flags": fluxes.meta["flags"]}
    return Catalog(joined.schema, joined.columns, {**joined.meta, **more})


def _deblend(address: DetectorAddress, positions: Catalog, model: Model, recipe: ApplyRecipe) -> tuple[Deblended, str]:
    if not address.bands:
        raise ValueError(" ".join(address.messages) or f"{address.label}: cannot be read")
    detector = read_detector(address, recipe.input)
    psf = None if recipe.psf is None else read_psf(Path(recipe.psf))
    found = deblend_detector(detector, positions, model, psf=psf, noise=recipe.noise, extraction=recipe.extraction)
    return found, detector.bands[detector.reference].name

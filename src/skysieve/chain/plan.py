"""What a run will do, decided before any pixel is read: its items, its inputs, its identity."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from skysieve.chain.judging import list_models
from skysieve.chain.recipe import ChainRecipe
from skysieve.chain.versions import list_versions
from skysieve.config import dump_recipe
from skysieve.io.checksums import checksum_file
from skysieve.io.exposures import InputRecipe, list_detectors
from skysieve.records import DetectorAddress, PixelAddress


@dataclass(frozen=True)
class Inputs:
    """What the user named: images (or bands of one field), companions, replacements."""

    images: tuple[str, ...] = ()
    bands: tuple[tuple[str, str], ...] = ()
    masks: tuple[str, ...] = ()
    weights: tuple[str, ...] = ()
    psf: Path | None = None
    catalog: Path | None = None


@dataclass(frozen=True)
class RunPlan:
    """Detectors in run order, SHA-256 of every file that is read, and a fingerprint of all that decides the result."""

    recipe: ChainRecipe
    inputs: Inputs
    detectors: tuple[DetectorAddress, ...]
    checksums: Mapping[str, str]
    fingerprint: str

    @property
    def n_items(self) -> int:
        """Items of work: the detectors, and before them, where exposures are judged, the cameras and a look at each."""
        return len(self.detectors) + (1 + len(self.detectors) if "quality" in self.recipe.capabilities else 0)

    @property
    def keys(self) -> list[str]:
        """A name an item, in run order: it numbers the detectors and names their files."""
        return [f"{index:05d}-{address.stem}" for index, address in enumerate(self.detectors)]


def plan_run(inputs: Inputs, recipe: ChainRecipe) -> RunPlan:
    """List the detectors of a run and fix its identity, reading headers and checksums, no pixels.

    Parameters
    ----------
    inputs : Inputs
        What the user named.
    recipe : ChainRecipe
        All settings; those under ``execution`` are no part of the identity.

    Returns
    -------
    RunPlan
        With at least one detector; one that cannot be used is there with a flag and a sentence.

    Raises
    ------
    ValueError
        If there is nothing to read or the arguments contradict one another.
    """
    bands: Mapping[str, str | Path] = dict(inputs.bands)
    if len(bands) < len(inputs.bands):
        raise ValueError(f"bands {', '.join(name for name, _ in inputs.bands)}: give each band a name of its own")
    detectors = tuple(
        list_detectors(inputs.images, bands=bands, masks=inputs.masks, weights=inputs.weights, recipe=recipe.input)
    )
    if not detectors:
        raise ValueError("no image given; name at least one FITS, PNG or JPEG file")
    files = {path for address in detectors for path in _list_files(address)}
    files |= {path for path in (inputs.psf, inputs.catalog, _find_layouts(recipe)) if path is not None}
    checksums = {str(path): checksum_file(path) for path in sorted(files)}
    return RunPlan(recipe, inputs, detectors, checksums, _identify(recipe, inputs, detectors, checksums=checksums))


def find_exposure(address: DetectorAddress) -> str:
    """Return the name that all detectors of one file share: the detector's label without its extension number."""
    return address.label if address.extension is None else address.label.removesuffix(f"[{address.extension}]")


def find_exposure_stem(address: DetectorAddress) -> str:
    """Return the name that all detectors of one file share: the detector's stem without its extension number."""
    return address.stem if address.extension is None else address.stem.removesuffix(f"_{address.extension}")


def _find_layouts(recipe: ChainRecipe) -> Path | None:
    """Return the file that says where detectors belong, if one is read; refuse settings that the run itself makes."""
    if "quality" not in recipe.capabilities:
        return None
    if recipe.quality.input != InputRecipe() or recipe.quality.seed:
        raise ValueError(
            "quality.input and quality.seed: leave them out; the run's own input and seed take their places"
        )
    path = None if recipe.quality.mosaic.layout is None else Path(recipe.quality.mosaic.layout)
    return path if path is not None and path.is_file() else None


def _list_files(address: DetectorAddress) -> list[Path]:
    planes: list[PixelAddress | None] = [p for band in address.bands for p in (band.image, band.mask, band.weight)]
    return [plane.path for plane in planes if plane is not None]


def _identify(
    recipe: ChainRecipe, inputs: Inputs, detectors: Sequence[DetectorAddress], *, checksums: Mapping[str, str]
) -> str:
    """SHA-256 of recipe, versions and inputs; where the files lie and where the run is computed do not count."""
    settings: dict[str, Any] = dump_recipe(recipe)
    settings.pop("execution")
    items = [
        [a.label, a.extension, [[b.name, str(b.image), str(b.mask), str(b.weight), b.weight_kind] for b in a.bands]]
        for a in detectors
    ]
    extra = [checksums[str(path)] if path else None for path in (inputs.psf, inputs.catalog)]
    identity = [settings, list_versions(), items, sorted(checksums.values()), extra, list_models(recipe)]
    return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()

"""The two stages of a trust run that work on one image: by one method as it is, then a block of injection rounds."""

import errno
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from skysieve.execution import Product, make_product
from skysieve.extraction import Extraction
from skysieve.extraction.recipe import Method
from skysieve.io.catalogs import read_catalog, write_catalog
from skysieve.io.exposures import read_detector
from skysieve.io.psf import read_psf, write_psf
from skysieve.records import Catalog, Detector, DetectorAddress, PsfModel, concatenate_catalogs
from skysieve.report import draw_preview, write_preview
from skysieve.trust.conditions import Conditions, measure_conditions, parse_conditions
from skysieve.trust.counts import Counts, add_counts, dump_counts
from skysieve.trust.measuring import measure_image
from skysieve.trust.originals import measure_original
from skysieve.trust.population import measure_range
from skysieve.trust.recipe import TrustRecipe
from skysieve.trust.rounds import Setting, inject_round, measure_round

INJECTED, PREVIEW = "injected.parquet", "preview.zip"


@dataclass(frozen=True)
class OriginalWork:
    """An image to be measured as it is by one method; ``folder`` is where its parts are written."""

    index: int
    folder: Path
    address: DetectorAddress
    method: Method
    psf: PsfModel | None


@dataclass(frozen=True)
class BlockWork:
    """Rounds from ``first`` up to ``last`` (left out) of one image, by the methods that gave a catalog of it."""

    index: int
    folder: Path
    address: DetectorAddress
    methods: tuple[Method, ...]
    psf: PsfModel | None
    conditions: dict[str, Any]
    first: int
    last: int

    @property
    def rounds(self) -> str:
        """Which rounds, in words."""
        return f"rounds {self.first} to {self.last - 1}"


def measure_as_is(work: OriginalWork, *, folder: Path, recipe: TrustRecipe) -> Product:
    """Measure an image, its negative and its blank sky by one method.

    Parameters
    ----------
    work : OriginalWork
        The item.
    folder : Path
        The folder of the ledger.
    recipe : TrustRecipe
        All settings.

    Returns
    -------
    Product
        The catalog, and for the chain's own method the PSF of each band, with conditions, counts and messages as
        facts. Only messages where the image cannot be read or measured.

    Raises
    ------
    OSError
        If the machine, not the image, is at fault.
    """
    detector = _read(work.address, recipe)
    if isinstance(detector, str):
        return make_product(folder, [], facts={"messages": [detector]})
    found = measure_image(detector, recipe.chain, method=work.method, psf=work.psf)
    if isinstance(found, str) or found.mesh is None:
        messages = (
            [found] if isinstance(found, str) else [one for one in found.messages if one not in detector.messages]
        )
        return make_product(folder, [], facts={"messages": messages})
    zeropoint = detector.bands[detector.reference].calibration.zeropoint
    original = measure_original(
        detector, work.method, recipe, zeropoint=zeropoint if np.isfinite(zeropoint) else 0.0, found=found,
        image_index=work.index, psf=work.psf,
    )  # fmt: skip
    files = [work.folder / _name_catalog(work.method)]
    write_catalog(found.catalog, files[0])
    facts: dict[str, Any] = {"counts": dump_counts(original.counts), "messages": []}
    if work.method == recipe.chain.extraction.method:
        conditions, psfs = measure_conditions(detector, found, recipe.chain.extraction, psf=work.psf)
        for band, psf in enumerate(psfs):
            files.append(work.folder / _name_psf(band))
            write_psf(files[-1], psf)
        facts |= {
            "conditions": conditions.to_plain(), "notes": list(found.messages),
            "range": measure_range(conditions, recipe.injection), **_describe(detector, found, conditions),
        }  # fmt: skip
    return make_product(folder, files, facts=facts)


def measure_block(work: BlockWork, *, folder: Path, recipe: TrustRecipe) -> Product:
    """Measure some rounds of injections into one image.

    Parameters
    ----------
    work : BlockWork
        The item; its folder holds what ``measure_as_is`` left there.
    folder : Path
        The folder of the ledger.
    recipe : TrustRecipe
        All settings.

    Returns
    -------
    Product
        Rows of the injected sources, with what was counted as facts; the first block also draws its first round.
    """
    detector = _read(work.address, recipe)
    if isinstance(detector, str):
        raise OSError(detector)
    originals = {method: read_catalog(work.folder / _name_catalog(method)) for method in work.methods}
    psfs = tuple(read_psf(work.folder / _name_psf(band)) for band in range(len(detector.bands)))
    setting = Setting(detector, parse_conditions(work.conditions), psfs, originals, work.index, work.psf)
    results = [measure_round(setting, number, recipe) for number in range(work.first, work.last)]
    files = [work.folder / f"{work.first:05d}-{INJECTED}"]
    write_catalog(concatenate_catalogs([one.rows for one in results]), files[0])
    counts = {
        method: dump_counts(add_counts([one.counts.get(method, Counts()) for one in results]))
        for method in work.methods
    }
    if work.first == 0:
        files.append(work.folder / PREVIEW)
        write_preview(files[1], draw_preview(inject_round(setting, 0, recipe)[1].detector, None, results[0].rows))
    return make_product(folder, files, facts={"counts": counts})


def find_injected(folder: Path, blocks: list[int]) -> list[Path]:
    """Return the files of injected sources of one image, by the first rounds of its blocks."""
    return [folder / f"{first:05d}-{INJECTED}" for first in blocks]


def read_first_round(folder: Path) -> Catalog:
    """Return the injected sources of the first round of one image."""
    rows = read_catalog(folder / f"{0:05d}-{INJECTED}")
    return rows.take(rows["round"] == 0)


def _read(address: DetectorAddress, recipe: TrustRecipe) -> Detector | str:
    """Read an image; one sentence where it cannot be."""
    if not address.bands:
        return " ".join(address.messages) or f"{address.label}: nothing to read"
    try:
        return read_detector(address, recipe.chain.input)
    except OSError as error:
        if error.errno not in {None, errno.EINVAL}:
            raise
        return str(error)


def _describe(detector: Detector, found: Extraction, conditions: Conditions) -> dict[str, Any]:
    """Facts about an image that decide how far its trust report reaches."""
    band = detector.bands[detector.reference]
    good = band.data[~band.bad]
    lowest = float(np.mean(good == good.min())) if good.size else 0.0
    return {
        "n_sources": len(found.catalog),
        "rows": detector.shape[0],
        "columns": detector.shape[1],
        "bands": [one.name for one in detector.bands],
        "flags": int(found.flags),
        "depth_mag": conditions.depth_mag,
        "bad_fraction": float(np.mean(band.bad)),
        "covered": float(np.mean(found.labels > 0)),
        "lowest_share": lowest,
    }


def _name_catalog(method: str) -> str:
    return f"{method}.catalog.parquet"


def _name_psf(band: int) -> str:
    return f"{band}.psf.fits"

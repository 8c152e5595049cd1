"""What injection must know of an image: its PSF in each band, its depth, its unit of brightness."""

import math
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from skysieve.extraction import Extraction, ExtractionRecipe, evaluate_psf, extract
from skysieve.io.exposures import measure_local_scale
from skysieve.records import Calibration, Detector, PsfModel, SourceFlag
from skysieve.trust.moffat import make_moffat
from skysieve.trust.wings import extend_psf

NOISE_AREA = 4 * math.pi / (8 * math.log(2))
"""Noise-equivalent area of a Gaussian PSF in units of its squared FWHM."""

ASSUMED_FWHM = 3.0
"""Width [pixel] of the PSF where nothing in the image tells it."""

USELESS = SourceFlag.SATURATED | SourceFlag.EDGE | SourceFlag.BAD_PIXELS | SourceFlag.SHARP


@dataclass(frozen=True)
class Conditions:
    """Numbers that decide what is injected into one image.

    Parameters
    ----------
    fwhm : float
        Width of the PSF in the reference band [pixel].
    psf_kind : str
        ``"given"``, ``"measured"``, ``"sharpest"`` (a Moffat as wide as the sharpest sources) or ``"assumed"``.
    noise : float
        Noise of one pixel in the reference band [image unit].
    depth : float
        Flux of a point source of five times the noise in its noise-equivalent area [image unit].
    zeropoint : float
        AB magnitude of one image unit; 0 where the image has none.
    calibrated : bool
        Whether the zeropoint is known.
    brightest : float
        Flux of a star whose highest pixel reaches saturation [image unit]; infinite where no level is known.
    pixel_scale : float
        [arcsec], NaN without sky coordinates.
    band_ratios : tuple of float
        Flux in each band [its image unit] of a source of flux one in the reference band and of the same AB magnitude
        (the same signal to noise where a zeropoint lacks).
    """

    fwhm: float
    psf_kind: str
    noise: float
    depth: float
    zeropoint: float
    calibrated: bool
    brightest: float
    pixel_scale: float
    band_ratios: tuple[float, ...]

    @property
    def depth_mag(self) -> float:
        """Magnitude of ``depth``."""
        return self.zeropoint - 2.5 * math.log10(self.depth)

    def to_plain(self) -> dict[str, Any]:
        """Return JSON values; NaN and infinity become None."""
        plain = asdict(self)
        return {name: None if isinstance(v, float) and not math.isfinite(v) else v for name, v in plain.items()}


def parse_conditions(plain: dict[str, Any]) -> Conditions:
    """Return the conditions that ``to_plain`` made JSON values of."""
    unknown = {"brightest": math.inf, "pixel_scale": math.nan}
    values: dict[str, Any] = {name: unknown[name] if plain[name] is None else plain[name] for name in plain}
    values["band_ratios"] = tuple(plain["band_ratios"])
    return Conditions(**values)


def measure_conditions(
    detector: Detector, extraction: Extraction, recipe: ExtractionRecipe, *, psf: PsfModel | None
) -> tuple[Conditions, tuple[PsfModel, ...]]:
    """Measure PSFs and depth of an image.

    Parameters
    ----------
    detector : Detector
        The image.
    extraction : Extraction
        Its sources as they are; its background has noise.
    recipe : ExtractionRecipe
        How further bands are searched for stars.
    psf : PsfModel or None
        The PSF that the user gave, for all bands.

    Returns
    -------
    conditions : Conditions
        Numbers of the reference band.
    psfs : tuple of PsfModel
        One a band, in the order of the bands.

    Raises
    ------
    ValueError
        If the reference band is constant.
    """
    psfs, kinds, noises = zip(
        *(_measure_band(detector, index, extraction, recipe=recipe, psf=psf) for index in range(len(detector.bands))),
        strict=True,
    )
    main = detector.reference
    if not noises[main] > 0:
        raise ValueError(f"{detector.label}: the reference band has no noise to inject against; set reference_band")
    calibrations = [band.calibration for band in detector.bands]
    zeropoint = calibrations[main].zeropoint
    depth = 5 * noises[main] * math.sqrt(NOISE_AREA) * psfs[main].fwhm
    conditions = Conditions(
        fwhm=float(psfs[main].fwhm),
        psf_kind=kinds[main],
        noise=noises[main],
        depth=depth,
        zeropoint=zeropoint if math.isfinite(zeropoint) else 0.0,
        calibrated=math.isfinite(zeropoint),
        brightest=_measure_brightest(detector, extraction, psfs[main]),
        pixel_scale=_measure_scale(detector),
        band_ratios=tuple(
            _compare(one, calibrations[main], noise=noise / noises[main] if noises[main] > 0 else 1.0)
            for one, noise in zip(calibrations, noises, strict=True)
        ),
    )
    return conditions, psfs


def _measure_band(
    detector: Detector, index: int, extraction: Extraction, *, recipe: ExtractionRecipe, psf: PsfModel | None
) -> tuple[PsfModel, str, float]:
    """PSF, its origin and the pixel noise of one band."""
    if index == detector.reference or len(detector.bands) == 1:
        alone = extraction
    else:
        alone = extract(replace(detector, bands=(detector.bands[index],), reference=0), recipe, psf=psf)
    noise = 0.0 if alone.mesh is None else alone.mesh.median_rms
    if psf is not None:
        return (extraction.psf or psf), "given", noise
    if alone.psf is not None:
        return extend_psf(alone.psf), "measured", noise
    sharpest = _find_sharpest(alone)
    kind = "sharpest" if math.isfinite(sharpest) else "assumed"
    width = sharpest if math.isfinite(sharpest) else ASSUMED_FWHM
    return make_moffat(width, shape=detector.shape), kind, noise


def _find_sharpest(extraction: Extraction) -> float:
    """Return the FWHM [pixel] that a fifth of the clear, clean sources stay below; NaN with fewer than three."""
    catalog = extraction.catalog
    with np.errstate(divide="ignore", invalid="ignore"):
        clear = catalog["flux_kron"] / catalog["flux_kron_err"] > 10
    clean = (catalog["flags"] & int(USELESS)) == 0
    widths = catalog["fwhm"][clear & clean & (catalog["fwhm"] > 1)]
    return float(np.quantile(widths.astype(float), 0.2)) if len(widths) >= 3 else math.nan


def _measure_brightest(detector: Detector, extraction: Extraction, psf: PsfModel) -> float:
    """Flux of a star in the middle of the image whose highest pixel just saturates."""
    saturation = detector.bands[detector.reference].calibration.saturation
    if not math.isfinite(saturation) or extraction.mesh is None:
        return math.inf
    rows, columns = psf.shape
    peak = float(evaluate_psf(psf, np.array([columns / 2]), np.array([rows / 2])).max())
    room = saturation - float(np.median(extraction.mesh.level))
    return room / peak if room > 0 else math.inf


def _measure_scale(detector: Detector) -> float:
    if detector.wcs is None:
        return math.nan
    rows, columns = detector.shape
    return float(measure_local_scale(detector.wcs, np.array([(columns - 1) / 2]), np.array([(rows - 1) / 2]))[0])


def _compare(band: Calibration, main: Calibration, *, noise: float) -> float:
    """Flux in a band for flux one in the reference band."""
    step = band.zeropoint - main.zeropoint
    return float(10 ** (0.4 * step)) if math.isfinite(step) else noise

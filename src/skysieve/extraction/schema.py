"""The columns that extraction fills, whatever the engine: one place for names, units, UCDs and meanings."""

from collections.abc import Sequence

from skysieve.records import Column

SCHEMA_VERSION = "1"

_IDENTITY = (
    Column("image", "str", "", "image the source was found in: file name and [extension number]", "meta.id;meta.file"),
    Column("id", "i8", "", "identifier, unique in a run: 100000000 * image index + number", "meta.id;meta.main"),
    Column("number", "i4", "", "label of the source in the segmentation map of its image", "meta.id"),
    Column(
        "parent",
        "i8",
        "",
        "id of the brightest source sharing the detection isophote; its own id if alone",
        "meta.id.parent",
    ),
)

_POSITION = (
    Column(
        "x",
        "f8",
        "pixel",
        "windowed center, 0-based, pixel centers on integers; isophotal barycenter if blended",
        "pos.cartesian.x;instr.det",
    ),
    Column(
        "y",
        "f8",
        "pixel",
        "windowed center, 0-based, pixel centers on integers; isophotal barycenter if blended",
        "pos.cartesian.y;instr.det",
    ),
    Column("x_err", "f4", "pixel", "standard error of x from the pixel noise", "stat.error;pos.cartesian.x"),
    Column("y_err", "f4", "pixel", "standard error of y from the pixel noise", "stat.error;pos.cartesian.y"),
    Column("ra", "f8", "deg", "right ascension of (x, y), ICRS", "pos.eq.ra;meta.main"),
    Column("dec", "f8", "deg", "declination of (x, y), ICRS", "pos.eq.dec;meta.main"),
    Column("ra_err", "f4", "arcsec", "standard error along right ascension (great circle)", "stat.error;pos.eq.ra"),
    Column("dec_err", "f4", "arcsec", "standard error along declination", "stat.error;pos.eq.dec"),
)

_SHAPE = (
    Column("a", "f4", "pixel", "semi-major axis, second moment above the threshold", "phys.angSize.smajAxis"),
    Column("b", "f4", "pixel", "semi-minor axis, second moment above the threshold", "phys.angSize.sminAxis"),
    Column("theta", "f4", "deg", "angle of the major axis from +x toward +y, -90 to 90", "pos.posAng;instr.det"),
    Column("a_sky", "f4", "arcsec", "semi-major axis on the sky", "phys.angSize.smajAxis"),
    Column("b_sky", "f4", "arcsec", "semi-minor axis on the sky", "phys.angSize.sminAxis"),
    Column("theta_sky", "f4", "deg", "position angle of the major axis, east of north, 0 to 180", "pos.posAng"),
    Column("ellipticity", "f4", "", "1 - b/a", "src.ellipticity"),
    Column(
        "fwhm", "f4", "pixel", "full width at half maximum of a Gaussian fitted to the core", "phys.angSize;instr.det"
    ),
    Column("fwhm_sky", "f4", "arcsec", "full width at half maximum on the sky", "phys.angSize"),
    Column(
        "iso0",
        "i4",
        "pixel2",
        "isophotal area at level 0: pixels above the threshold in the unfiltered image",
        "phys.angArea",
    ),
    Column("npix", "i4", "pixel2", "pixels of the segmentation map that carry the source's label", "phys.angArea"),
    Column("flux_radius", "f4", "pixel", "radius that holds half of flux_kron", "phys.angSize"),
    Column("flux_radius_20", "f4", "pixel", "radius that holds 20 % of flux_kron", "phys.angSize"),
    Column("flux_radius_90", "f4", "pixel", "radius that holds 90 % of flux_kron", "phys.angSize"),
    Column(
        "kron_radius",
        "f4",
        "",
        "semi-axes of the Kron ellipse in units of a and b (SExtractor's KRON_RADIUS)",
        "phys.angSize",
    ),
)

_LIGHT = (
    Column("flux_kron", "f8", "image", "flux in the Kron ellipse (SExtractor's FLUX_AUTO)", "phot.flux;em.opt"),
    Column("flux_kron_err", "f8", "image", "standard error of flux_kron", "stat.error;phot.flux"),
    Column("mag", "f4", "mag", "AB magnitude of flux_kron; NaN without a zeropoint", "phot.mag;em.opt"),
    Column("mag_err", "f4", "mag", "standard error of mag", "stat.error;phot.mag"),
    Column("flux_iso", "f8", "image", "flux inside the source's footprint", "phot.flux;em.opt"),
    Column("flux_iso_err", "f8", "image", "standard error of flux_iso", "stat.error;phot.flux"),
)

_SURROUNDINGS = (
    Column("background", "f4", "image", "background level at (x, y)", "instr.background"),
    Column("background_rms", "f4", "image", "background noise of one pixel at (x, y)", "instr.det.noise"),
    Column("peak", "f4", "image", "brightest pixel above the background", "phot.flux;stat.max"),
    Column("psf_fwhm", "f4", "pixel", "full width at half maximum of the PSF at (x, y)", "instr.obsty.seeing"),
    Column(
        "spread_model",
        "f4",
        "",
        "light beyond the local PSF: about 0 for point sources, positive for extended ones",
        "src.morph.param",
    ),
    Column(
        "spread_model_err",
        "f4",
        "",
        "standard error of spread_model from the pixel noise",
        "stat.error;src.morph.param",
    ),
    Column(
        "stellarity",
        "f4",
        "",
        "0 extended to 1 point-like: size against the stars' of equal brightness",
        "src.class.starGalaxy",
    ),
    Column("flags", "i8", "", "bit flags; the dictionary is in the metadata", "meta.code.qual"),
)


INPUT_ID = Column("input_id", "i8", "", "id of the source in the catalog whose positions were given", "meta.id")
"""Added where the positions of another catalog replaced the search."""


def list_aperture_columns(diameters: Sequence[float], suffix: str = "") -> tuple[Column, ...]:
    """Columns of circular-aperture fluxes, two for each diameter [pixel], for one band."""
    pairs = [
        (
            Column(
                f"flux_aper{k}{suffix}", "f8", "image", f"flux in a circle of {d:g} pixel diameter", "phot.flux;em.opt"
            ),
            Column(
                f"flux_aper{k}_err{suffix}",
                "f8",
                "image",
                f"standard error of flux_aper{k}{suffix}",
                "stat.error;phot.flux",
            ),
        )
        for k, d in enumerate(diameters, start=1)
    ]
    return tuple(column for pair in pairs for column in pair)


def list_band_columns(band: str, diameters: Sequence[float]) -> tuple[Column, ...]:
    """Columns repeated for each band when a field has several: Kron and aperture fluxes, magnitude, flags."""
    return (
        Column(f"flux_kron_{band}", "f8", "image", f"flux in the Kron ellipse, band {band}", "phot.flux;em.opt"),
        Column(f"flux_kron_err_{band}", "f8", "image", f"standard error of flux_kron_{band}", "stat.error;phot.flux"),
        Column(f"mag_{band}", "f4", "mag", f"AB magnitude of flux_kron_{band}", "phot.mag;em.opt"),
        Column(f"mag_err_{band}", "f4", "mag", f"standard error of mag_{band}", "stat.error;phot.mag"),
        *list_aperture_columns(diameters, f"_{band}"),
        Column(f"flags_{band}", "i8", "", f"bit flags of the pixels in band {band}", "meta.code.qual"),
    )


def list_catalog_columns(bands: Sequence[str], diameters: Sequence[float]) -> tuple[Column, ...]:
    """Return the whole schema of an extraction catalog.

    Parameters
    ----------
    bands : sequence of str
        Names of the bands; columns per band are added when there are two or more.
    diameters : sequence of float
        Diameters of the circular apertures [pixel].

    Returns
    -------
    tuple of Column
        Identity, position, shape, light, apertures, surroundings, then the bands.

    Examples
    --------
    >>> [c.name for c in list_catalog_columns(["r"], [])][:3]
    ['image', 'id', 'number']
    """
    per_band = [column for band in bands for column in list_band_columns(band, diameters)] if len(bands) > 1 else []
    return (*_IDENTITY, *_POSITION, *_SHAPE, *_LIGHT, *list_aperture_columns(diameters), *_SURROUNDINGS, *per_band)

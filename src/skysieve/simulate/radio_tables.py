"""Catalogs of a simulated radio sky: components, infrared sources, true sources."""

import numpy as np
from astropy.wcs import WCS
from jaxtyping import Float, Int

from skysieve.records import Catalog, Column
from skysieve.simulate.radio_components import Components
from skysieve.simulate.radio_hosts import Hosts
from skysieve.simulate.radio_sources import RadioSources

PLACE = (
    Column("id", "i8", "", "unique in this field", "meta.id;meta.main"),
    Column("ra", "f8", "deg", "right ascension", "pos.eq.ra;meta.main"),
    Column("dec", "f8", "deg", "declination", "pos.eq.dec;meta.main"),
    Column("x", "f8", "pixel", "column, centers of pixels on integers", "pos.cartesian.x"),
    Column("y", "f8", "pixel", "row", "pos.cartesian.y"),
)


def make_component_table(found: Components, wcs: WCS, pixel_scale: float) -> Catalog:
    """Return components as a radio catalog lists them."""
    schema = (
        Column("flux", "f8", "mJy", "total flux", "phot.flux.density;em.radio"),
        Column("flux_err", "f8", "mJy", "its error", "stat.error;phot.flux.density"),
        Column("peak", "f8", "mJy/beam", "peak brightness", "phot.flux.density;em.radio;stat.max"),
        Column("major", "f8", "arcsec", "FWHM along the long axis, beam included", "phys.angSize.smajAxis"),
        Column("minor", "f8", "arcsec", "FWHM along the short axis, beam included", "phys.angSize.sminAxis"),
        Column("theta", "f8", "deg", "direction of the long axis, from +x to +y", "pos.posAng"),
    )
    values = {
        "flux": found.flux, "flux_err": found.flux_err, "peak": found.peak, "major": found.major * pixel_scale,
        "minor": found.minor * pixel_scale, "theta": np.rad2deg(found.theta),
    }  # fmt: skip
    return Catalog((*PLACE, *schema), {**_locate(found.x, found.y, wcs), **values})


def make_host_table(hosts: Hosts, wcs: WCS, pixel_scale: float) -> Catalog:
    """Return infrared sources as their catalog lists them."""
    mag = Column("mag", "f8", "mag", "infrared magnitude", "phot.mag;em.IR")
    place = _locate(hosts.x / pixel_scale, hosts.y / pixel_scale, wcs)
    return Catalog((*PLACE, mag), {**place, "mag": hosts.mag})


def make_source_table(
    sources: RadioSources, hosts: Hosts, owner: Int[np.ndarray, " component"], *, wcs: WCS, pixel_scale: float
) -> Catalog:
    """Return the true sources; those without components were too faint to be found."""
    schema = (
        Column("kind", "i4", "", "0 single, 1 double, 2 triple, 3 bent", "src.class"),
        Column("flux", "f8", "mJy", "total flux", "phot.flux.density;em.radio"),
        Column("size", "f8", "arcsec", "from end to end; 0 for single ones", "phys.angSize"),
        Column("n_components", "i8", "", "components of it that were found", "meta.number"),
        Column("host_id", "i8", "", "id of its host, -1 where it is not seen", "meta.id.assoc"),
    )
    host = np.full(len(sources), -1)
    host[hosts.source[hosts.source >= 0]] = np.flatnonzero(hosts.source >= 0) + 1
    values = {
        "kind": sources.kind.astype(np.int32), "flux": sources.flux, "size": sources.size,
        "n_components": np.bincount(owner[owner >= 0], minlength=len(sources)), "host_id": host,
    }  # fmt: skip
    return Catalog((*PLACE, *schema), {**_locate(sources.x / pixel_scale, sources.y / pixel_scale, wcs), **values})


def _locate(x: Float[np.ndarray, " row"], y: Float[np.ndarray, " row"], wcs: WCS) -> dict[str, np.ndarray]:
    ra, dec = wcs.wcs_pix2world(x, y, 0)
    return {"id": np.arange(1, len(x) + 1), "ra": np.asarray(ra), "dec": np.asarray(dec), "x": x, "y": y}

"""The table of injected sources: a row each, its truth, and what every method measured of it."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float
from scipy.spatial import cKDTree

from skysieve.records import Catalog, Column, SourceFlag
from skysieve.trust.conditions import Conditions
from skysieve.trust.matching import Match
from skysieve.trust.population import Round
from skysieve.trust.truth import TrueShapes

IMAGE_WIDE = SourceFlag.NO_WCS | SourceFlag.NO_ZEROPOINT | SourceFlag.OVERRULED
"""Flags that say nothing of the source itself."""

TRUTH = (
    Column("image", "str", "", "image the source was injected into", "meta.id;meta.file"),
    Column("id", "i8", "", "number of the injected source, unique in a run", "meta.id;meta.main"),
    Column("round", "i4", "", "round of injections", "meta.id"),
    Column("placement", "str", "", "how its position was chosen: grid or random", "meta.note"),
    Column("x", "f8", "pixel", "true position, 0-based", "pos.cartesian.x;instr.det"),
    Column("y", "f8", "pixel", "true position, 0-based", "pos.cartesian.y;instr.det"),
    Column("flux", "f8", "image", "true total flux", "phot.flux"),
    Column("mag", "f8", "mag", "its AB magnitude; at zeropoint 0 where the image has none", "phot.mag"),
    Column("is_star", "bool", "", "whether it is a point source", "src.class.starGalaxy"),
    Column("half_light_radius", "f4", "pixel", "major axis, before the PSF; 0 for a star", "phys.angSize"),
    Column("axis_ratio", "f4", "", "minor over major axis before the PSF", "phys.size.axisRatio"),
    Column("theta", "f4", "deg", "angle of the major axis from +x toward +y", "pos.posAng"),
    Column("sersic", "f4", "", "Sersic index as drawn; 0 for a star", "src.morph.param"),
    Column("psf_fwhm", "f4", "pixel", "width of the PSF of the image", "instr.obsty.seeing"),
    Column("neighbor", "f4", "pixel", "distance to the nearest original or injected source", "pos.angDistance"),
    Column("true_a", "f4", "pixel", "semi-major axis above the detection threshold without noise", "phys.angSize"),
    Column("true_b", "f4", "pixel", "semi-minor axis above the detection threshold without noise", "phys.angSize"),
    Column("true_theta", "f4", "deg", "angle of that shape", "pos.posAng"),
    Column("true_fwhm", "f4", "pixel", "width of the core without noise", "phys.angSize"),
)

MEASURED = (
    ("x", "f8", "pixel", "measured position"),
    ("y", "f8", "pixel", "measured position"),
    ("x_err", "f4", "pixel", "its standard error"),
    ("y_err", "f4", "pixel", "its standard error"),
    ("flux_kron", "f8", "image", "measured Kron flux"),
    ("flux_kron_err", "f8", "image", "its standard error"),
    ("fwhm", "f4", "pixel", "measured width"),
    ("a", "f4", "pixel", "measured semi-major axis"),
    ("b", "f4", "pixel", "measured semi-minor axis"),
    ("theta", "f4", "deg", "measured angle"),
    ("stellarity", "f4", "", "measured stellarity"),
)
"""Columns copied from the catalog of a method, NaN for a source that was not recovered."""


def suffix(method: str) -> str:
    """Return what is put behind the name of a column of a method."""
    return f"_{method.replace('-', '_')}"


def make_truth_rows(
    chosen: Round,
    conditions: Conditions,
    shapes: TrueShapes,
    *,
    label: str,
    first_id: int,
    neighbor: Float[np.ndarray, " source"],
) -> Catalog:
    """Put the truth of a round into rows; ids count from ``first_id``."""
    p = chosen.profiles
    count, star = len(p), p.is_star
    values = {
        "image": np.full(count, label, object), "id": first_id + np.arange(count),
        "round": np.full(count, chosen.number), "placement": np.full(count, chosen.placement, object),
        "x": p.x, "y": p.y, "flux": p.flux, "mag": conditions.zeropoint - 2.5 * np.log10(p.flux), "is_star": star,
        "half_light_radius": np.where(star, 0, p.half_light_radius), "axis_ratio": p.axis_ratio, "theta": p.theta,
        "sersic": np.where(star, 0, p.sersic), "psf_fwhm": np.full(count, conditions.fwhm), "neighbor": neighbor,
        "true_a": shapes.a, "true_b": shapes.b, "true_theta": shapes.theta, "true_fwhm": shapes.fwhm,
    }  # fmt: skip
    columns = {c.name: values[c.name] if c.dtype == "str" else values[c.name].astype(c.dtype) for c in TRUTH}
    return Catalog(TRUTH, columns)


def add_method(
    rows: Catalog,
    method: str,
    match: Match,
    *,
    detections: Catalog,
    isolated: Bool[np.ndarray, " detection"],
    true_flux: Float[np.ndarray, "band found"],
    bands: Sequence[str],
) -> Catalog:
    """Add what one method measured.

    Parameters
    ----------
    rows : Catalog
        Of the same round, in the order of ``match``.
    method : str
        Its name; columns get it as a suffix.
    match : Match
        Which detection is which source.
    detections : Catalog
        All detections.
    isolated : ndarray of bool, shape (detection,)
        From ``find_isolated``.
    true_flux : ndarray, shape (band, found)
        Noise-free flux in the Kron ellipses of the recovered sources, in the order of the rows.
    bands : sequence of str
        Names of the bands, the reference band as "".
    """
    end, found = suffix(method), match.row >= 0
    at = match.row[found]
    rows = rows.with_column(Column(f"status{end}", "str", "", "recovered, blended or missed"), match.status)
    rows = _add(rows, Column(f"distance{end}", "f4", "pixel", "detection to true position"), match.distance, found)
    for name, dtype, unit, words in MEASURED:
        rows = _add(rows, Column(f"{name}{end}", dtype, unit, words), detections[name][at], found)
    rows = _add(rows, Column(f"flags{end}", "i8", "", "bit flags of the detection"), detections["flags"][at], found)
    rows = _add(
        rows,
        Column(f"isolated{end}", "bool", "", "unflagged, alone in its Kron circle, away from others"),
        isolated[at],
        found,
    )
    for band, truth in zip(bands, true_flux, strict=True):
        inside = Column(f"flux_inside{band}{end}", "f8", "image", "true flux in the measured Kron ellipse")
        rows = _add(rows, inside, truth, found)
        if band:
            for name in (f"flux_kron{band}", f"flux_kron_err{band}"):
                rows = _add(
                    rows, Column(f"{name}{end}", "f8", "image", f"in band {band[1:]}"), detections[name][at], found
                )
    return rows


def find_isolated(detections: Catalog, *, original: Catalog, gap: float) -> Bool[np.ndarray, " detection"]:
    """Tell which new detections carry no flag of their own, hide no known source and stay away from all others.

    Parameters
    ----------
    detections : Catalog
        All detections of an image.
    original : Catalog
        What the method found on the image as it is: a detection with one of these in its Kron circle has swallowed it,
        or is it.
    gap : float
        Further distance that must lie between two circles [pixel].
    """
    flags = detections["flags"].astype(np.int64) & ~np.int64(IMAGE_WIDE)
    at = np.stack([detections["x"], detections["y"]], axis=1).astype(float)
    reach = detections["kron_radius"].astype(float) * detections["a"]
    known = np.isfinite(at).all(axis=1) & np.isfinite(reach)
    alone: np.ndarray = known & (flags == 0)
    rows = np.flatnonzero(known)
    alone[known] &= ~_hold_any(at[rows], reach[rows], original)
    small = rows[reach[rows] <= 3 * np.median(reach[rows])] if len(rows) else rows
    for one in np.setdiff1d(rows, small):
        near = np.hypot(*(at[rows] - at[one]).T) < reach[rows] + reach[one] + gap
        near[rows == one] = False
        alone[rows[near]] = False
        alone[one] &= not near.any()
    if len(small) > 1:
        pairs = small[cKDTree(at[small]).query_pairs(2 * reach[small].max() + gap, output_type="ndarray")]
        close = np.hypot(*(at[pairs[:, 0]] - at[pairs[:, 1]]).T) < reach[pairs].sum(axis=1) + gap
        alone[pairs[close].ravel()] = False
    return alone


def _hold_any(
    at: Float[np.ndarray, "circle 2"], reach: Float[np.ndarray, " circle"], original: Catalog
) -> Bool[np.ndarray, " circle"]:
    """Tell which circles hold the position of a source."""
    places = _stack_known(original)
    if len(places) == 0 or len(at) == 0:
        return np.zeros(len(at), bool)
    nearest, _ = cKDTree(places).query(at)
    held: np.ndarray = nearest < reach
    return held


def _stack_known(catalog: Catalog) -> Float[np.ndarray, "source 2"]:
    """Positions of the sources that have one."""
    places = np.stack([catalog["x"], catalog["y"]], axis=1).astype(float)
    return places[np.isfinite(places).all(axis=1)]


def measure_neighbors(
    x: Float[np.ndarray, " source"], y: Float[np.ndarray, " source"], original: Catalog
) -> Float[np.ndarray, " source"]:
    """Distance from each injected source to the nearest original or other injected one [pixel], infinite if none."""
    own = np.stack([x, y], axis=1)
    others = _stack_known(original)
    distance = np.full(len(x), np.inf)
    if len(own) > 1:
        distance = cKDTree(own).query(own, 2)[0][:, 1]
    if len(others) and len(own):
        distance = np.minimum(distance, cKDTree(others).query(own)[0])
    return distance


def _add(rows: Catalog, column: Column, values: np.ndarray, found: Bool[np.ndarray, " source"]) -> Catalog:
    """Add a column whose values are known for the recovered sources."""
    if len(values) == len(found):
        filled = values.astype(column.dtype)
    else:
        filled = np.full(len(found), np.nan if column.dtype.startswith("f") else 0).astype(column.dtype)
        filled[found] = values
    return rows.with_column(column, filled)

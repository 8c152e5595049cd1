"""Classes of simulated sources, by what was drawn."""

import numpy as np
from jaxtyping import Int
from scipy.spatial import cKDTree

from skysieve.records import Catalog
from skysieve.simulate import Scene

CLASSES = ("star", "spheroid", "disk", "edge_on", "irregular", "blend")
"""Point; bulge-dominated or of a large Sersic index; smooth disk; thin disk; disk with knots; two objects at least."""

LEAST_SHARE, BLEND_SHARE = 0.3, 0.25
"""A source is the brightest object in it, of this share of its flux; another of this share of that makes a blend."""

STEEP, KNOTTY, THIN = 2.5, 0.2, 0.35
"""Sersic index of a spheroid, share of light in knots of an irregular galaxy, axis ratio of a disk from its edge."""


def classify_objects(truth: Catalog) -> Int[np.ndarray, " object"]:
    """Return the class of each simulated object by its number in ``CLASSES``, as if it were alone."""
    star = truth["kind"] == "star"
    index = np.nan_to_num(truth["sersic"], nan=1.0)
    spheroid = (truth["bulge_fraction"] > 0.5) | ((truth["bulge_fraction"] == 0) & (index >= STEEP))
    irregular, thin = truth["clumpiness"] > KNOTTY, truth["axis_ratio"] < THIN
    kinds = [star, spheroid, irregular, thin]
    names = [CLASSES.index(name) for name in ("star", "spheroid", "irregular", "edge_on")]
    return np.select(kinds, names, default=CLASSES.index("disk"))


def classify_sources(catalog: Catalog, scene: Scene) -> Int[np.ndarray, " source"]:
    """Return the class of each measured source; -1 where no object has a third of its flux.

    Notes
    -----
    Objects within 0.7 FWHM of the source's center, or half its half-light radius, belong to it; it is a blend when
    another object within 1.5 FWHM has a quarter of the brightest one's flux.
    """
    label = np.full(len(catalog), -1)
    truth, band = scene.truth, scene.detector.bands[scene.detector.reference].name
    if not len(truth) or not len(catalog):
        return label
    fwhm = scene.psf[band].fwhm
    kinds, flux = classify_objects(truth), truth[f"flux_{band}"]
    tree = cKDTree(np.column_stack([truth["x"], truth["y"]]))
    places = np.column_stack([catalog["x"], catalog["y"]])
    radius = np.maximum(0.7 * fwhm, 0.5 * np.nan_to_num(catalog["flux_radius"], nan=0.0))
    cores, around = tree.query_ball_point(places, radius), tree.query_ball_point(places, np.maximum(1.5 * fwhm, radius))
    for row, (core, near) in enumerate(zip(cores, around, strict=True)):
        if not core:
            continue
        best = max(core, key=lambda one: flux[one])
        if flux[best] > LEAST_SHARE * catalog["flux_kron"][row]:
            second = max((flux[one] for one in near if one != best), default=0.0)
            label[row] = CLASSES.index("blend") if second > BLEND_SHARE * flux[best] else kinds[best]
    return label

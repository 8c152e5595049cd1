"""The light of many objects, in pixels: what is to be drawn, before any point-spread function."""

from dataclasses import dataclass, field, fields

import numpy as np
from jaxtyping import Bool, Float, Int


@dataclass(frozen=True)
class Profiles:
    """Stars and galaxies as columns of equal length; a star leaves the shape columns unread.

    Parameters
    ----------
    x, y : ndarray, shape (object,)
        Centers [pixel], 0-based; they may lie outside of the image.
    flux : ndarray, shape (object,)
        Total flux [image unit].
    is_star : ndarray, shape (object,)
        Whether the object is a point.
    half_light_radius : ndarray, shape (object,)
        Radius along the major axis that holds half the light of the whole galaxy, before the PSF [pixel].
    axis_ratio : ndarray, shape (object,)
        Minor over major axis, in (0, 1].
    theta : ndarray, shape (object,)
        Major axis [deg], from +x toward +y.
    sersic : ndarray, shape (object,)
        Index of a one-component galaxy; rounded to steps of 0.25 between 0.5 and 6.
    bulge_fraction : ndarray, shape (object,)
        Where positive, the galaxy is a bulge (index 4) with this share of the light, and a disk (index 1).
    clumpiness : ndarray, shape (object,)
        Share of the light that sits in knots strewn like an exponential disk, in [0, 1].
    seed : ndarray, shape (object,)
        Fixes where the knots are.
    stamp : ndarray, shape (object,)
        Row of the real galaxy to draw instead of a profile, -1 for none.

    Raises
    ------
    ValueError
        If a galaxy has no positive radius or an axis ratio outside of (0, 1].

    Notes
    -----
    The columns from ``half_light_radius`` on default to a round exponential disk of one pixel.
    """

    x: Float[np.ndarray, " object"]
    y: Float[np.ndarray, " object"]
    flux: Float[np.ndarray, " object"]
    is_star: Bool[np.ndarray, " object"]
    half_light_radius: Float[np.ndarray, " object"] = field(default_factory=lambda: np.ones(0))
    axis_ratio: Float[np.ndarray, " object"] = field(default_factory=lambda: np.ones(0))
    theta: Float[np.ndarray, " object"] = field(default_factory=lambda: np.zeros(0))
    sersic: Float[np.ndarray, " object"] = field(default_factory=lambda: np.ones(0))
    bulge_fraction: Float[np.ndarray, " object"] = field(default_factory=lambda: np.zeros(0))
    clumpiness: Float[np.ndarray, " object"] = field(default_factory=lambda: np.zeros(0))
    seed: Int[np.ndarray, " object"] = field(default_factory=lambda: np.zeros(0, np.int64))
    stamp: Int[np.ndarray, " object"] = field(default_factory=lambda: np.full(0, -1))

    def __post_init__(self) -> None:
        count = len(self.x)
        for name, value in DEFAULTS.items():
            if len(getattr(self, name)) == 0 < count:
                object.__setattr__(self, name, np.full(count, value))
        galaxy = ~self.is_star
        if not (self.half_light_radius[galaxy] > 0).all():
            raise ValueError("profiles: a galaxy's half_light_radius is not positive; give pixels along its major axis")
        if not ((self.axis_ratio[galaxy] > 0) & (self.axis_ratio[galaxy] <= 1)).all():
            raise ValueError("profiles: a galaxy's axis_ratio lies outside of (0, 1]; give minor over major axis")

    def __len__(self) -> int:
        return len(self.x)

    def take(self, rows: np.ndarray | slice) -> "Profiles":
        """Return the objects of a boolean mask, an index array or a slice, in that order."""
        return Profiles(*(getattr(self, one.name)[rows] for one in fields(self)))

    def join(self, other: "Profiles") -> "Profiles":
        """Return these objects followed by others."""
        pairs = ((getattr(self, one.name), getattr(other, one.name)) for one in fields(self))
        return Profiles(*(np.concatenate(pair) for pair in pairs))


DEFAULTS = {
    "half_light_radius": 1.0, "axis_ratio": 1.0, "theta": 0.0, "sersic": 1.0, "bulge_fraction": 0.0,
    "clumpiness": 0.0, "seed": 0, "stamp": -1,
}  # fmt: skip

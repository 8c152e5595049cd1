"""Elliptical apertures: where they are, how large, and to which source each belongs."""

from dataclasses import dataclass, fields

import numpy as np
from jaxtyping import Float, Int


@dataclass(frozen=True)
class Ellipses:
    """Positions [pixel, in the scene], semi-axes [pixel], angles [rad] and labels of sources."""

    x: Float[np.ndarray, " source"]
    y: Float[np.ndarray, " source"]
    a: Float[np.ndarray, " source"]
    b: Float[np.ndarray, " source"]
    theta: Float[np.ndarray, " source"]
    label: Int[np.ndarray, " source"]

    def scaled(self, factor: Float[np.ndarray, " source"]) -> "Ellipses":
        """Return ellipses with both semi-axes multiplied."""
        return Ellipses(self.x, self.y, self.a * factor, self.b * factor, self.theta, self.label)

    def take(self, rows: np.ndarray) -> "Ellipses":
        """Return the rows of a mask or of an index array."""
        return Ellipses(*(getattr(self, field.name)[rows] for field in fields(self)))

    def rounded(self, radius: float) -> "Ellipses":
        """Return circles of one radius [pixel] at the same places."""
        same = np.full(len(self.x), float(radius))
        return Ellipses(self.x, self.y, same, same, np.zeros(len(self.x)), self.label)


def measure_elliptical_radius(
    ellipses: Ellipses, at: np.ndarray, *, dx: np.ndarray, dy: np.ndarray
) -> Float[np.ndarray, " offset"]:
    """Elliptical radius of offsets [pixel] from the centers of the ellipses ``at``: 1 on the ellipse itself."""
    cosine, sine = np.cos(ellipses.theta)[at], np.sin(ellipses.theta)[at]
    major, minor = dx * cosine + dy * sine, dy * cosine - dx * sine
    radius: np.ndarray = np.hypot(major / ellipses.a[at], minor / ellipses.b[at])
    return radius

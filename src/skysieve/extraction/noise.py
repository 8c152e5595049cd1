"""The noise of every pixel of a window, from weights or from the smooth background mesh; and of sums over pixels."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from skysieve.extraction.background import BackgroundMesh, evaluate_mesh, evaluate_mesh_at

ROWS_AT_ONCE = 256

LARGEST = 128.0**2
"""Beyond this area [pixel] the excess stays: no aperture is as large as several cells of the background."""


LEAST_FACTOR = 0.5
"""The circumference takes no more than half of the variance of an aperture, however small."""


@dataclass(frozen=True)
class NoiseMap:
    """Standard deviation of one pixel anywhere in a window [image unit].

    ``plane`` holds it pixel by pixel where a weight plane was given; without one the mesh is evaluated where needed,
    so that no image-sized array is kept.
    """

    mesh: BackgroundMesh
    window: tuple[slice, slice]
    plane: Float[np.ndarray, "y x"] | None

    def rows(self, start: int, stop: int) -> Float[np.ndarray, "y x"]:
        """Noise of some rows of the window."""
        if self.plane is not None:
            return self.plane[start:stop]
        first = self.window[0].start
        return evaluate_mesh(self.mesh.rms, self.mesh, rows=slice(first + start, first + stop), columns=self.window[1])

    def at(self, x: np.ndarray, y: np.ndarray) -> Float[np.ndarray, " source"]:
        """Noise at positions in the window [pixel]; beyond its border as on it."""
        if self.plane is not None:
            rows = np.clip(np.rint(y).astype(int), 0, self.plane.shape[0] - 1)
            columns = np.clip(np.rint(x).astype(int), 0, self.plane.shape[1] - 1)
            return self.plane[rows, columns].astype(float)
        rows, columns = self.window
        return evaluate_mesh_at(self.mesh.rms, self.mesh, x=x + float(columns.start), y=y + float(rows.start))


@dataclass(frozen=True)
class NoiseGrowth:
    """Variance of a sum over ``area`` pixels in units of that of as many independent pixels, at rising areas.

    One everywhere for white noise of the measured standard deviation. ``edge`` is what each pixel of an aperture's
    circumference takes off its variance, in pixels; ``halo`` and ``removed`` are the shares of neighbors' light, in
    their wings and in what was mirrored away, that count as standard error.
    """

    area: Float[np.ndarray, " size"]
    excess: Float[np.ndarray, " size"]
    edge: float = 0.0
    halo: float = 0.0
    removed: float = 0.0

    def scale(
        self,
        variance: Float[np.ndarray, " source"],
        *,
        area: Float[np.ndarray, " source"],
        around: Float[np.ndarray, " source"],
    ) -> Float[np.ndarray, " source"]:
        """Turn the variance of independent whole pixels into that of apertures of some areas and circumferences."""
        factor = self.at(area) - self.edge * around / np.maximum(area, 1)
        return variance * np.maximum(factor, LEAST_FACTOR)

    def at(self, area: Float[np.ndarray, " source"] | Int[np.ndarray, " source"]) -> Float[np.ndarray, " source"]:
        """Excess variance of apertures of some areas [pixel]; NaN areas give NaN."""
        known, excess = np.log(self.area), np.log(self.excess)
        wanted = np.log(np.clip(area, 1, LARGEST))
        found = np.interp(wanted, known, excess)
        if len(known) > 1:
            slope = (excess[-1] - excess[-2]) / (known[-1] - known[-2])
            found += slope * np.maximum(wanted - known[-1], 0)
        return np.exp(found)


WHITE = NoiseGrowth(np.ones(1), np.ones(1))
"""Independent pixels."""


def find_above(
    values: Float[np.ndarray, "y x"], noise: NoiseMap, *, threshold: float, bad: Bool[np.ndarray, "y x"]
) -> Bool[np.ndarray, "y x"]:
    """Tell which good pixels exceed ``threshold`` times their noise; pixels of zero noise never do."""
    above = np.empty(values.shape, bool)
    for start in range(0, len(values), ROWS_AT_ONCE):
        stop = min(start + ROWS_AT_ONCE, len(values))
        sigma = noise.rows(start, stop)
        above[start:stop] = (values[start:stop] > np.float32(threshold) * sigma) & ~bad[start:stop] & (sigma > 0)
    return above


def gather_noise(
    noise: NoiseMap, x: Int[np.ndarray, " pixel"], y: Int[np.ndarray, " pixel"], *, start: Int[np.ndarray, " source"]
) -> Float[np.ndarray, " pixel"]:
    """Noise of the pixels of footprints that begin at ``start``.

    From the plane pixel by pixel; from the mesh, which hardly changes within a source, at each source's first pixel.
    """
    if noise.plane is not None:
        return noise.plane[y, x]
    first = noise.at(x[start].astype(float), y[start].astype(float)).astype(np.float32)
    return np.repeat(first, np.diff(start, append=len(x)))

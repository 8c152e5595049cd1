"""What goes wrong with the sky: clouds, moonlight, fringes, scattered light; patterns over the whole focal plane."""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32

BEND = 3
"""Waves in the phase of fringes and in the edge of scattered light."""


@dataclass(frozen=True)
class Window:
    """Which part of the focal plane a detector sees.

    ``x``, ``y`` is the place of its first pixel and ``scale`` the side of a pixel, in units of the focal plane's side;
    ``shape`` its rows and columns [pixel].
    """

    x: float
    y: float
    scale: float
    shape: tuple[int, int]

    def make_grid(self, step: int = 1) -> tuple[Float[np.ndarray, "1 x"], Float[np.ndarray, "y 1"]]:
        """Return the places of every `step`-th pixel, between 0 and 1 on the focal plane."""
        rows, columns = self.shape
        return (
            self.x + self.scale * np.arange(0, columns, step)[None],
            self.y + self.scale * np.arange(0, rows, step)[:, None],
        )


def make_moonlight(seed: int, window: Window) -> Float32[np.ndarray, "y x"]:
    """Return a gradient of moonlight: from 0 at the darkest to about 1 at the brightest point of the focal plane.

    The moon's light falls off exponentially with distance, so the gradient is steeper on its side.
    """
    rng = np.random.default_rng([seed, 1])
    angle, steepness = rng.uniform(0, 2 * np.pi), rng.uniform(0.5, 2.0)
    x, y = window.make_grid()
    along = ((x - 0.5) * np.cos(angle) + (y - 0.5) * np.sin(angle)) / np.sqrt(2) + 0.5
    return np.asarray(np.expm1(steepness * along) / np.expm1(steepness), np.float32)


def make_fringes(seed: int, window: Window, *, spacing: float) -> Float32[np.ndarray, "y x"]:
    """Return fringes between -1 and 1: contours of a detector's thickness, lit by the lines of the night sky.

    Parameters
    ----------
    spacing : float
        Mean distance from one bright fringe to the next [pixel].
    """
    rng = np.random.default_rng([seed, 2])
    rows, columns = window.shape
    y = (np.arange(rows, dtype=np.float32) / rows)[:, None]
    x = (np.arange(columns, dtype=np.float32) / columns)[None]
    turns = max(rows, columns) / spacing
    angle = rng.uniform(0, 2 * np.pi)
    phase = turns * (x * math.cos(angle) + y * math.sin(angle))
    for wave in range(1, BEND + 1):
        kx, ky, start = wave * rng.normal(), wave * rng.normal(), rng.uniform(0, 2 * np.pi)
        phase = phase + 0.25 * turns / wave**2 * np.sin(2 * np.pi * (kx * x + ky * y) + start)
    sharp = np.sin(2 * np.pi * phase) + 0.3 * np.sin(4 * np.pi * phase + 1)
    return np.asarray(sharp / 1.25, np.float32)


def make_scattered_light(seed: int, window: Window) -> Float32[np.ndarray, "y x"]:
    """Return light of a bright star off the axis, of the order of 1: ghosts (the mirror out of focus) and a beam."""
    rng = np.random.default_rng([seed, 3])
    x, y = window.make_grid()
    light = np.zeros(window.shape)
    for _ in range(int(rng.integers(1, 4))):
        cx, cy, radius = rng.uniform(0, 1), rng.uniform(0, 1), rng.uniform(0.1, 0.4)
        distance = np.hypot(x - cx, y - cy)
        edge = radius * 0.03
        ring = _step((radius - distance) / edge) * _step((distance - 0.35 * radius) / edge)
        light += rng.uniform(0.4, 1.0) * ring
    angle, offset, width = rng.uniform(0, np.pi), rng.uniform(-0.4, 0.4), rng.uniform(0.02, 0.1)
    across = (x - 0.5) * np.sin(angle) - (y - 0.5) * np.cos(angle) - offset
    light += rng.uniform(0.2, 0.8) * np.exp(-0.5 * (across / width) ** 2)
    return np.asarray(light, np.float32)


def make_clouds(seed: int, window: Window, *, largest: float = 1.0) -> Float32[np.ndarray, "y x"]:
    """Return extinction by clouds relative to its mean: a random field of mean about 1, never negative.

    Parameters
    ----------
    largest : float
        Size of the largest structure, in units of the focal plane's side.

    Notes
    -----
    A sum of waves whose amplitude falls with wave number as in the power spectrum k^(-11/3) of turbulence, smeared as
    the cloud drifts during the exposure.
    """
    rng = np.random.default_rng([seed, 4])
    step = max(1, min(window.shape) // 64)
    x, y = window.make_grid(step)
    field = np.zeros((y.size, x.size))
    power = 0.0
    for _ in range(60):
        number = 2 ** rng.uniform(0, 4) / largest
        angle, start = rng.uniform(0, 2 * np.pi), rng.uniform(0, 2 * np.pi)
        amplitude = number ** (-5 / 6)
        field += amplitude * np.cos(2 * np.pi * number * (x * np.cos(angle) + y * np.sin(angle)) + start)
        power += amplitude**2 / 2
    cloud = np.exp(0.4 * field / np.sqrt(power) - 0.08)
    return _enlarge(cloud, step, window.shape)


def make_vignetting(window: Window, *, loss: float) -> Float32[np.ndarray, "y x"]:
    """Return the share of light that arrives: 1 in the middle of the focal plane, `loss` less in its corners."""
    x, y = window.make_grid()
    return np.asarray(1 - loss * 2 * ((x - 0.5) ** 2 + (y - 0.5) ** 2), np.float32)


def make_trail(
    seed: int, window: Window, *, width: float, blinking: bool = False
) -> Float32[np.ndarray, "y x"]:  # fmt: skip
    """Return the trail of a satellite (or, blinking, of an airplane) through the window, 1 along its middle.

    Parameters
    ----------
    width : float
        FWHM across the trail [pixel].
    """
    rng = np.random.default_rng([seed, 5])
    rows, columns = window.shape
    angle = rng.uniform(0, np.pi)
    px, py = rng.uniform(0.2, 0.8) * columns, rng.uniform(0.2, 0.8) * rows
    x, y = np.arange(columns)[None] - px, np.arange(rows)[:, None] - py
    across, along = x * np.sin(angle) - y * np.cos(angle), x * np.cos(angle) + y * np.sin(angle)
    trail = np.exp(-4 * np.log(2) * (across / width) ** 2)
    if blinking:
        trail = trail * (0.3 + 0.7 * (np.sin(2 * np.pi * along / rng.uniform(60, 200)) > 0.8))
    return np.asarray(trail, np.float32)


def _step(value: np.ndarray) -> np.ndarray:
    return np.asarray(0.5 * (1 + np.tanh(value)))


def _enlarge(coarse: np.ndarray, step: int, shape: tuple[int, int]) -> Float32[np.ndarray, "y x"]:
    """Interpolate a coarse map linearly to all pixels."""
    rows, columns = (np.arange(side) / step for side in shape)
    wide = np.stack([np.interp(columns, np.arange(coarse.shape[1]), line) for line in coarse])
    lower = np.minimum(rows.astype(int), coarse.shape[0] - 1)
    upper = np.minimum(lower + 1, coarse.shape[0] - 1)
    share = (rows - lower)[:, None]
    return np.asarray(wide[lower] * (1 - share) + wide[upper] * share, np.float32)

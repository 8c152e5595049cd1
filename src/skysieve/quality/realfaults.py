"""Faults of known size for a real frame: found by what they do to its PSF, its light and its sky."""

import math
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

import numpy as np
from jaxtyping import Float
from pydantic import Field
from scipy.optimize import brentq

from skysieve.config import STRICT
from skysieve.quality.detectors import DetectorRecipe
from skysieve.quality.frames import GoodFrame
from skysieve.quality.labels import CAUSES, EXCESS, LimitsRecipe, choose_causes, measure_excess
from skysieve.simulate import FaultRecipe
from skysieve.simulate.degrading import measure_relative_noise, plan_degradation
from skysieve.simulate.faults import PATHS

Kind = Literal["bt", "rbt", "seeing", "clouds", "glow", "moonlight", "fringes", "scattered", "focus", "trail", "gain"]
Positive = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(ge=0)]

SETTINGS: dict[str, tuple[str, str, float, float]] = {
    "bt": ("tracking", "tracking_size", 0.05, 20.0),
    "rbt": ("tracking", "tracking_size", 0.05, 20.0),
    "seeing": ("bseeing", "seeing", 1.001, 5.0),
    "clouds": ("bseeing", "extinction", 1e-3, 10.0),
    "glow": ("bgp", "glow", 1e-3, 1e3),
    "moonlight": ("bgp", "moonlight", 1e-3, 1e4),
    "fringes": ("bgp", "fringes", 1e-6, 1.0),
    "scattered": ("bgp", "scattered", 1e-6, 1e2),
    "focus": ("focus", "defocus", 0.5, 12.0),
}
"""Of each kind of fault: which excess it makes, by which setting of `FaultRecipe`, and the range of that."""

UNTRAINED = {"trail": "trail", "gain": "other"}
"""Causes of kinds that no limit is for."""

FULL = 0.5
"""Share of the saturation to which light may be added, so that pixels still tell of the sky."""

TRAIL, GAIN = 0.3, 0.05
"""Brightness of a trail over the sky's, and error of a gain, that count as size 1; no limit says when they ruin."""


@dataclass(frozen=True)
class DegradeRecipe:
    """What is put into each real frame.

    Parameters
    ----------
    kinds : tuple of str
        Of faults.
    draws : int
        Of each kind, for each frame.
    good : int
        Draws that stay good: the frame as it is, then with faults of ``harmless`` sizes.
    sizes, harmless : tuple of float
        Ranges of sizes in units of the limit at which the kind ruins an exposure, uniform in the logarithm. Bad
        tracking stays below the limit of really bad tracking.
    hidden : float
        Share of the draws of which the usual sky is not told, and, drawn apart, the usual zeropoint.
    limits, detector
        As in training.
    seed : int
        The same seed gives the same bits for a frame, whichever others there are.
    """

    __pydantic_config__ = STRICT

    kinds: tuple[Kind, ...] = ("bt", "rbt", "seeing", "clouds", "glow", "moonlight", "fringes", "scattered")
    draws: Count = 2
    good: Count = 6
    sizes: tuple[Positive, Positive] = (1.5, 3.0)
    harmless: tuple[Positive, Positive] = (0.05, 0.5)
    hidden: Annotated[float, Field(ge=0, le=1)] = 0.0
    limits: LimitsRecipe = field(default_factory=LimitsRecipe)
    detector: DetectorRecipe = field(default_factory=DetectorRecipe)
    seed: Annotated[int, Field(ge=0)] = 0


def draw_faults(
    rng: np.random.Generator, kind: str, target: float, *, frame: GoodFrame, seed: int,
                limits: LimitsRecipe) -> FaultRecipe:  # fmt: skip
    """Find the fault that is so many times its limit in a frame, for the path, clouds and moon of a seed.

    Returns
    -------
    FaultRecipe
        With this fault alone; a smaller one where the camera would saturate, or the range of the setting ends.
    """
    if kind in {"trail", "gain"}:
        trail = FaultRecipe(trails=1, trail_level=TRAIL * target)
        return trail if kind == "trail" else FaultRecipe(gain_error=1 + GAIN * target)
    column, name, least, most = SETTINGS[kind]
    path = str(rng.choice(list(PATHS), p=[0.5, 0.25, 0.25]))

    def make(log: float) -> FaultRecipe:
        settings: dict[str, Any] = {"tracking": path, name: math.exp(log)}
        return FaultRecipe(**settings)

    def miss(log: float) -> float:
        return _measure_excess(make(log), frame, seed=seed, limits=limits)[column] - target

    if name in {"glow", "moonlight"}:
        full = frame.detector.bands[0].calibration.saturation
        most = min(most, FULL * full / frame.sky.brightness) if full > 0 else most
    low, high = math.log(least), math.log(most)
    return make(high if miss(high) < 0 else low if miss(low) > 0 else brentq(miss, low, high, xtol=5e-3))


def _measure_excess(faults: FaultRecipe, frame: GoodFrame, *, seed: int, limits: LimitsRecipe) -> dict[str, float]:
    plan = plan_degradation(faults, frame.detector.shape, fwhm=frame.fwhm, seed=seed, exptime=1.0)
    return measure_excess(plan.truth, limits, noise=measure_relative_noise(frame.sky, plan.truth.sky))


def list_draws(rng: np.random.Generator, recipe: DegradeRecipe) -> list[tuple[str, float]]:
    """Return kind and size over its limit of each draw from a frame; a size of 0 leaves the frame as it is."""
    severe = math.log(recipe.limits.severe) / math.log(recipe.limits.tracking)
    bounds = dict.fromkeys(recipe.kinds, recipe.sizes) | {
        "bt": (recipe.sizes[0], min(recipe.sizes[1], 0.9 * severe)),
        "rbt": (recipe.sizes[0] * severe, recipe.sizes[1] * severe),
    }
    draws: list[tuple[str, float]] = [("glow", 0.0)] * min(recipe.good, 1)
    for _ in range(recipe.good - 1):
        kind = str(rng.choice([one for one in recipe.kinds if one not in {"rbt", *UNTRAINED}] or ["glow"]))
        draws.append((kind, _draw_log(rng, recipe.harmless)))
    return draws + [(kind, _draw_log(rng, bounds[kind])) for kind in recipe.kinds for _ in range(recipe.draws)]


def _draw_log(rng: np.random.Generator, bounds: tuple[float, float]) -> float:
    return float(np.exp(rng.uniform(*np.log(bounds))))


def label_faults(
    kind: str, faults: FaultRecipe, frame: GoodFrame, *, seed: int, limits: LimitsRecipe
) -> tuple[int, Float[np.ndarray, "4"]]:
    """Return the number of the cause that the fault is, and the sizes of all faults over their limits."""
    sizes = _measure_excess(faults, frame, seed=seed, limits=limits)
    excess = np.array([sizes[one] for one in EXCESS], np.float32)
    if kind in UNTRAINED:
        return CAUSES.index(UNTRAINED[kind]), excess
    return int(choose_causes(excess[None].astype(float), limits)[0]), excess

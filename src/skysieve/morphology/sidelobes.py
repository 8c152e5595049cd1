"""How likely a component is a sidelobe: from its neuron, from what surrounds it, and from both."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int, Real
from scipy.optimize import minimize
from scipy.special import betaln
from scipy.stats import beta
from sklearn.linear_model import LogisticRegression

from skysieve.records import Catalog, Column

NULL = -1.0
"""The probability where none is determined."""

LIMIT = 3.0
"""Components that outshine their surroundings by this factor are not looked at (Vantyghem et al. 2024, section 8.2)."""

SPREAD = np.linspace(-6.0, 6.0, 13)
"""Natural logarithms of prior strengths that the fit starts from."""


@dataclass(frozen=True, eq=False)
class NeuronOdds:
    """What the inspected images of each neuron say of all its images.

    Attributes
    ----------
    probability
        That an image of the neuron shows a sidelobe; -1 where none was inspected.
    low, high
        Ends of the interval that holds it with 68 %; NaN where none was inspected.
    inspected, sidelobes
        Images looked at, and sidelobes among them; means over several people need not be whole.
    prior
        Sidelobes and others that each neuron is given beforehand.
    """

    probability: Float[np.ndarray, " neuron"]
    low: Float[np.ndarray, " neuron"]
    high: Float[np.ndarray, " neuron"]
    inspected: Float[np.ndarray, " neuron"]
    sidelobes: Float[np.ndarray, " neuron"]
    prior: tuple[float, float]


@dataclass(frozen=True, eq=False)
class SidelobeModel:
    """Odds of neurons and peak-to-ring ratios combined: logit p = a + b logit p_neuron + c ln(peak to ring)."""

    odds: NeuronOdds
    intercept: float
    slope_neuron: float
    slope_ring: float


def measure_peak_to_ring(
    images: Real[np.ndarray, "image y x"],
    *,
    pixel_scale: float,
    inner: float = 5.0,
    outer: float = 10.0,
    offset: Float[np.ndarray, "image 2"] | None = None,
) -> Float[np.ndarray, " image"]:
    """Divide the brightest pixel at a component by the brightest one in the ring around it.

    Parameters
    ----------
    images
        Cutouts as observed, not prepared; NaN pixels do not count.
    pixel_scale
        [arcsec].
    inner, outer
        Radii of the ring [arcsec]; the component is what lies within the inner one.
    offset
        Column and row of each component, from the middle of its cutout [pixel]; 0 by default.

    Returns
    -------
    Float[np.ndarray, " image"]
        Infinite where nothing in the ring is positive; NaN where the component or the ring has no pixel.

    Raises
    ------
    ValueError
        If the radii do not ascend, or the cutouts do not hold the ring.

    Notes
    -----
    Vantyghem et al. (2024), section 8.1; Gordon et al. (2021), section 2.3.

    Examples
    --------
    >>> image = np.ones((1, 23, 23))
    >>> image[0, 11, 11] = 4
    >>> measure_peak_to_ring(image, pixel_scale=1.0)
    array([4.])
    """
    height, width = images.shape[1:]
    if not 0 < inner < outer:
        raise ValueError(f"inner = {inner}, outer = {outer}: wanted are radii [arcsec] of which the second is larger")
    if 2 * outer / pixel_scale > min(height, width) - 1:
        raise ValueError(
            f"outer = {outer} arcsec: cutouts of {min(height, width)} pixels of {pixel_scale} arcsec do not hold the "
            "ring; cut larger ones"
        )
    y, x = np.indices((height, width)) - np.array([(height - 1) / 2, (width - 1) / 2])[:, None, None]
    shift = np.zeros((len(images), 2)) if offset is None else offset
    ratio = np.full(len(images), np.nan)
    for row, image in enumerate(images):
        radius = np.hypot(x - shift[row, 0], y - shift[row, 1]) * pixel_scale
        known = np.isfinite(image)
        near, ring = image[known & (radius <= inner)], image[known & (radius > inner) & (radius <= outer)]
        if len(near) and len(ring):
            ratio[row] = near.max() / ring.max() if ring.max() > 0 else np.inf
    return ratio


def count_by_neuron(
    bmu: Int[np.ndarray, " image"], sidelobe: Bool[np.ndarray, " image"], *, n_neurons: int
) -> tuple[Float[np.ndarray, " neuron"], Float[np.ndarray, " neuron"]]:
    """Count the labeled sidelobes of each neuron, and all labeled images; images without a neuron (-1) do not count."""
    known = bmu >= 0
    inspected = np.bincount(bmu[known], minlength=n_neurons).astype(np.float64)
    return np.bincount(bmu[known & sidelobe], minlength=n_neurons).astype(np.float64), inspected


def estimate_odds(
    sidelobes: Real[np.ndarray, " neuron"],
    inspected: Real[np.ndarray, " neuron"],
    *,
    prior: tuple[float, float] | None = None,
) -> NeuronOdds:
    """Estimate the probability of each neuron from counts.

    Parameters
    ----------
    sidelobes, inspected
        From `count_by_neuron`, or counted by people in samples of each neuron (their means where several counted).
    prior
        Sidelobes and others beforehand, each above 0; by default fitted to the counts of all neurons, so that neurons
        of which little is known are near to what neurons are like in general.

    Raises
    ------
    ValueError
        If more sidelobes than images are counted, or the prior is not positive.

    Notes
    -----
    The mean and the quantiles of the posterior, a beta distribution; the prior is the beta distribution under which
    the counts are most likely (beta-binomial). With ``prior=(1, 1)`` the mean is Laplace's rule.

    Examples
    --------
    >>> odds = estimate_odds(np.array([8, 0, 0]), np.array([10, 3, 0]), prior=(1.0, 1.0))
    >>> odds.probability
    array([ 0.75,  0.2 , -1.  ])
    """
    k, n = (np.asarray(counts, np.float64) for counts in (sidelobes, inspected))
    if (k < 0).any() or (k > n).any():
        row = int(np.argmax((k < 0) | (k > n)))
        raise ValueError(f"neuron {row}: {k[row]:g} sidelobes of {n[row]:g} images; wanted are from 0 to all of them")
    if prior is not None and min(prior) <= 0:
        raise ValueError(f"prior = {prior}: wanted are two numbers above 0")
    a, b = prior or _fit_prior(k[n > 0], n[n > 0])
    low, high = (np.where(n > 0, beta.ppf(q, k + a, n - k + b), np.nan) for q in (0.16, 0.84))
    return NeuronOdds(np.where(n > 0, (k + a) / (n + a + b), NULL), low, high, n, k, (float(a), float(b)))


def _fit_prior(k: Float[np.ndarray, " neuron"], n: Float[np.ndarray, " neuron"]) -> tuple[float, float]:
    """Find the beta distribution under which the counts are most likely, no narrower than e^6 images."""
    mean = (k.sum() + 0.5) / (n.sum() + 1)

    def miss(parameters: Float[np.ndarray, " 2"]) -> float:
        center, strength = 1 / (1 + np.exp(-parameters[0])), np.exp(np.clip(parameters[1], SPREAD[0], SPREAD[-1]))
        a, b = center * strength, (1 - center) * strength
        # Half a count of each keeps the center inside (0, 1) where all neurons agree.
        edge = 0.5 * (np.log(center) + np.log1p(-center))
        return -float((betaln(k + a, n - k + b) - betaln(a, b)).sum() + edge)

    start = float(np.log(mean / (1 - mean)))
    strength = min(SPREAD, key=lambda one: miss(np.array([start, one])))
    found = minimize(miss, np.array([start, strength]), method="Nelder-Mead").x
    center, total = 1 / (1 + np.exp(-found[0])), np.exp(np.clip(found[1], SPREAD[0], SPREAD[-1]))
    return float(center * total), float((1 - center) * total)


def fit_sidelobe_model(
    bmu: Int[np.ndarray, " image"],
    peak_to_ring: Float[np.ndarray, " image"],
    sidelobe: Bool[np.ndarray, " image"],
    *,
    n_neurons: int,
) -> SidelobeModel:
    """Learn from labeled images how the neuron and the peak-to-ring ratio together tell sidelobes.

    Parameters
    ----------
    bmu
        -1 for an image without a neuron, which teaches nothing.
    peak_to_ring
        Where it is not finite and positive the image teaches the neurons alone.
    sidelobe
        What a person said.

    Raises
    ------
    ValueError
        Unless both sidelobes and others are among the labeled images.

    Notes
    -----
    Logistic regression. The probability of an image's neuron is estimated without that image, lest its own label
    speaks for it.
    """
    k, n = count_by_neuron(bmu, sidelobe, n_neurons=n_neurons)
    odds = estimate_odds(k, n)
    usable = (bmu >= 0) & np.isfinite(peak_to_ring) & (peak_to_ring > 0)
    if len(set(sidelobe[usable].tolist())) < 2:
        raise ValueError("labels: both sidelobes and others are wanted among images whose peak-to-ring ratio is known")
    a, b = odds.prior
    without = (k[bmu] - sidelobe + a) / (n[bmu] - 1 + a + b)
    features = np.stack([_logit(without), np.log(np.where(usable, peak_to_ring, 1))], axis=1)[usable]
    fitted = LogisticRegression(C=10.0).fit(features, sidelobe[usable])
    return SidelobeModel(odds, float(fitted.intercept_[0]), *map(float, fitted.coef_[0]))


def measure_sidelobe_probability(
    bmu: Int[np.ndarray, " image"],
    peak_to_ring: Float[np.ndarray, " image"],
    model: NeuronOdds | SidelobeModel,
    *,
    limit: float = LIMIT,
    excluded: Bool[np.ndarray, " image"] | None = None,
) -> tuple[Float[np.ndarray, " image"], Float[np.ndarray, " image"], Float[np.ndarray, " image"]]:
    """Return the probability that each component is a sidelobe, with the ends of its 68 % interval.

    Parameters
    ----------
    bmu
        Best-matching unit of the component's image, -1 for none.
    peak_to_ring
        From `measure_peak_to_ring`.
    model
        Of neurons alone, as the paper has it, or with the peak-to-ring ratio.
    limit
        From this ratio on nothing is determined.
    excluded
        Components that are not to be judged (the paper: those that are not Gaussians, ``S_Code`` "E").

    Returns
    -------
    probability, low, high
        The probability is -1 and its ends are NaN where the ratio is unknown or not below the limit, the component is
        excluded, or of its neuron nothing is known.
    """
    odds = model.odds if isinstance(model, SidelobeModel) else model
    known = (bmu >= 0) & (peak_to_ring < limit) & (odds.inspected[bmu] > 0)
    known &= np.ones(len(bmu), bool) if excluded is None else ~excluded
    values = [odds.probability[bmu], odds.low[bmu], odds.high[bmu]]
    if isinstance(model, SidelobeModel):
        known &= peak_to_ring > 0
        ring = model.intercept + model.slope_ring * np.log(np.where(known, peak_to_ring, 1))
        values = [1 / (1 + np.exp(-ring - model.slope_neuron * _logit(np.where(known, one, 0.5)))) for one in values]
    return np.where(known, values[0], NULL), np.where(known, values[1], np.nan), np.where(known, values[2], np.nan)


def add_sidelobe_columns(
    catalog: Catalog,
    bmu: Int[np.ndarray, " row"],
    peak_to_ring: Float[np.ndarray, " row"],
    *,
    model: NeuronOdds | SidelobeModel,
    limit: float = LIMIT,
    excluded: Bool[np.ndarray, " row"] | None = None,
) -> Catalog:
    """Return a catalog with the columns peak_to_ring, p_sidelobe, p_sidelobe_low and p_sidelobe_high."""
    found = measure_sidelobe_probability(bmu, peak_to_ring, model, limit=limit, excluded=excluded)
    said = "probability that the component is a sidelobe, -1 where not determined"
    columns = (
        Column("peak_to_ring", "f8", "", "brightest pixel at the component over that in the ring around it"),
        Column("p_sidelobe", "f8", "", said, "stat.probability"),
        Column("p_sidelobe_low", "f8", "", "its 16 % quantile", "stat.min"),
        Column("p_sidelobe_high", "f8", "", "its 84 % quantile", "stat.max"),
    )
    for column, values in zip(columns, (peak_to_ring, *found), strict=True):
        catalog = catalog.with_column(column, values)
    return catalog


def _logit(probability: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
    clipped = np.clip(probability, 1e-6, 1 - 1e-6)
    return np.log(clipped / (1 - clipped))

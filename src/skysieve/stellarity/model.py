"""A trained classifier as it is applied: NumPy alone, the same numbers on every machine and number of threads."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float
from scipy.special import erf, expit, logit

from skysieve.io.shipped import find_weights
from skysieve.io.weights import ModelCard, read_weights
from skysieve.records import Catalog, Column
from skysieve.stellarity.features import FEATURES, measure_features, measure_log_snr
from skysieve.stellarity.prior import EVEN, Prior, adapt_prior
from skysieve.stellarity.recipe import ApplyRecipe
from skysieve.training import Calibrator, DomainIndex, calibrate, is_outside, read_calibrator, read_domain

CLIP = 8.0
"""Features farther than this from the training set's mean [standard deviations] count as that far."""

LIMITS = (1e-9, 1 - 1e-9)
"""Probabilities of the network are held inside."""

STELLARITY = Column(
    "stellarity", "f4", "", "probability of being a point source, calibrated", "stat.probability;src.class.starGalaxy"
)
OOD = Column("ood", "bool", "", "unlike anything that the models of this row were trained on", "meta.code.qual")

Layer = tuple[Float[np.ndarray, "_ _"], Float[np.ndarray, "_"]]


@dataclass(frozen=True)
class Model:
    """Weights with all that turns them into verdicts.

    ``layers`` with GELU between them; ``center`` and ``scale`` of the features; ``prior`` of the training fields;
    ``settling`` the gain and offset of log-odds under the prior of an image; ``example`` features and the log-odds that
    they must give.
    """

    card: ModelCard
    layers: tuple[Layer, ...]
    center: Float[np.ndarray, " feature"]
    scale: Float[np.ndarray, " feature"]
    calibrator: Calibrator
    prior: Prior
    settling: Float[np.ndarray, "2"]
    domain: DomainIndex
    example: tuple[Float[np.ndarray, "row feature"], Float[np.ndarray, " row"]]


@dataclass(frozen=True)
class Verdict:
    """Of each source the probability of being a star (NaN where unknown), and whether it is out of the domain.

    ``priors`` are those of the single images, by the name in the column ``image``.
    """

    probability: Float[np.ndarray, " source"]
    ood: Bool[np.ndarray, " source"]
    priors: Mapping[str, Prior]


def read_model(name: str) -> Model:
    """Read a classifier.

    Parameters
    ----------
    name : str
        Of shipped weights, or path of a .safetensors file.

    Raises
    ------
    ValueError
        If there are none, the file is not whole, or it belongs to another capability or to other features.
    """
    path = find_weights("stellarity", name)
    tensors, card = read_weights(path)
    if card.capability != "stellarity":
        raise ValueError(f"{path.name}: holds weights of {card.capability}; give those of stellarity")
    calibrator, domain = read_calibrator(tensors, card), read_domain(tensors, card)
    if calibrator is None or domain is None or "model.center" not in tensors or "check.output" not in tensors:
        raise ValueError(f"{path.name}: lacks its calibration, domain or check; train and export it again")
    if len(tensors["model.center"]) != len(FEATURES):
        raise ValueError(
            f"{path.name}: made for {len(tensors['model.center'])} features, this version measures {len(FEATURES)}; "
            "use weights of this version"
        )
    plain = {
        name.removeprefix("model."): value.astype(float) for name, value in tensors.items() if name[:6] == "model."
    }
    return Model(
        card, _list_layers(plain), plain["center"], plain["scale"], calibrator,
        Prior(plain["prior_coefficients"], plain["prior_covariance"]), plain["settling"], domain,
        (tensors["check.input.0"].astype(float), tensors["check.output"].astype(float)),
    )  # fmt: skip


def measure_log_odds(model: Model, features: Float[np.ndarray, "source feature"]) -> Float[np.ndarray, " source"]:
    """Run the network: log-odds among the sources of the training fields, before calibration; NaN rows give NaN."""
    signal = np.clip((features - model.center) / model.scale, -CLIP, CLIP)
    for number, (weight, bias) in enumerate(model.layers):
        if number:
            signal = 0.5 * signal * (1 + erf(signal / np.sqrt(2)))
        signal = signal @ weight + bias
    return signal[:, 0]


def judge(catalog: Catalog, model: Model, recipe: ApplyRecipe) -> Verdict:
    """Give every source of a catalog its probability of being a star.

    Parameters
    ----------
    catalog : Catalog
        From our own extraction, of one image or several.
    model : Model
        The classifier.
    recipe : ApplyRecipe
        Which prior; its ``model`` is not looked at.

    Returns
    -------
    Verdict
        NaN and out of the domain where a source has no PSF, is saturated, or has no positive flux or size. With the
        prior of the image, the verdict on a source depends on the other sources of its image.

    Raises
    ------
    ValueError
        If the catalog lacks a column.
    """
    features, log_snr = measure_features(catalog), measure_log_snr(catalog)
    outside = is_outside(model.domain, features)
    chance = calibrate(model.calibrator, measure_log_odds(model, features))
    likelihood = logit(np.clip(chance, *LIMITS)) - model.prior.log_odds(log_snr)
    probability, priors = np.full(len(catalog), np.nan), {}
    for image in dict.fromkeys(catalog["image"].tolist()):
        rows = np.flatnonzero(catalog["image"] == image)
        known = np.where(outside[rows], np.nan, likelihood[rows])
        prior = _choose_prior(model, recipe, likelihood=known, log_snr=log_snr[rows])
        gain, offset = model.settling if recipe.prior == "image" and prior is not model.prior else (1.0, 0.0)
        probability[rows] = expit(gain * (likelihood[rows] + prior.log_odds(log_snr[rows])) + offset)
        priors[str(image)] = prior
    return Verdict(probability, outside, priors)


def add_verdict(catalog: Catalog, verdict: Verdict, model: Model) -> Catalog:
    """Return the catalog with the columns ``stellarity`` and ``ood``, and the model's checksum in its metadata."""
    judged = catalog.with_column(STELLARITY, verdict.probability.astype(np.float32)).with_column(OOD, verdict.ood)
    name = f"{model.card.name} {model.card.version} {model.card.sha256}"
    return Catalog(judged.schema, judged.columns, {**judged.meta, "stellarity_model": name})


def check_model(path: Path) -> float:
    """Run a model on the example in its file; return the largest difference from the log-odds that it must give.

    Raises
    ------
    ValueError
        If the file is not whole, or the difference exceeds the card's tolerance.
    """
    model = read_model(str(path))
    features, wanted = model.example
    difference = float(np.abs(measure_log_odds(model, features) - wanted).max() / max(np.abs(wanted).max(), 1.0))
    tolerance = model.card.check.tolerance if model.card.check else 0.0
    if not difference <= tolerance:
        raise ValueError(f"{path.name}: its example is off by {difference:.2g}, {tolerance:.2g} is allowed; "
                         "fetch the file again")  # fmt: skip
    return difference


def _choose_prior(
    model: Model,
    recipe: ApplyRecipe,
    *,
    likelihood: Float[np.ndarray, " source"],
    log_snr: Float[np.ndarray, " source"],
) -> Prior:
    if recipe.prior == "image":
        return adapt_prior(model.prior, likelihood, log_snr, least=recipe.least_sources)
    return model.prior if recipe.prior == "training" else EVEN


def _list_layers(tensors: Mapping[str, np.ndarray]) -> tuple[Layer, ...]:
    """Put the layers in order: the hidden ones by number, then the head."""
    hidden = sorted(
        int(found[1]) for name in tensors if (found := re.fullmatch(r"mlp\.hidden\.(\d+)\.0\.weight", name))
    )
    names = [*(f"mlp.hidden.{number}.0" for number in hidden), "mlp.head"]
    return tuple((tensors[f"{name}.weight"].T, tensors[f"{name}.bias"]) for name in names)

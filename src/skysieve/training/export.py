"""From a trained network to a file that can be shipped, and back."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

import numpy as np

from skysieve.io.weights import ModelCard, SelfCheck, read_weights, write_weights
from skysieve.training.calibration import Calibrator, Isotonic, Temperature
from skysieve.training.domain import DomainIndex

if TYPE_CHECKING:
    from torch import nn

Arrays = tuple[np.ndarray, ...]


@final
@dataclass(frozen=True)
class Shipped:
    """A trained network with all that is needed to apply it."""

    module: "nn.Module"
    card: ModelCard
    calibrator: Calibrator | None
    domain: DomainIndex | None


def export_weights(
    path: Path,
    module: "nn.Module",
    card: ModelCard,
    *,
    example: Arrays,
    calibrator: Calibrator | None = None,
    domain: DomainIndex | None = None,
    tolerance: float = 5e-3,
) -> ModelCard:
    """Write a network in 16 bits with its card, its calibration, its domain and a check of itself.

    Parameters
    ----------
    path : Path
        The safetensors file; the card comes beside it.
    module : Module
        The trained network; it is not changed. Its parameters are rounded to 16 bits, running statistics are not.
    card : ModelCard
        What to say about it; calibration, domain index and check are filled in.
    example : tuple of array
        A few rows for each argument of the network, kept for the check. The network returns one array.
    calibrator : Temperature or Isotonic, optional
        Of the network's logits.
    domain : DomainIndex, optional
        Of the network's embeddings.
    tolerance : float
        By how much the rounding may change the output, in units of its largest value, or of 1 where that is less.

    Returns
    -------
    ModelCard
        As written.

    Raises
    ------
    ValueError
        If a weight does not fit into 16 bits, the output is not finite, or it changes by more than the tolerance.
    """
    tensors = _round_weights(module, path.name)
    before, after = _run(copy.deepcopy(module), example), _run(_load(module, tensors), example)
    if not (np.isfinite(before).all() and np.isfinite(after).all()):
        raise ValueError(f"{path.name}: the output for the example is not finite; give another example")
    rounding = _measure_difference(after, before)
    if rounding > tolerance:
        raise ValueError(
            f"{path.name}: 16-bit weights change the output by {rounding:.2g}, {tolerance:.2g} is allowed; "
            "train with weight decay or allow more"
        )
    check = SelfCheck(tolerance=tolerance, rounding=rounding)
    kept = {f"check.input.{number}": array for number, array in enumerate(example)} | {"check.output": after}
    filled = replace(
        card, check=check, calibration=_list_numbers(calibrator), domain_index=_list_numbers(domain)
    )  # fmt: skip
    extras = _list_arrays(calibrator) | _list_arrays(domain)
    return write_weights(path, {f"model.{name}": value for name, value in tensors.items()} | extras | kept, filled)


def load_weights(path: Path, module: "nn.Module") -> Shipped:
    """Read shipped weights into a network of the same architecture, in 32 bits and ready to be applied.

    Parameters
    ----------
    path : Path
        The safetensors file, its card beside it.
    module : Module
        The network as the capability builds it by the card; it gets the weights and is set to evaluation.

    Returns
    -------
    Shipped
        The network with its card, calibrator and domain index (None where the file has none).

    Raises
    ------
    ValueError
        If the file or its card is not whole, is a pickle, or belongs to another architecture.
    """
    tensors, card = read_weights(path)
    weights = {name.removeprefix("model."): value for name, value in tensors.items() if name.startswith("model.")}
    _refuse_other_architecture(path, weights, module)
    _fill(module, weights)
    calibrator, domain = read_calibrator(tensors, card), read_domain(tensors, card)
    return Shipped(module=module.eval(), card=card, calibrator=calibrator, domain=domain)


def check_weights(path: Path, module: "nn.Module") -> float:
    """Run a shipped network on the example in its file, and return how far the output is from what it should be.

    Parameters
    ----------
    path : Path
        The safetensors file, its card beside it.
    module : Module
        The network as the capability builds it by the card; it gets the weights.

    Returns
    -------
    float
        The largest difference in units of the largest output, or of 1 where that is less.

    Raises
    ------
    ValueError
        If the file has no check, or the difference exceeds its tolerance; and as ``load_weights`` does.
    """
    shipped = load_weights(path, module)
    tensors, card = read_weights(path)
    names = sorted((name for name in tensors if name.startswith("check.input.")), key=lambda name: int(name[12:]))
    if card.check is None or not names or "check.output" not in tensors:
        raise ValueError(f"{path.name}: has no check of itself; export it again")
    found = _run(shipped.module, tuple(tensors[name] for name in names))
    difference = _measure_difference(found, tensors["check.output"])
    if not difference <= card.check.tolerance:
        raise ValueError(
            f"{path.name}: its example gives an output that is off by {difference:.2g}, {card.check.tolerance:.2g} is "
            "allowed; the weights or the installed PyTorch are broken"
        )
    return difference


def _round_weights(module: "nn.Module", where: str) -> dict[str, np.ndarray]:
    """Return parameters in 16 bits, buffers (running statistics, counts) as they are."""
    weights = {name for name, _ in module.named_parameters()}
    plain = {name: value.detach().cpu().numpy() for name, value in module.state_dict().items()}
    for name, value in plain.items():
        if name in weights and np.abs(value).max(initial=0) > np.finfo(np.float16).max:
            raise ValueError(f"{where}: {name} holds {np.abs(value).max():.3g}, more than 16 bits do; train it anew")
    return {name: value.astype(np.float16) if name in weights else value for name, value in plain.items()}


def _load(module: "nn.Module", weights: Mapping[str, np.ndarray]) -> "nn.Module":
    """Return a copy of a network with other weights; 16-bit ones become what the network computes in."""
    filled = copy.deepcopy(module).cpu()
    _fill(filled, weights)
    return filled


def _fill(module: "nn.Module", weights: Mapping[str, np.ndarray]) -> None:
    import torch  # noqa: PLC0415 (calibration and domain of this room are applied without it)

    module.load_state_dict({name: torch.from_numpy(np.array(value)) for name, value in weights.items()})


def _run(module: "nn.Module", inputs: Arrays) -> np.ndarray:
    """Return the output of a network in evaluation mode on the CPU."""
    import torch  # noqa: PLC0415 (as above)

    with torch.inference_mode():
        output = module.cpu().eval()(*(torch.from_numpy(np.array(array)) for array in inputs))
    return np.asarray(output.float().numpy())


def _measure_difference(found: np.ndarray, wanted: np.ndarray) -> float:
    """Return the largest difference in units of the largest wanted value, or of 1; infinite where shapes differ."""
    if found.shape != wanted.shape:
        return float("inf")
    return float(np.abs(found - wanted).max(initial=0) / max(np.abs(wanted).max(initial=0), 1.0))


def _refuse_other_architecture(path: Path, weights: Mapping[str, np.ndarray], module: "nn.Module") -> None:
    wanted = {name: tuple(value.shape) for name, value in module.state_dict().items()}
    found = {name: value.shape for name, value in weights.items()}
    for name in sorted({*wanted, *found}):
        if wanted.get(name) != found.get(name):
            raise ValueError(
                f"{path.name}: {name} is {found.get(name, 'missing')}, the network wants {wanted.get(name, 'none')}; "
                "use the weights of this architecture"
            )


def _list_numbers(part: Calibrator | DomainIndex | None) -> dict[str, Any]:
    """Return what of a calibrator or a domain index goes into the card."""
    match part:
        case None:
            return {}
        case Temperature():
            return {"kind": "temperature", "temperature": part.temperature}
        case Isotonic():
            return {"kind": "isotonic"}
        case DomainIndex():
            return {"threshold": part.threshold, "quantile": part.quantile}


def _list_arrays(part: Calibrator | DomainIndex | None) -> dict[str, np.ndarray]:
    """Return what of it goes beside the weights."""
    match part:
        case Isotonic():
            arrays = {"scores": part.scores, "probabilities": part.probabilities, "edges": part.edges}
            return {f"calibration.{name}": array for name, array in arrays.items()}
        case DomainIndex():
            arrays = {"vectors": part.vectors, "center": part.center, "scale": part.scale}
            return {f"domain.{name}": array for name, array in arrays.items()}
        case _:
            return {}


def read_calibrator(tensors: Mapping[str, np.ndarray], card: ModelCard) -> Calibrator | None:
    """Return the calibrator of weights as ``read_weights`` gives them, None where they have none; without PyTorch."""
    match card.calibration.get("kind"):
        case "temperature":
            return Temperature(float(card.calibration["temperature"]))
        case "isotonic":
            return Isotonic(**{name: tensors[f"calibration.{name}"] for name in ("scores", "probabilities", "edges")})
        case _:
            return None


def read_domain(tensors: Mapping[str, np.ndarray], card: ModelCard) -> DomainIndex | None:
    """Return the domain index of weights as ``read_weights`` gives them, None where they have none; without PyTorch."""
    if not card.domain_index:
        return None
    vectors, center, scale = (tensors[f"domain.{name}"] for name in ("vectors", "center", "scale"))
    return DomainIndex(
        vectors, center, scale, threshold=card.domain_index["threshold"], quantile=card.domain_index["quantile"]
    )  # fmt: skip

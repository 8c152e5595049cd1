"""Trained weights: a safetensors file with a model card beside it, and nothing that can run code."""

import hashlib
import json
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import safetensors
from pydantic import ConfigDict, TypeAdapter, ValidationError
from safetensors.numpy import load, save

import skysieve
from skysieve.config import STRICT
from skysieve.io.atomic import write_whole

PICKLE_SUFFIXES = frozenset({".pt", ".pth", ".pkl", ".pickle", ".joblib", ".ckpt"})
KINDS = frozenset({"bool", *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)),
                   "float16", "float32", "float64"})  # fmt: skip


@dataclass(frozen=True)
class Metric:
    """One measured number of a model: value, standard error (None when not measured), size of the sample."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    value: float
    error: float | None
    n: int


@dataclass(frozen=True)
class SelfCheck:
    """That a model runs as it did when it was exported: ``check.input.*`` give ``check.output`` to ``tolerance``.

    ``tolerance`` is the largest difference in units of the largest output, or of 1 where that is less. ``rounding`` is
    the largest one found on export between the network in 32 bits and the weights as written.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    tolerance: float
    rounding: float


@dataclass(frozen=True)
class ModelCard:
    """What a set of weights is, what it learned from, and how good it was measured to be.

    ``capability`` names the package that applies it, ``architecture`` the network, ``training_data`` and ``domain``
    say in words what it saw and where it holds, ``recipe`` is the resolved training recipe, ``sha256`` the checksum of
    the safetensors file (filled on writing). ``calibration`` and ``domain_index`` hold the numbers of both, where the
    model has them; their arrays are the tensors ``calibration.*`` and ``domain.*`` of the file. ``check`` says how to
    find out whether the model runs.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    name: str
    version: str
    capability: str
    architecture: str
    training_data: str
    domain: str
    license: str
    seed: int
    metrics: Mapping[str, Metric] = field(default_factory=dict)
    recipe: Mapping[str, Any] = field(default_factory=dict)
    calibration: Mapping[str, str | float] = field(default_factory=dict)
    domain_index: Mapping[str, float] = field(default_factory=dict)
    check: SelfCheck | None = None
    created_by: str = f"skysieve {skysieve.__version__}"
    sha256: str = ""


def write_weights(path: Path, tensors: Mapping[str, np.ndarray], card: ModelCard) -> ModelCard:
    """Write ``path`` (.safetensors) and the card ``<stem>.json`` beside it.

    Parameters
    ----------
    path : Path
        The safetensors file; older files are replaced.
    tensors : mapping of str to ndarray
        Booleans, integers or floats of any shape, written as they are.
    card : ModelCard
        Its ``sha256`` is replaced by that of the file.

    Returns
    -------
    ModelCard
        The card as written.

    Raises
    ------
    ValueError
        If the suffix is another, a tensor is of another type, or the card holds NaN or what JSON cannot hold.
    """
    if path.suffix != ".safetensors":
        raise ValueError(f"{path.name}: weights are written as safetensors; name it {path.stem}.safetensors")
    content = save({name: _make_plain(array, f"{path.name}: {name}") for name, array in tensors.items()})
    signed = replace(card, sha256=hashlib.sha256(content).hexdigest())
    try:
        text = json.dumps(asdict(signed), indent=2, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{path.name}: the model card does not go into JSON ({error})") from None
    with write_whole(path) as temporary:
        temporary.write_bytes(content)
    with write_whole(path.with_suffix(".json")) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")
    return signed


def read_weights(path: Path) -> tuple[dict[str, np.ndarray], ModelCard]:
    """Read weights with their card.

    Raises
    ------
    ValueError
        If the file is a pickle, is not whole safetensors, has no card, or is not the file that the card describes.
    """
    refuse_pickle(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ValueError(f"{path.name}: cannot be read ({error.strerror})") from None
    try:
        tensors = load(content)
    except (safetensors.SafetensorError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path.name}: not a whole safetensors file ({error}); fetch or convert it again") from None
    card = _read_card(path.with_suffix(".json"))
    found = hashlib.sha256(content).hexdigest()
    if found != card.sha256:
        raise ValueError(f"{path.name}: SHA-256 is {found[:12]}..., its card wants {card.sha256[:12]}...; "
                         "fetch both files again")  # fmt: skip
    return tensors, card


def refuse_pickle(path: Path) -> None:
    """Refuse a file that is a Python pickle by its content or by its name; do nothing for any other.

    Content counts whatever the name: pickles of every protocol, and zip archives with a pickle in them, as PyTorch
    writes. The file is looked at, never loaded.

    Raises
    ------
    ValueError
        If it is one.
    """
    if path.suffix.lower() in PICKLE_SUFFIXES or (path.is_file() and (_is_pickle(path) or _is_zipped_pickle(path))):
        raise ValueError(f"{path.name}: is a Python pickle, which can run code when loaded; convert it to safetensors")


def _is_pickle(path: Path) -> bool:
    """Tell a pickle by its first opcodes and its last; protocols 0 and 1 have no signature."""
    with path.open("rb") as file:
        head = file.read(64)
        file.seek(max(0, path.stat().st_size - 1))
        tail = file.read(1)
    if head[:1] == b"\x80" and head[1:2] in {b"\x02", b"\x03", b"\x04", b"\x05"}:
        return True
    return head[:1] in {*(bytes([opcode]) for opcode in b"(]})cliIFVSUXKMNLJGT")} and tail == b"." and b"\n" in head[1:]


def _is_zipped_pickle(path: Path) -> bool:
    if not zipfile.is_zipfile(path):
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            return any(Path(name).suffix in {".pkl", ".pickle"} for name in archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError):
        return False


def _make_plain(array: np.ndarray, where: str) -> np.ndarray:
    """Return the array in C order and little-endian, as safetensors stores it."""
    if array.dtype.name not in KINDS:
        raise ValueError(f"{where} is of type {array.dtype}; give booleans, integers or floats of up to 64 bits")
    return np.array(array, dtype=array.dtype.newbyteorder("<"), order="C")


def _read_card(path: Path) -> ModelCard:
    try:
        plain = json.loads(path.read_bytes())
        card = TypeAdapter(ModelCard).validate_python(plain)
    except FileNotFoundError:
        raise ValueError(f"{path.name}: the model card is missing; fetch it with the weights") from None
    except ValidationError as error:
        first = error.errors()[0]
        entry = ".".join(str(part) for part in first["loc"])
        raise ValueError(f"{path.name}: the model card is wrong at {entry or 'its top'} ({first['msg']})") from None
    except (ValueError, OSError) as error:
        raise ValueError(f"{path.name}: not a model card ({error})") from None
    return card

"""The arguments of PINK: what getopt_long makes of them, and what they ask for."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from skysieve.som.lattice import Lattice
from skysieve.som.pink.orders import Order

NEEDED = {
    "train": 2, "map": 3, "dist-func": 3, "flip-off": 0, "input-shuffle-off": 0, "cuda-off": 0, "pbc": 0, "verbose": 0,
    "version": 0, "help": 0, "som-width": 1, "som-height": 1, "som-depth": 1, "layout": 1, "neuron-dimension": 1,
    "euclidean-distance-dimension": 1, "euclidean-distance-shape": 1, "euclidean-distance-type": 1, "numrot": 1,
    "interpolation": 1, "max-update-distance": 1, "init": 1, "seed": 1, "num-iter": 1, "progress": 1, "inter-store": 1,
    "store-rot-flip": 1, "numthreads": 1, "b1": 1, "rounding": 1,
}  # fmt: skip
"""How many values each option takes."""

SHORT = {
    "l": "layout", "d": "neuron-dimension", "e": "euclidean-distance-dimension", "n": "numrot", "f": "dist-func",
    "x": "init", "s": "seed", "p": "progress", "t": "numthreads", "v": "version", "h": "help",
}  # fmt: skip

CHOICES = {
    "layout": ("cartesian", "hexagonal"),
    "interpolation": ("bilinear", "nearest_neighbor"),
    "euclidean-distance-shape": ("quadratic", "circular"),
    "euclidean-distance-type": ("uint8", "uint16", "float"),
    "inter-store": ("off", "overwrite", "keep"),
    "rounding": ("pink", "exact"),
}
KINDS = {"gaussian": "gaussian", "unitygaussian": "unitygaussian", "mexicanhat": "mexicanHat"}
STARTS = ("zero", "random", "random_with_preferred_direction")
MOST = 2**31 - 1


@dataclass(frozen=True)
class Given:
    """Options as they were given, the last of each; a mode of ``help`` or ``version`` ends the reading."""

    values: Mapping[str, tuple[str, ...]]

    @property
    def mode(self) -> str:
        """What is asked for: help, version, train or map.

        Raises
        ------
        ValueError
            If it is none of them, or both train and map.
        """
        found = [mode for mode in ("help", "version", "train", "map") if mode in self.values]
        if not found:
            raise ValueError("neither --train IMAGES SOM nor --map IMAGES RESULT SOM is given; see --help")
        if found == ["train", "map"]:
            raise ValueError("--train and --map are both given; run one after the other")
        return found[0]

    def choose(self, name: str) -> str:
        """Return one of the words an option allows, whatever its case; the first when it is not given."""
        word = self.values.get(name, (CHOICES[name][0],))[0]
        if word.lower() not in CHOICES[name]:
            raise ValueError(f"--{name} {word}: wanted is {_list(CHOICES[name])}")
        return word.lower()

    def count(self, name: str, default: int | None, *, least: int = 1) -> Any:
        """Return a whole number, or the default when it is not given."""
        if name not in self.values:
            return default
        text = self.values[name][0]
        if not re.fullmatch(r"\+?[0-9]{1,10}", text) or not least <= int(text) <= MOST:
            raise ValueError(f"--{name} {text}: wanted is a whole number from {least} to {MOST}")
        return int(text)

    def switched(self, name: str) -> bool:
        """Say whether an option without values is given."""
        return name in self.values


def read_arguments(arguments: Sequence[str]) -> Given:
    """Read arguments as GNU getopt_long does: unique beginnings of long options, options in any order.

    Raises
    ------
    ValueError
        If an option is unknown or ambiguous, lacks values, or an argument belongs to none.
    """
    values: dict[str, tuple[str, ...]] = {}
    rest = list(arguments)
    while rest:
        word = rest.pop(0)
        if word.startswith("--") and len(word) > 2:
            start, equals, value = word[2:].partition("=")
            found = [(_complete(start), [value] if equals else [])]
        elif word.startswith("-") and len(word) > 1 and word != "--":
            found = list(_split_letters(word[1:]))
        else:
            raise ValueError(f"{word}: belongs to no option; quote names with blanks, see --help")
        for name, attached in found:
            values[name] = _take_values(name, attached, rest)
            if name in {"help", "version"}:
                return Given({name: ()})
    return Given(values)


def _complete(name: str) -> str:
    found = [name] if name in NEEDED else [option for option in NEEDED if option.startswith(name)]
    if not found:
        raise ValueError(f"--{name}: there is no such option; see --help")
    if len(found) > 1:
        raise ValueError(f"--{name}: may be {_list([f'--{option}' for option in found])}; write more of it")
    return found[0]


def _split_letters(letters: str) -> Iterator[tuple[str, list[str]]]:
    """Tell short options apart: several without values may share a dash, the rest behind one is its value."""
    while letters:
        name = SHORT.get(letters[0])
        if name is None:
            raise ValueError(f"-{letters[0]}: there is no such option; see --help")
        letters = letters[1:]
        if NEEDED[name]:
            yield name, [letters] if letters else []
            return
        yield name, []


def _take_values(name: str, attached: list[str], rest: list[str]) -> tuple[str, ...]:
    wanted = NEEDED[name]
    if len(attached) > wanted:
        raise ValueError(f"--{name}={attached[0]}: takes no value")
    taken = list(attached)
    while len(taken) < wanted:
        if not rest or (wanted > 1 and rest[0].startswith("-")):
            raise ValueError(f"--{name}: {len(taken)} value(s) given, {wanted} are wanted; see --help")
        taken.append(rest.pop(0))
    return tuple(taken)


def make_order(given: Given) -> Order:
    """Say what a run is asked to do.

    Raises
    ------
    ValueError
        If a value is out of range, or values do not go together.
    """
    images, result, *trained = (Path(name) for name in given.values[given.mode])
    rotations = given.count("numrot", 360)
    _refuse(given, rotations)
    kind, sigma, rate = _read_neighborhood(given)
    start, start_file = _read_start(given)
    return Order(
        images,
        result,
        som=trained[0] if trained else None,
        transforms=_read_path(given, "store-rot-flip") if trained else None,
        lattice=_make_lattice(given),
        neuron_side=given.count("neuron-dimension", None),
        region_side=given.count("euclidean-distance-dimension", None),
        region=given.choose("euclidean-distance-shape"),  # type: ignore[arg-type]
        rotations=rotations,
        flip=not given.switched("flip-off"),
        kind=kind,
        sigma=sigma,
        rate=rate,
        max_distance=_read_reach(given),
        start=start,
        start_file=start_file,
        seed=given.count("seed", 1234, least=0),
        passes=given.count("num-iter", 1),
        shuffle=not given.switched("input-shuffle-off"),
        prints=given.count("progress", 10),
        store=given.choose("inter-store"),  # type: ignore[arg-type]
        on_cpu=given.switched("cuda-off"),
        threads=given.count("numthreads", None),
        rounding=given.choose("rounding") if given.switched("rounding") else None,  # type: ignore[arg-type]
        wins=given.switched("verbose"),
    )


def _refuse(given: Given, rotations: int) -> None:
    """Refuse what PINK refuses, and check what nothing depends on."""
    if given.switched("pbc"):
        raise ValueError(
            "--pbc: PINK 2 has no periodic boundaries; skysieve som train has them, lattice.periodic = true"
        )
    if rotations != 1 and rotations % 4:
        raise ValueError(f"--numrot {rotations}: wanted is 1 or a multiple of 4")
    if given.choose("interpolation") == "nearest_neighbor" and rotations > 4:
        raise ValueError(f"--interpolation nearest_neighbor: rotates nothing at --numrot {rotations}; leave it out")
    given.choose("euclidean-distance-type")
    given.count("b1", None)


def _make_lattice(given: Given) -> Lattice:
    width, height = given.count("som-width", 10, least=2), given.count("som-height", 10)
    depth = given.count("som-depth", 1)
    if given.choose("layout") == "hexagonal":
        if width != height or width % 2 == 0 or depth > 1:
            raise ValueError(
                f"--layout hexagonal: {width}x{height}x{depth} neurons; wanted are --som-width and --som-height equal "
                "and odd, --som-depth 1"
            )
        return Lattice((width, height), hexagonal=True)
    if height == 1:
        return Lattice((width,))
    return Lattice((width, height, depth) if depth > 1 else (width, height))


def _read_neighborhood(given: Given) -> tuple[Any, float, float]:
    name, sigma, rate = given.values.get("dist-func", ("gaussian", "1.1", "0.2"))
    if name.lower() not in KINDS:
        raise ValueError(f"--dist-func {name}: wanted is {_list(list(KINDS.values()))}")
    return KINDS[name.lower()], _read_number("dist-func", sigma), _read_number("dist-func", rate)


def _read_reach(given: Given) -> float | None:
    if not given.switched("max-update-distance"):
        return None
    return _read_number("max-update-distance", given.values["max-update-distance"][0])


def _read_number(name: str, text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not (math.isfinite(number) and number > 0):
        raise ValueError(f"--{name} {text}: wanted is a number above 0")
    return number


def _read_start(given: Given) -> tuple[Any, Path | None]:
    """Return the kind of neurons before training, or the file they come from."""
    word = given.values.get("init", ("zero",))[0]
    if word.lower() in STARTS or given.mode == "map":
        return word.lower() if word.lower() in STARTS else "zero", None
    if not Path(word).is_file():
        raise ValueError(f"--init {word}: neither a file nor {_list(STARTS)}")
    return "file", Path(word)


def _read_path(given: Given, name: str) -> Path | None:
    return Path(given.values[name][0]) if name in given.values else None


def _list(words: Sequence[str]) -> str:
    return " or ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else words[0]

"""Weights that ship with the package: where they lie, and how a name or a path leads to a file."""

from pathlib import Path

import skysieve

SUFFIX = ".safetensors"


def list_shipped(capability: str) -> list[Path]:
    """Return the weights that ship with a capability, sorted by name; none where it has none."""
    return sorted((Path(skysieve.__file__).parent / capability / "weights").glob(f"*{SUFFIX}"))


def find_weights(capability: str, name: str) -> Path:
    """Return the weights file that a name or a path means.

    Parameters
    ----------
    capability : str
        Name of the package that applies them.
    name : str
        Of shipped weights, without suffix; or the path of a file, which ends with ``.safetensors``.

    Raises
    ------
    ValueError
        If nothing ships under that name, or there is no such file.
    """
    if name.endswith(SUFFIX):
        if not Path(name).is_file():
            raise ValueError(f"{name}: there is no such file; give a {SUFFIX} file or the name of shipped weights")
        return Path(name)
    shipped = {path.stem: path for path in list_shipped(capability)}
    if name not in shipped:
        known = ", ".join(shipped) or "none"
        raise ValueError(f"{capability}: no weights {name} are shipped (there are: {known}); give a {SUFFIX} file")
    return shipped[name]

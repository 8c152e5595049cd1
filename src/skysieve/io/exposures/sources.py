"""What a person named on the command line: files, extensions of files, lists of files."""

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

LIST_SUFFIXES = (".txt", ".lst", ".list")
SELECTION = re.compile(r"(.+)\[([^\[\]]+)\]")


@dataclass(frozen=True)
class Source:
    """One file as named: its path, the extensions selected of it ("" for all), and why it cannot be used, if so."""

    path: Path
    selection: str = ""
    problem: str = ""


def expand_sources(names: Sequence[str | Path]) -> list[Source]:
    """Resolve file names, ``name.fits[3]`` selections and list files.

    Parameters
    ----------
    names : sequence of str or Path
        A file, ``FILE[3]``, ``FILE[SCI]``, ``FILE[SCI,2]``, ``@LIST`` or a text file ending in .txt, .lst or .list
        that names one image a line (# begins a comment, paths are relative to the list).

    Returns
    -------
    list of Source
        In the order given. A list that cannot be read is one source with a ``problem``.
    """
    return [source for name in names for source in _expand(str(name))]


def _expand(name: str) -> Iterator[Source]:
    path = Path(name)
    if name.startswith("@") and not path.exists():
        yield from _read_list(Path(name[1:]))
    elif path.suffix.lower() in LIST_SUFFIXES and _is_text(path):
        yield from _read_list(path)
    else:
        yield _parse(name)


def _is_text(path: Path) -> bool:
    """Tell a list from an image that only is called so."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(6) != b"SIMPLE"


def _parse(name: str) -> Source:
    """Split a selection off a file name; a file that is really called so comes first."""
    match = SELECTION.fullmatch(name)
    if match is None or os.path.lexists(name):
        return Source(_absolute(Path(name)))
    return Source(_absolute(Path(match[1])), match[2].strip())


def _read_list(path: Path) -> Iterator[Source]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = "there is no such list" if isinstance(error, FileNotFoundError) else "is not a readable list of files"
        yield Source(_absolute(path), problem=f"{reason}; give a text file with one image a line")
        return
    entries = [line.split("#", 1)[0].strip() for line in lines]
    if not any(entries):
        yield Source(_absolute(path), problem="the list names no image; give one a line")
    for entry in filter(None, entries):
        yield _parse(str(path.parent / entry))


def _absolute(path: Path) -> Path:
    """Make a path absolute, without following links."""
    return Path(os.path.abspath(path))  # noqa: PTH100 - Path.absolute keeps "..", Path.resolve follows links

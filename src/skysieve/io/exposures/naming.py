"""Names that are unique in a run: labels for people, stems for files."""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

SUFFIXES = re.compile(r"(\.(fits?|fts|fz|gz|bz2|png|jpe?g|tiff?))+$", re.IGNORECASE)
LONGEST = 160


def shorten_paths(paths: Sequence[Path]) -> dict[Path, str]:
    """Give each path its file name, with as many folders before it as set it apart from the others.

    Examples
    --------
    >>> names = shorten_paths([Path("/d/a/img.fits"), Path("/d/b/img.fits"), Path("/d/b/sky.fits")])
    >>> list(names.values())
    ['a/img.fits', 'b/img.fits', 'sky.fits']
    """
    names: dict[Path, str] = {}
    waiting, depth = list(dict.fromkeys(paths)), 1
    while waiting:
        trails = {path: "/".join(path.parts[1:][-depth:]) for path in waiting}
        counts = Counter(trails.values())
        names |= {path: trail for path, trail in trails.items() if counts[trail] == 1 or depth > len(path.parts)}
        waiting = [path for path in waiting if path not in names]
        depth += 1
    return {path: names[path] for path in paths}


def make_stem(name: str) -> str:
    """Turn a label's name into a file name: no suffix, no folder, no character but letters, digits and . _ + -.

    Examples
    --------
    >>> make_stem("../a b/night 1.fits.fz"), make_stem(".fits")
    ('a_b_night_1', 'image')
    """
    plain = re.sub(r"[^A-Za-z0-9._+-]+", "_", SUFFIXES.sub("", name))
    return plain.strip("._")[-LONGEST:].lstrip("._") or "image"


def make_unique(stems: Sequence[str]) -> list[str]:
    """Append _2, _3, ... to stems that appear again, capitals aside; those that appear once stay as they are.

    Examples
    --------
    >>> make_unique(["a", "A", "a_2"])
    ['a', 'A_3', 'a_2']
    """
    taken = {stem.casefold() for stem in stems}
    seen: set[str] = set()
    unique: list[str] = []
    for stem in stems:
        chosen, number = stem, 2
        while chosen.casefold() in seen or (chosen != stem and chosen.casefold() in taken):
            chosen, number = f"{stem}_{number}", number + 1
        seen.add(chosen.casefold())
        unique.append(chosen)
    return unique


def name_field(files: Sequence[str], bands: Sequence[str]) -> str:
    """Name a field in several bands: what its file names begin with, else its bands joined."""
    stems = [make_stem(Path(file).name) for file in files]
    shared = 0
    while all(len(stem) > shared and stem[shared] == stems[0][shared] for stem in stems):
        shared += 1
    prefix = stems[0][:shared].rstrip("._+-")
    return prefix if len(prefix) > 1 else make_stem("_".join(bands))

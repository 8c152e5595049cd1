"""The start of a PINK file: an optional comment in text, then whole numbers of 32 bits."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

VERSION = 2
KINDS = {0: "images", 1: "a SOM", 2: "a mapping", 3: "transformations"}
END_OF_COMMENT = b"# END OF HEADER\n"
LONGEST_COMMENT = 1 << 20
MOST_NUMBERS = 16
MOST_AXES = 3


def read_start(path: Path) -> tuple[bytes, tuple[int, ...]]:
    """Read the comment and the first whole numbers of a file.

    Returns
    -------
    bytes
        The comment as it stands in the file, line ends included; empty where there is none.
    tuple of int
        Up to 16 little-endian 32-bit numbers behind it; what they mean is for the reader of each kind to say.

    Raises
    ------
    ValueError
        If the file does not exist or its comment does not end within 1 MiB.
    """
    try:
        with path.open("rb") as file:
            head = file.read(LONGEST_COMMENT + 4 * MOST_NUMBERS)
    except FileNotFoundError:
        raise ValueError(f"{path.name}: there is no such file; give a binary file of PINK") from None
    except OSError as error:
        raise ValueError(f"{path.name}: cannot be read ({error.strerror}); give a binary file of PINK") from None
    comment = _split_comment(head)
    if len(comment) > LONGEST_COMMENT:
        raise ValueError(f"{path.name}: its comment does not end within 1 MiB; give a binary file of PINK")
    numbers = head[len(comment) :][: 4 * MOST_NUMBERS]
    return comment, tuple(np.frombuffer(numbers, "<i4", count=len(numbers) // 4).tolist())


def _split_comment(head: bytes) -> bytes:
    """Return the lines starting with ``#``, up to the one that is exactly the end mark."""
    end = 0
    while head[end : end + 1] == b"#":
        line_end = head.find(b"\n", end) + 1 or len(head)
        line, end = head[end:line_end], line_end
        if line == END_OF_COMMENT:
            break
    return head[:end]


def check_kind(path: Path, numbers: Sequence[int], kind: int) -> Iterator[int]:
    """Return the numbers behind version and kind, once those two are what they should be."""
    wanted = f"wanted is a PINK 2 file of {KINDS[kind].removeprefix('a ')}"
    if len(numbers) < 2:
        raise ValueError(f"{path.name}: too short for a header; {wanted}")
    version, found = numbers[:2]
    if version == VERSION << 24:
        raise ValueError(f"{path.name}: its numbers are big-endian; swap the bytes of its 32-bit numbers first")
    if version != VERSION:
        raise ValueError(f"{path.name}: version {version} is found; {wanted}")
    if found != kind:
        raise ValueError(f"{path.name}: holds {KINDS.get(found, f'the unknown kind {found}')}; {wanted}")
    return iter(numbers[2:])


def take_number(path: Path, numbers: Iterator[int], name: str, allowed: Sequence[int]) -> int:
    """Return the next number of a header after checking that it is one of the allowed."""
    number = next(numbers, None)
    if number is None:
        raise ValueError(f"{path.name}: ends within its header, before the {name}; write the file again")
    if number not in allowed:
        choices = f"{allowed[0]} to {allowed[-1]}" if len(allowed) > 1 else f"{allowed[0]}"
        raise ValueError(f"{path.name}: its {name} is {number}; wanted is {choices}")
    return number


def take_axes(path: Path, numbers: Iterator[int], name: str) -> tuple[int, ...]:
    """Return the number of axes and their lengths, as a shape."""
    n_axes = take_number(path, numbers, f"number of {name} axes", range(1, MOST_AXES + 1))
    return tuple(take_number(path, numbers, f"length of {name} axis {axis}", COUNTS[1:]) for axis in range(n_axes))


COUNTS = range(2**31)


def make_start(comment: bytes, numbers: Sequence[int]) -> bytes:
    """Return the bytes of a comment and of the numbers behind it."""
    if comment and (_split_comment(comment) != comment or not comment.endswith(b"\n")):
        raise ValueError("comment: its lines have to start with # and end in a line feed, the end mark comes last")
    return comment + np.asarray(numbers, "<i4").tobytes()

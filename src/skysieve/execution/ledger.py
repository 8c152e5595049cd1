"""The ledger of a run: a file to which the outcome of each item is appended, so that a killed run can resume."""

import fcntl
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO, final

from skysieve.execution.product import Outcome, Product, ProductFile, is_intact

_NAME = "ledger.jsonl"
_HEADER = "skysieve_ledger"
_UNFINISHED = re.compile(r"\.\d+\..+")


@final
class Ledger:
    """An open ledger: what is done, and where to write what gets done. Made by ``open_ledger``."""

    def __init__(self, folder: Path, file: BinaryIO, entries: dict[str, dict[str, Any]]) -> None:
        self.folder = folder
        self._file = file
        self._entries = entries

    def find_done(self, key: str) -> Product | None:
        """Return the product of an item that is done, or None where it must be run.

        An item is done when its last line says so and all its files are there with the checksums of that line.
        """
        entry = self._entries.get(key)
        if entry is None or entry["state"] != "done":
            return None
        try:
            product = Product(
                tuple(ProductFile(**file) for file in entry["product"]["files"]), entry["product"]["facts"]
            )
        except (KeyError, TypeError):
            return None
        return product if is_intact(product, self.folder) else None

    def record(self, outcome: Outcome) -> None:
        """Append an outcome; it is on the disk when this returns.

        Raises
        ------
        OSError
            If the line cannot be written; the ledger is then as it was before, as it is after an interruption.
        """
        length = self._file.seek(0, os.SEEK_END)
        try:
            _append(self._file, asdict(outcome))
        except BaseException:
            with suppress(OSError):
                self._file.truncate(length)
            raise
        self._entries[outcome.key] = asdict(outcome)


@contextmanager
def open_ledger(folder: Path, fingerprint: str, *, overwrite: bool = False) -> Iterator[Ledger]:
    """Open the ledger of a run folder, to start the run or to resume it.

    Parameters
    ----------
    folder : Path
        The run folder; made when missing. The ledger is ``ledger.jsonl`` in it.
    fingerprint : str
        Text that tells runs apart: a checksum of everything that decides the products (recipe, inputs, versions).
        How the run is executed does not belong to it.
    overwrite : bool, optional
        Forget what the folder's ledger says and start anew.

    Yields
    ------
    Ledger
        Open until the block ends; another process that opens it meanwhile is refused.

    Raises
    ------
    ValueError
        If the folder is a file or lies below one, or holds another run, a file of that name that is no ledger, or a
        run in progress.

    Notes
    -----
    A last line that a kill tore is cut off. Files that killed writers left unfinished (``.<process>.<name>``) are
    removed from the folder, now and when the block ends.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise ValueError(f"{folder}: is a file, or lies below one; choose a folder for the run") from None
    path = folder / _NAME
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o666), "r+b", buffering=0) as file:
        _lock(file, folder)
        content = b"" if overwrite else file.read()
        complete = content[: content.rfind(b"\n") + 1]
        if not complete and f'{{"{_HEADER}"'.encode().startswith(content[: len(_HEADER) + 3]):
            file.truncate(0)
            _append(file, {_HEADER: 1, "fingerprint": fingerprint})
        else:
            _check_header(complete.partition(b"\n")[0], fingerprint, folder)
            file.truncate(len(complete))
        _remove_unfinished(folder)
        try:
            yield Ledger(folder, file, _read_entries(complete))
        finally:
            _remove_unfinished(folder)


def _lock(file: BinaryIO, folder: Path) -> None:
    """Keep other processes out until the file is closed; file systems without locks are trusted."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise ValueError(f"{folder}: another process is working on this run; wait for it or stop it") from None
    except OSError:
        return


def _append(file: BinaryIO, entry: dict[str, Any]) -> None:
    """Write one line to the end and wait until it is on the disk."""
    line = memoryview(json.dumps(entry, separators=(",", ":")).encode() + b"\n")
    file.seek(0, os.SEEK_END)
    while line:
        line = line[file.write(line) :]
    os.fsync(file.fileno())


def _check_header(line: bytes, fingerprint: str, folder: Path) -> None:
    header = _parse(line)
    if header.get(_HEADER) != 1:
        raise ValueError(f"{folder / _NAME}: not a ledger of a run; choose another folder or pass --overwrite")
    if header.get("fingerprint") != fingerprint:
        raise ValueError(
            f"{folder} holds another run (its inputs or its recipe differ); choose another folder or pass --overwrite"
        )


def _read_entries(content: bytes) -> dict[str, dict[str, Any]]:
    """Return the last legible entry of each key; a damaged line counts as absent, so its item is run again."""
    lines = (_parse(line) for line in content.splitlines()[1:])
    return {entry["key"]: entry for entry in lines if {"key", "state"} <= entry.keys()}


def _parse(line: bytes) -> dict[str, Any]:
    try:
        entry = json.loads(line)
    except ValueError:
        return {}
    return entry if isinstance(entry, dict) else {}


def _remove_unfinished(folder: Path) -> None:
    """Remove what ``write_whole`` had begun when its process was killed."""
    for path in folder.rglob(".*"):
        if _UNFINISHED.fullmatch(path.name) and path.is_file():
            path.unlink(missing_ok=True)

"""A table of labels that several people write at the same time: each label is on disk before it is shown."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, final

from skysieve.io.checksums import checksum_file
from skysieve.io.exposurelabels import format_labels, lock_labels, read_labels, write_labels
from skysieve.io.journal import append_journal, cut_journal, read_journal
from skysieve.quality.labeling import Given, Notebook, Step, apply_step, dump_step, parse_step


@final
class LabelBook:
    """A table of labels with its history; made by `open_book`.

    Attributes
    ----------
    path, journal
        The table, and beside it the history, from which it can be made again.
    notebook
        What is known of the labels; changed by `act` and `refresh` alone.

    Notes
    -----
    The history is what counts, a line a step. Whoever acts takes the lock, reads what others wrote meanwhile, adds a
    line, and writes the table anew: two servers never overwrite each other's labels, and a crash between both writes
    is mended by the next one. A table that somebody changed by hand wins over the history, and becomes a line of it.
    """

    def __init__(self, path: Path) -> None:
        self.path, self.journal = path, path.with_name(f"{path.stem}.history.jsonl")
        self.notebook, self._length, self._listeners = Notebook(), -1, list[Callable[[], None]]()
        self._ours = {_digest(self.notebook)}
        with lock_labels(path):
            self._catch_up()
            if not path.is_file() or _digest(self.notebook) != checksum_file(path):
                write_labels(path, self.notebook.labels.values())

    def act(self, step: Step) -> None:
        """Do something, or undo it, and save it.

        Raises
        ------
        ValueError
            If there is nothing to do: a sentence for the person who asked.
        OSError
            If it cannot be saved; then it is not done.
        """
        with lock_labels(self.path):
            self._catch_up()
            self._save(step)
        for listener in tuple(self._listeners):
            listener()

    def refresh(self) -> None:
        """Read what others wrote."""
        with lock_labels(self.path):
            self._catch_up()

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call somebody after each step that is done here; what is returned ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def _save(self, step: Step) -> None:
        after = apply_step(self.notebook, step)
        length = append_journal(self.journal, {**dump_step(step), "gives": _digest(after)})
        try:
            write_labels(self.path, after.labels.values())
        except OSError:
            cut_journal(self.journal, length)
            raise
        self.notebook, self._length = after, self.journal.stat().st_size
        self._ours.add(_digest(after))

    def _catch_up(self) -> None:
        """Tell the history again where it grew, and take a table that it does not lead to as it is."""
        if self.journal.is_file() and self.journal.stat().st_size != self._length:
            lines = read_journal(self.journal)
            self.notebook = _replay(lines, self.journal)
            self._length = self.journal.stat().st_size
            self._ours |= {str(line.get("gives")) for line in lines}
        if self.path.is_file() and checksum_file(self.path) not in self._ours:
            self._save(Given(read_labels(self.path)))


def open_book(path: Path) -> LabelBook:
    """Go on with a table of labels, or begin one.

    Raises
    ------
    ValueError
        If the table or its history is damaged.
    """
    if path.suffix != ".csv":
        raise ValueError(f"{path.name}: labels are written as CSV; name the table {path.stem or 'labels'}.csv")
    return LabelBook(path)


def _replay(lines: list[dict[str, Any]], where: Path) -> Notebook:
    notebook = Notebook()
    for number, line in enumerate(lines, start=1):
        try:
            notebook = apply_step(notebook, parse_step(line))
        except ValueError as problem:
            raise ValueError(f"{where.name}, line {number}: {problem}") from None
    return notebook


def _digest(notebook: Notebook) -> str:
    return hashlib.sha256(format_labels(notebook.labels.values()).encode()).hexdigest()

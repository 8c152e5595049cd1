"""Progress on stderr: a bar on a terminal, a plain line an item elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol, final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from skysieve.execution import Outcome


class Reporter(Protocol):
    """What a run tells of itself: how many items there are, and each that ended."""

    def start(self, total: int) -> None:
        """Take note of the number of items."""

    def advance(self, outcome: Outcome) -> None:
        """Take note of an item that ended."""


@final
class BarReporter:
    """A bar with the time that remains."""

    def __init__(self, bar: Progress, text: str) -> None:
        self._bar, self._task = bar, bar.add_task(text, total=None)

    def start(self, total: int) -> None:
        """Set the length of the bar."""
        self._bar.update(self._task, total=total)

    def advance(self, outcome: Outcome) -> None:
        """Move the bar by one item."""
        self._bar.update(self._task, advance=1, description=outcome.key[:40])


@final
class LineReporter:
    """A line an item."""

    def __init__(self, console: Console, text: str) -> None:
        self._console, self._text, self._total, self._ended = console, text, 0, 0

    def start(self, total: int) -> None:
        """Remember the number of items."""
        self._total = total

    def advance(self, outcome: Outcome) -> None:
        """Print a line."""
        self._ended += 1
        line = f"{self._text} {self._ended}/{self._total} {outcome.key} {outcome.state} {outcome.seconds:.1f} s"
        self._console.print(line, highlight=False, soft_wrap=True, markup=False)


@contextmanager
def show_progress(text: str) -> Iterator[Reporter]:
    """Give a reporter that fits where stderr goes."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield LineReporter(console, text)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        yield BarReporter(bar, text)

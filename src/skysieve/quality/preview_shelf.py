"""Previews made ahead by another thread, so that the next exposure is there when the last one is labeled."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar, final

Made = TypeVar("Made")

KEEP = 12
"""Previews in memory."""


@final
class PreviewShelf(Generic[Made]):
    """Previews by number, made one after the other; the last ones that were asked for are kept.

    Parameters
    ----------
    make
        Makes the preview of a number; what it raises is raised by `get`.
    """

    def __init__(self, make: Callable[[int], Made]) -> None:
        self._make, self._worker = make, ThreadPoolExecutor(1, thread_name_prefix="preview")
        self._found, self._listeners = dict[int, Future[Made]](), list[Callable[[], None]]()

    def ask(self, numbers: Sequence[int]) -> None:
        """Let previews be made, the first one next; what was asked for before and has not begun is put off."""
        for number, waiting in list(self._found.items()):
            if number not in numbers and waiting.cancel():
                del self._found[number]
        for number in numbers:
            known = self._found.pop(number, None)
            self._found[number] = known or self._begin(number)
        for number in list(self._found)[: -max(KEEP, len(numbers))]:
            if self._found[number].done():
                del self._found[number]

    def get(self, number: int) -> Made | None:
        """Return a preview; None while it is being made, which begins where it was put off for another visitor."""
        if number not in self._found:
            self._found[number] = self._begin(number)
        known = self._found[number]
        return known.result() if known.done() else None

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call somebody, from the other thread, when a preview is there; what is returned ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def close(self) -> None:
        """Make no more."""
        self._worker.shutdown(wait=True, cancel_futures=True)

    def _begin(self, number: int) -> Future[Made]:
        begun = self._worker.submit(self._make, number)
        begun.add_done_callback(lambda _: self._tell())
        return begun

    def _tell(self) -> None:
        for listener in tuple(self._listeners):
            listener()

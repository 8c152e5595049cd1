"""Keep Dask workers supplied with items, a bounded number at a time, and survive the workers that die."""

import importlib
import time
import uuid
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError
from dataclasses import dataclass, field, replace
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any, Generic, TypeVar

from skysieve.execution.attempt import Attempt, attempt_item, explain_error
from skysieve.execution.cluster import open_client
from skysieve.execution.product import Product
from skysieve.execution.recipe import ExecutionRecipe

Item = TypeVar("Item")

_PER_THREAD = 2
_COUNT_SECONDS = 2.0
_LOST = "the Dask scheduler was lost; run the same command again to go on"


@dataclass
class _Load(Generic[Item]):
    """An item on its way: how many workers died of it so far, and whether it last ran with nothing beside it."""

    key: str
    item: Item
    kills: int = 0
    alone: bool = False
    start: float = field(default_factory=time.monotonic)


def attempt_remotely(
    stage: Callable[[Item], Product], todo: Sequence[tuple[str, Item]], *, recipe: ExecutionRecipe
) -> Iterator[tuple[str, Attempt]]:
    """Run items on the workers of a recipe; yield each as it ends, in order of completion.

    Parameters
    ----------
    stage : callable
        Run on each item by ``attempt_item`` in a worker.
    todo : sequence of (str, item)
        Keys and items. About two a worker are submitted at a time, so neither this process nor the scheduler grows
        with their number.
    recipe : ExecutionRecipe
        Which workers, and how often an item is tried.

    Raises
    ------
    ConnectionError
        If the scheduler cannot be reached, or is lost.

    Notes
    -----
    When a worker dies, Dask cannot tell which of the items it held was the culprit. All of them are submitted again,
    ``retries`` times at most; one that was held by a dying worker each time is run once more at the end with no item
    beside it, and failed only if that kills its worker too.
    """
    module = str(getattr(getattr(stage, "func", stage), "__module__", "") or "")
    with open_client(recipe, preload=["skysieve.execution.attempt", *([module] if module else [])]) as client:
        yield from _supply(client, stage, todo, recipe=recipe)


def _supply(
    client: Any, stage: Callable[[Item], Product], todo: Sequence[tuple[str, Item]], *, recipe: ExecutionRecipe
) -> Iterator[tuple[str, Attempt]]:
    """Submit waiting items while there is room, then those that must run alone, one after the other."""
    run = partial(attempt_item, stage, retries=recipe.retries, threads=recipe.threads_per_worker)
    line = _Line(deque(_Load(key, item) for key, item in todo))
    flying: dict[Any, _Load[Item]] = {}
    ended: SimpleQueue[Any] = SimpleQueue()
    room = _Room(client)
    while line.waiting or line.suspects or flying:
        for load in line.leave(room.count() - len(flying), idle=not flying):
            future = client.submit(run, load.item, key=f"skysieve-{uuid.uuid4().hex}", pure=False)
            flying[future] = load
            future.add_done_callback(ended.put)
        try:
            future = ended.get(timeout=_COUNT_SECONDS)
        except Empty:  # look whether workers have joined
            continue
        load = flying.pop(future)
        attempt = _collect(future, load)
        if attempt is None:
            line.queue_again(load, recipe.retries)
        else:
            yield load.key, attempt


def _collect(future: Any, load: _Load[Any]) -> Attempt | None:
    """Return what came of an item, or None when its worker died and it is to run again."""
    killed = importlib.import_module("distributed").KilledWorker
    seconds = time.monotonic() - load.start
    try:
        attempt: Attempt = future.result()
    except killed as error:
        load.kills += error.allowed_failures + 1
        if not load.alone:
            return None
        sentence = f"its worker was killed {load.kills} times (out of memory, or a crash in compiled code)"
        return Attempt(None, sentence, load.kills, seconds)
    except CancelledError:
        raise ConnectionError(_LOST) from None
    except Exception as error:  # noqa: BLE001 -- an item that cannot be sent must not stop the others
        return Attempt(None, f"could not be sent to a worker: {explain_error(error)}", 1 + load.kills, seconds)
    return replace(attempt, attempts=attempt.attempts + load.kills) if load.kills else attempt


@dataclass
class _Line(Generic[Item]):
    """Items that are to be submitted, and those that must run alone after them."""

    waiting: deque[_Load[Item]]
    suspects: deque[_Load[Item]] = field(default_factory=deque)

    def leave(self, room: int, *, idle: bool) -> Iterator[_Load[Item]]:
        """Take out as many as there is room for; a suspect only when nothing else waits or runs."""
        if self.waiting:
            for _ in range(min(room, len(self.waiting))):
                yield self.waiting.popleft()
        elif self.suspects and idle:
            suspect = self.suspects.popleft()
            suspect.alone = True
            yield suspect

    def queue_again(self, load: _Load[Item], retries: int) -> None:
        """Put back an item whose worker died."""
        if load.kills < max(retries, 1):
            self.waiting.appendleft(load)
        else:
            self.suspects.append(load)


class _Room:
    """How many items the cluster may hold, counted again every few seconds because clusters grow and shrink."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._count = 0
        self._expires = 0.0

    def count(self) -> int:
        """Return twice the number of worker threads; as for one thread where there is none yet."""
        if time.monotonic() >= self._expires:
            try:
                threads = sum(self._client.nthreads().values())
            except OSError:
                raise ConnectionError(_LOST) from None
            self._count = _PER_THREAD * max(1, threads)
            self._expires = time.monotonic() + _COUNT_SECONDS
        return self._count

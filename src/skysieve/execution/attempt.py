"""Run the stage on one item where it is computed, and turn whatever happens into a small record."""

import errno
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from skysieve.execution.product import Product
from skysieve.execution.threads import limit_threads

Item = TypeVar("Item")

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_LASTING = (FileNotFoundError, PermissionError, IsADirectoryError, NotADirectoryError, FileExistsError)
_FIRST_PAUSE = 0.1


@dataclass(frozen=True)
class Attempt:
    """What came of an item: a product, or one sentence; ``disk_full`` asks for the run to stop."""

    product: Product | None
    error: str
    attempts: int
    seconds: float
    disk_full: bool = False


def attempt_item(stage: Callable[[Item], Product], item: Item, *, retries: int, threads: int) -> Attempt:
    """Run a stage on an item, again while it fails in a way that could pass by itself.

    Parameters
    ----------
    stage : callable
        Gets the item, writes its files whole, returns their Product.
    item : object
        One item.
    retries : int
        Further tries after an ``OSError`` (a missing or forbidden file excepted) or a ``MemoryError``, with a pause
        before each that doubles from 0.1 s.
    threads : int
        Cap on the threads of numerical libraries.

    Returns
    -------
    Attempt
        Also when the stage raised; only KeyboardInterrupt passes through.
    """
    start = time.monotonic()
    with limit_threads(threads):
        for tries in range(1, retries + 2):
            try:
                product = _run(stage, item)
            except (Exception, SystemExit) as error:  # noqa: BLE001 -- one item must not stop the others
                full = is_disk_full(error)
                if full or not _may_pass(error) or tries > retries:
                    return Attempt(None, explain_error(error), tries, time.monotonic() - start, full)
                time.sleep(_FIRST_PAUSE * 2 ** (tries - 1))
            else:
                return Attempt(product, "", tries, time.monotonic() - start)
    raise AssertionError(retries)  # the last try always returns


def is_disk_full(error: BaseException) -> bool:
    """Return whether an error, or one that it was raised from, says that the disk or the quota is full."""
    link: BaseException | None = error
    while link is not None:
        if isinstance(link, OSError) and link.errno in _FULL:
            return True
        link = link.__cause__ or link.__context__
    return False


def explain_error(error: BaseException) -> str:
    """Return an error as one line; a programming error also names the line that raised it."""
    text = " ".join(str(error).split())
    if text and isinstance(error, (ValueError, OSError)):
        return text
    frames = traceback.extract_tb(error.__traceback__)
    where = f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {text or 'no message'}{where}"


def _run(stage: Callable[[Item], Product], item: Item) -> Product:
    product: object = stage(item)
    if not isinstance(product, Product):
        raise TypeError(f"the stage returned {type(product).__name__}; a Product is wanted")
    return product


def _may_pass(error: BaseException) -> bool:
    return isinstance(error, (OSError, MemoryError)) and not isinstance(error, _LASTING)

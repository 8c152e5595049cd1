"""Map a stage over items: skip what is done, compute the rest somewhere, record each outcome as it comes."""

import errno
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from pathlib import Path
from typing import TypeVar

from skysieve.execution.attempt import Attempt, attempt_item, is_disk_full
from skysieve.execution.fleet import attempt_remotely
from skysieve.execution.ledger import Ledger
from skysieve.execution.product import Outcome, Product
from skysieve.execution.recipe import ExecutionRecipe

Item = TypeVar("Item")


def map_items(
    stage: Callable[[Item], Product],
    items: Sequence[Item],
    *,
    keys: Sequence[str],
    ledger: Ledger,
    recipe: ExecutionRecipe,
    on_done: Callable[[Outcome], None],
) -> list[Outcome]:
    """Run a stage on every item that the ledger does not hold, and return the outcomes in item order.

    Parameters
    ----------
    stage : callable
        Gets one item, writes its files whole into ``ledger.folder`` and returns their Product. It and the items are
        pickled when they are computed in another process, so it is a function of an importable module (or a
        ``functools.partial`` of one).
    items : sequence
        What to run it on.
    keys : sequence of str
        A name an item, unique in the run, the same in each run.
    ledger : Ledger
        Of the run folder, from ``open_ledger``.
    recipe : ExecutionRecipe
        Where to compute.
    on_done : callable
        Gets each Outcome in this process as soon as it is recorded: skipped ones first, then in order of completion.

    Returns
    -------
    list of Outcome
        One an item, in the order of the items; empty for no items. A failed item is an Outcome, not an exception.

    Raises
    ------
    ValueError
        If there are not as many keys as items, or a key occurs twice.
    OSError
        If the disk is full (``errno`` is ``ENOSPC``): the run stops, what was recorded stays.
    ConnectionError
        If the cluster cannot be reached, or is lost.
    KeyboardInterrupt
        If interrupted: workers are stopped, what was recorded stays.
    """
    _check_keys(keys, len(items))
    outcomes = _skip_done(keys, ledger, on_done)
    todo = [(key, item) for key, item in zip(keys, items, strict=True) if key not in outcomes]
    with closing(_attempt_all(stage, todo, recipe)) as attempts:
        for key, attempt in attempts:
            outcomes[key] = _record(key, attempt, ledger)
            on_done(outcomes[key])
    return [outcomes[key] for key in keys]


def _check_keys(keys: Sequence[str], count: int) -> None:
    if len(keys) != count:
        raise ValueError(f"{len(keys)} keys for {count} items; one key an item is wanted")
    if len(set(keys)) < len(keys):
        twice = next(key for key, count in Counter(keys).items() if count > 1)
        raise ValueError(f"{twice}: two items have this key; give each its own")


def _skip_done(keys: Sequence[str], ledger: Ledger, on_done: Callable[[Outcome], None]) -> dict[str, Outcome]:
    """Return an Outcome for each key whose product is there and intact."""
    skipped = {}
    for key in keys:
        product = ledger.find_done(key)
        if product is not None:
            skipped[key] = Outcome(key, "skipped", product)
            on_done(skipped[key])
    return skipped


def _attempt_all(
    stage: Callable[[Item], Product], todo: Sequence[tuple[str, Item]], recipe: ExecutionRecipe
) -> Generator[tuple[str, Attempt], None, None]:
    """Run all items here or on workers, each yielded when it ends."""
    if not todo:
        return
    if not recipe.inline:
        yield from attempt_remotely(stage, todo, recipe=recipe)
        return
    for key, item in todo:
        yield key, attempt_item(stage, item, retries=recipe.retries, threads=recipe.threads_per_worker)


def _record(key: str, attempt: Attempt, ledger: Ledger) -> Outcome:
    """Write what came of an item to the ledger; a full disk stops the run."""
    if attempt.disk_full:
        raise _make_full(ledger.folder)
    error = attempt.error or _find_absent(attempt.product, ledger.folder)
    product = None if error else attempt.product
    outcome = Outcome(key, "failed" if error else "done", product, error, attempt.attempts, attempt.seconds)
    try:
        ledger.record(outcome)
    except OSError as problem:
        raise (_make_full(ledger.folder) if is_disk_full(problem) else problem) from None
    return outcome


def _find_absent(product: Product | None, folder: Path) -> str:
    """Return a sentence about the first file that cannot be seen from here, or an empty text."""
    for file in product.files if product else ():
        if not (folder / file.path).is_file():
            return f"{folder / file.path} is not there although a worker wrote it; workers must share the run folder"
    return ""


def _make_full(folder: Path) -> OSError:
    """Return the error of a full disk, whose text is one sentence without the number."""
    error = OSError(f"{folder}: the disk is full; free some space and run the same command again to go on")
    error.errno = errno.ENOSPC
    return error

"""Exposures judged as they arrive in a folder, each once, also after a restart."""

import time
from collections.abc import Callable
from functools import partial
from typing import Any

from skysieve.execution.attempt import attempt_item
from skysieve.quality.arrivals import Stamp, find_settled, list_stamps
from skysieve.quality.assess_recipe import AssessRecipe
from skysieve.quality.assessing import describe_failure
from skysieve.quality.parts import Item, judge_item, write_part
from skysieve.quality.watch_state import Watch, WatchState, open_watch

Told = Callable[[dict[str, Any]], None]


def watch_folder(watch: Watch, recipe: AssessRecipe, *, on_judged: Told) -> None:
    """Judge exposures as they arrive, until interrupted.

    Parameters
    ----------
    watch : Watch
        What is watched.
    recipe : AssessRecipe
        How exposures are judged.
    on_judged : callable
        Gets the facts of each exposure (see ``summarize_row``) when its row is in the table.

    Raises
    ------
    ValueError
        If there is no such folder, the weights are unusable, or the verdicts beside which the state lies are those of
        another folder or recipe.

    Notes
    -----
    A row is written when its exposure has been judged and never changed while the exposure's file is the same. What is
    usual for a camera is learned, as far as the recipe does not tell it, from its first three exposures when these have
    been judged, and again from its first ten; it is kept, and holds for the exposures that come after. So the order
    of arrival decides the rows, and a restart does not change them. A file whose content has changed is another
    exposure of the same name: it is judged, and its row takes the place of the old one.
    """
    before: dict[str, Stamp] = {}
    outputs = {path.absolute() for path in (watch.verdicts, watch.detectors) if path is not None}
    list_stamps(watch.folder, watch.pattern)
    with open_watch(watch, recipe) as state:
        while True:
            now = list_stamps(watch.folder, watch.pattern, without=outputs)
            new = {name: stamp for name, stamp in now.items() if not state.knows(name, stamp)}
            settled = find_settled(new, before)
            for name in settled:
                _judge(name, new[name], state, on_judged=on_judged)
            if watch.once and len(settled) == len(new):
                return
            before = now
            time.sleep(watch.interval)


def _judge(name: str, stamp: Stamp, state: WatchState, *, on_judged: Told) -> None:
    """Judge one exposure; one that is gone, or changes meanwhile, is left for another look."""
    path = state.folder / name
    if not path.is_file() or state.recognizes(name, stamp):
        return
    item = Item(path, name, state.next_key())
    judge = partial(judge_item, folder=state.run, recipe=state.recipe, learned=state.learned)
    attempt = attempt_item(judge, item, retries=0, threads=1)
    product = attempt.product or write_part(state.run, item.key, describe_failure(name, attempt.error), [])
    if list_stamps(path.parent, path.name).get(path.name, stamp) != stamp:
        return
    state.record(name, stamp, key=item.key, facts=dict(product.facts))
    on_judged(dict(product.facts))

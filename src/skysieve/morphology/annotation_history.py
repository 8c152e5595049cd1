"""Undo and redo of everything: an immutable history of states, and the lines of the journal that tell it again."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import TypeAdapter

from skysieve.morphology.annotation_actions import Action, Drawings, apply_action

Move = Action | Literal["undo", "redo"]
ACTIONS = TypeAdapter(Action)
"""Made once, for a history has thousands of them."""


@dataclass(frozen=True)
class History:
    """Where one is, how one came there, and what was undone.

    Attributes
    ----------
    past
        Each action with the state before it, the oldest first.
    present
        The state now.
    future
        Each undone action with the state after it, the next to redo last.
    """

    present: Drawings
    past: tuple[tuple[Action, Drawings], ...] = ()
    future: tuple[tuple[Action, Drawings], ...] = ()


def move(history: History, step: Move) -> History:
    """Return the history after an action, an undo or a redo.

    Raises
    ------
    ValueError
        If there is nothing to undo, to redo or to do: a sentence for the person who asked.

    Examples
    --------
    >>> history = move(History(Drawings()), Action("add_label", label="lobe"))
    >>> move(history, "undo").present.palette, move(move(history, "undo"), "redo").present.palette
    ((), ('lobe',))
    """
    if isinstance(step, Action):
        after = apply_action(history.present, step)
        return History(after, (*history.past, (step, history.present)))
    if step == "undo":
        if not history.past:
            raise ValueError("There is nothing to undo.")
        action, before = history.past[-1]
        return History(before, history.past[:-1], (*history.future, (action, history.present)))
    if not history.future:
        raise ValueError("There is nothing to redo.")
    action, after = history.future[-1]
    return History(after, (*history.past, (action, history.present)), history.future[:-1])


def dump_move(step: Move) -> Any:
    """Return a step as plain values, ready for JSON."""
    return ACTIONS.dump_python(step, mode="json") if isinstance(step, Action) else step


def parse_move(plain: Any) -> Move:
    """Return the step that `dump_move` made plain values of.

    Raises
    ------
    ValueError
        If it is not one.
    """
    if plain == "undo":
        return "undo"
    return "redo" if plain == "redo" else ACTIONS.validate_json(json.dumps(plain), strict=True)


def replay(start: Drawings, steps: Iterable[Any]) -> History:
    """Return the history that plain steps tell, from a first state on."""
    history = History(start)
    for plain in steps:
        history = move(history, parse_move(plain))
    return history

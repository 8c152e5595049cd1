"""What a person can do to the annotations of a map: pure steps from one state to the next."""

from dataclasses import dataclass, field, replace
from typing import ClassVar, Literal

from pydantic import ConfigDict

from skysieve.config import STRICT
from skysieve.morphology.annotation import Drawing, Stroke, make_given
from skysieve.records.annotations import Annotations

ActionKind = Literal[
    "draw", "threshold", "delete_last", "clear", "label_neuron", "add_label", "rename_label", "remove_label"
]
LONGEST_LABEL = 60
EMPTY = Drawing()


@dataclass(frozen=True)
class Action:
    """One change, as plain values.

    Attributes
    ----------
    kind
        What is done.
    neuron
        To which neuron; -1 for changes of the label table.
    label, new
        The label it is about, and its new name.
    labels, sigma
        For a threshold: the labels whose fills get it, and the threshold.
    stroke
        What is drawn.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    kind: ActionKind
    neuron: int = -1
    label: str = ""
    new: str = ""
    labels: tuple[str, ...] = ()
    sigma: float = 0.0
    stroke: Stroke | None = None


@dataclass(frozen=True)
class Drawings:
    """The label table, and the drawing of each neuron that has one; never changed in place."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    palette: tuple[str, ...] = ()
    neurons: dict[int, Drawing] = field(default_factory=dict)

    def get(self, neuron: int) -> Drawing:
        """Return the drawing of a neuron, an empty one where nothing was done."""
        return self.neurons.get(neuron, EMPTY)


def load_drawings(annotations: Annotations) -> Drawings:
    """Take annotations as the start: their regions as they are, their labels as the table."""
    palette = dict.fromkeys(
        label
        for one in annotations.neurons
        for label in (*(region.label for region in one.regions), *one.labels)
        if label
    )
    neurons = {one.neuron: Drawing(one.labels, tuple(map(make_given, one.regions))) for one in annotations.neurons}
    return Drawings(tuple(palette), neurons)


def apply_action(drawings: Drawings, action: Action) -> Drawings:
    """Return the state after an action.

    Raises
    ------
    ValueError
        If there is nothing to do: a sentence for the person who asked.
    """
    if action.kind == "add_label":
        label = _check_label(action.label, drawings)
        return replace(drawings, palette=(*drawings.palette, label))
    if action.kind in {"rename_label", "remove_label"}:
        return _change_palette(drawings, action)
    drawing = _change_drawing(drawings.get(action.neuron), action)
    named = {label for stroke in drawing.strokes for label in stroke.labels} | set(drawing.labels)
    palette = (*drawings.palette, *sorted(named - {"", *drawings.palette}))
    return Drawings(palette, drawings.neurons | {action.neuron: drawing})


def describe_action(action: Action) -> str:
    """Return a few words for the buttons that undo and redo it.

    Examples
    --------
    >>> describe_action(Action("draw", 3, stroke=Stroke("lasso", ("lobe",))))
    'outline of lobe on neuron 3'
    """
    where = f" on neuron {action.neuron}"
    if action.stroke is not None:
        verb = {"fill": "fill of", "lasso": "outline of", "given": "mask of"}.get(action.stroke.kind, "erasing")
        return f"{verb} {', '.join(action.stroke.labels) or 'a region'}{where}"
    return {
        "threshold": f"threshold {action.sigma:g} sigma{where}",
        "delete_last": f"deleting the last stroke{where}",
        "clear": f"clearing{where}",
        "label_neuron": f"label {action.label}{where}",
        "add_label": f"new label {action.label}",
        "rename_label": f"renaming {action.label} to {action.new}",
        "remove_label": f"removing label {action.label}",
    }[action.kind]


def _change_drawing(drawing: Drawing, action: Action) -> Drawing:
    strokes = drawing.strokes
    if action.kind == "draw" and action.stroke is not None:
        return replace(drawing, strokes=(*strokes, action.stroke))
    if action.kind == "label_neuron":
        others = tuple(label for label in drawing.labels if label != action.label)
        return replace(drawing, labels=others if action.label in drawing.labels else (*others, action.label))
    if not strokes:
        raise ValueError("Nothing is drawn on this neuron.")
    if action.kind == "threshold":
        return replace(drawing, strokes=tuple(_set_threshold(stroke, action) for stroke in strokes))
    return replace(drawing, strokes=() if action.kind == "clear" else strokes[:-1])


def _set_threshold(stroke: Stroke, action: Action) -> Stroke:
    concerned = bool(set(stroke.labels) & set(action.labels)) or stroke.labels == action.labels == ()
    return replace(stroke, sigma=action.sigma) if stroke.kind == "fill" and concerned else stroke


def _change_palette(drawings: Drawings, action: Action) -> Drawings:
    if action.label not in drawings.palette:
        raise ValueError(f"There is no label {action.label!r}.")
    renaming = action.kind == "rename_label"
    new = (_check_label(action.new, drawings),) if renaming else ()
    return Drawings(
        _swap(drawings.palette, action.label, new),
        {neuron: _swap_labels(drawing, action.label, new) for neuron, drawing in drawings.neurons.items()},
    )


def _swap_labels(drawing: Drawing, old: str, new: tuple[str, ...]) -> Drawing:
    """Rename a label, or forget it with all that was drawn for it alone."""
    if old not in drawing.labels and not any(old in stroke.labels for stroke in drawing.strokes):
        return drawing
    swapped = (replace(stroke, labels=_swap(stroke.labels, old, new)) for stroke in drawing.strokes)
    kept = (after for before, after in zip(drawing.strokes, swapped, strict=True) if after.labels or not before.labels)
    return Drawing(_swap(drawing.labels, old, new), tuple(kept))


def _swap(labels: tuple[str, ...], old: str, new: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(one for label in labels for one in (new if label == old else (label,)))


def _check_label(label: str, drawings: Drawings) -> str:
    text = " ".join(label.split())
    if not text or len(text) > LONGEST_LABEL or not text.isprintable():
        raise ValueError(f"A label is a text of 1 to {LONGEST_LABEL} characters.")
    if text in drawings.palette:
        raise ValueError(f"There is a label {text!r} already.")
    return text

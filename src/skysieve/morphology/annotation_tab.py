"""What one visitor of the annotation page sees and does: which neuron is open, which labels are drawn with."""

from collections.abc import Callable, Mapping
from typing import Any, final

import numpy as np
from jaxtyping import Float

from skysieve.config import parse_recipe
from skysieve.morphology.annotation_actions import Action, describe_action
from skysieve.morphology.annotation_desk import AnnotationDesk
from skysieve.morphology.annotation_history import Move
from skysieve.morphology.nearest_images import NearestImages
from skysieve.pages.pixels import pack_image, pack_mask, pack_miniatures
from skysieve.records.annotations import count_labels
from skysieve.som.lattice import Lattice

COLORS = (
    "#56b4e9", "#ff9f1c", "#2fd6a3", "#ff6fb5", "#f0e442", "#a98bff",
    "#ff5c4d", "#9be15d", "#4f86ff", "#d0a377", "#00e5e5", "#ffffff",
)  # fmt: skip
FIRST_SIGMA, LOWEST_SIGMA, HIGHEST_SIGMA = 2.0, 0.5, 99.5
MATCHES = 8


@final
class AnnotationTab:
    """One visitor's view of a desk.

    Parameters
    ----------
    desk
        Where the annotations are.
    lattice, bands
        Of the map; without names the channels are counted.
    nearest
        The images that match, when they are known.
    neuron
        The one to open; default: the first without annotation.
    """

    def __init__(
        self,
        desk: AnnotationDesk,
        lattice: Lattice,
        *,
        bands: tuple[str, ...] = (),
        nearest: NearestImages | None = None,
        neuron: int | None = None,
    ) -> None:
        self._desk, self._lattice, self._nearest = desk, lattice, nearest
        self._bands = bands or tuple(f"channel {number}" for number in range(1, desk.pixels.shape[1] + 1))
        self._ticked, self._sigma, self._live = desk.history.present.palette[:1], FIRST_SIGMA, True
        self._note, self._failed, self._answered = "", False, 0
        self._neuron, self._scene = 0, dict[str, Any]()
        self._open(self._find_open(0) if neuron is None else neuron)

    def answer(self, message: Mapping[str, Any]) -> None:
        """Do what the visitor asks for; what cannot be done becomes a note to show."""
        self._note, self._failed, self._answered = "", False, int(message.get("number", 0))
        try:
            self._answer(message)
        except OSError as problem:
            self._note, self._failed = f"Not saved, so not done: {problem}", True
        except (ValueError, TypeError, KeyError) as problem:
            self._note = str(problem).splitlines()[0]
        palette = self._desk.history.present.palette
        self._ticked = tuple(label for label in self._ticked if label in palette)

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call somebody after each change of the annotations."""
        return self._desk.listen(listener)

    def show_atlas(self) -> dict[str, Any]:
        """Return the map in miniature."""
        pixels = self._desk.pixels
        side = int(np.clip((500_000 / len(pixels)) ** 0.5, 4, 40))
        edge = int(pixels.shape[-1] * (1 - 0.5**0.5) / 2)  # a rotated image does not fill the corners
        names = [", ".join(map(str, cell)) for cell in self._lattice.make_cells().tolist()]
        return {
            "cells": place_cells(self._lattice).tolist(),
            "names": names,
            "side": side,
            "miniatures": pack_miniatures(pixels[:, 0, edge:-edge, edge:-edge] if edge else pixels[:, 0], side),
            "hexagonal": self._lattice.hexagonal,
            "folder": str(self._desk.folder),
            "matching": self._nearest is not None,
        }

    def show_scene(self) -> dict[str, Any]:
        """Return the pixels of the open neuron and of the images that match it."""
        if self._scene.get("neuron") != self._neuron:
            pixels = self._desk.pixels[self._neuron]
            channels = [
                {"name": name, "sigma": float(np.nanstd(plane)), **pack_image(plane)}
                for name, plane in zip(self._bands, pixels, strict=True)
            ]
            self._scene = {"neuron": self._neuron, "channels": channels, **self._show_matches()}
        return self._scene

    def show_state(self) -> dict[str, Any]:
        """Return labels, regions and progress."""
        history, annotations = self._desk.history, self._desk.get_annotations()
        shown = self._desk.draw(self._neuron)
        counts = count_labels(annotations)
        return {
            "answered": self._answered,
            "neuron": self._neuron,
            "sigma": self._sigma,
            "live": self._live,
            "ticked": list(self._ticked),
            "note": self._note,
            "failed": self._failed,
            "labels": list(shown.labels),
            "palette": [
                {"label": label, "color": COLORS[number % len(COLORS)], "neurons": counts.get(label, 0)}
                for number, label in enumerate(history.present.palette)
            ],
            "regions": [
                {"label": one.label, "channel": one.channel, "pixels": int(one.mask.sum()), "bits": pack_mask(one.mask)}
                for one in shown.regions
            ],
            "seeds": [
                [*stroke.points[0], stroke.channel]
                for stroke in history.present.get(self._neuron).strokes
                if stroke.kind == "fill"
            ],
            "done": [one.neuron for one in annotations.neurons],
            "undo": describe_action(history.past[-1][0]) if history.past else "",
            "redo": describe_action(history.future[-1][0]) if history.future else "",
        }

    def _answer(self, message: Mapping[str, Any]) -> None:
        verb = message["do"]
        if verb == "go":
            self._open(int(message["neuron"]))
        elif verb == "step":
            self._open((self._neuron + int(message["by"])) % self._lattice.n_neurons)
        elif verb == "next_open":
            self._open(self._find_open(self._neuron + 1))
        elif verb == "tick":
            self._tick(str(message["label"]), alone=bool(message["alone"]))
        elif verb == "live":
            self._live = not self._live
        elif verb == "sigma":
            self._set_sigma(self._sigma + float(message["by"]))
        else:
            self._act(self._make_step(message))

    def _act(self, step: Move) -> None:
        neuron = self._desk.act(step)
        if isinstance(step, Action):
            self._ticked = {"add_label": (step.label,), "rename_label": self._rename_ticked(step)}.get(
                step.kind, self._ticked
            )
            return
        if neuron >= 0:
            self._open(neuron)
        self._follow_threshold()

    def _rename_ticked(self, step: Action) -> tuple[str, ...]:
        return tuple(step.new if label == step.label else label for label in self._ticked)

    def _make_step(self, message: Mapping[str, Any]) -> Move:
        verb = message["do"]
        if verb in {"undo", "redo"}:
            return "undo" if verb == "undo" else "redo"
        plain: dict[str, Any] = {"kind": verb, "neuron": self._neuron}
        if verb in {"fill", "lasso", "erase", "remove"}:
            stroke = {"kind": verb, "labels": self._ticked, "sigma": self._sigma if verb == "fill" else 0.0}
            stroke |= {"channel": message["channel"], "points": message["points"]}
            if not 0 <= message["channel"] < len(self._bands) or not message["points"]:
                raise ValueError(f"There is no channel {message['channel']}, or no point was given.")
            return parse_recipe(Action, {"kind": "draw", "neuron": self._neuron, "stroke": stroke})
        for key in ("label", "new"):
            plain[key] = " ".join(str(message.get(key, "")).split())
        return parse_recipe(
            Action, plain if verb in {"clear", "delete_last", "label_neuron"} else plain | {"neuron": -1}
        )

    def _tick(self, label: str, *, alone: bool) -> None:
        others = tuple(one for one in self._ticked if one != label)
        if alone:
            self._ticked = () if self._ticked == (label,) else (label,)
        else:
            self._ticked = others if label in self._ticked else (*others, label)
        self._follow_threshold()

    def _set_sigma(self, sigma: float) -> None:
        """Change the threshold, and that of the fills of the ticked labels where it acts at once."""
        sigma = float(np.clip(sigma, LOWEST_SIGMA, HIGHEST_SIGMA))
        if self._live and any(one != sigma for one in self._list_thresholds()):
            self._desk.act(Action("threshold", self._neuron, labels=self._ticked, sigma=sigma))
        self._sigma = sigma

    def _list_thresholds(self) -> list[float]:
        """Return the thresholds of the fills, on the open neuron, of the ticked labels."""
        fills = (one for one in self._desk.history.present.get(self._neuron).strokes if one.kind == "fill")
        ticked = set(self._ticked)
        return [one.sigma for one in fills if ticked & set(one.labels) or one.labels == self._ticked == ()]

    def _follow_threshold(self) -> None:
        """Go on from the threshold of the last such fill, where there is one."""
        self._sigma = (self._list_thresholds() or [self._sigma])[-1]

    def _open(self, neuron: int) -> None:
        if not 0 <= neuron < self._lattice.n_neurons:
            raise ValueError(f"neuron {neuron}: the map has neurons 0 to {self._lattice.n_neurons - 1}")
        self._neuron = neuron
        self._follow_threshold()

    def _find_open(self, start: int) -> int:
        """Return the next neuron without annotation, or the start where all have one."""
        done = {one.neuron for one in self._desk.get_annotations().neurons}
        count = self._lattice.n_neurons
        return next((at % count for at in range(start, start + count) if at % count not in done), start % count)

    def _show_matches(self) -> dict[str, Any]:
        if self._nearest is None:
            return {"matched": 0, "matches": []}
        found = self._nearest.turn(self._neuron, count=MATCHES, side=self._desk.pixels.shape[-1])
        matches = [
            {"row": one.row, "distance": one.distance, "channels": [pack_image(plane) for plane in one.pixels]}
            for one in found
        ]
        return {"matched": self._nearest.count(self._neuron), "matches": matches}


def place_cells(lattice: Lattice) -> Float[np.ndarray, "neuron 2"]:
    """Return where neurons stand on a page, in cells, y downward: rows of a long line, layers side by side.

    Examples
    --------
    >>> place_cells(Lattice((5,)))[-1], place_cells(Lattice((2, 2, 2)))[-1]
    (array([1., 1.]), array([3.5, 1. ]))
    """
    positions = lattice.make_positions()
    if positions.shape[1] == 1:
        wide = int(np.ceil(np.sqrt(len(positions))))
        return np.column_stack([positions[:, 0] % wide, positions[:, 0] // wide])
    if positions.shape[1] == 3:
        return np.column_stack([positions[:, 0] + positions[:, 2] * (lattice.shape[0] + 0.5), positions[:, 1]])
    return positions - positions.min(axis=0)

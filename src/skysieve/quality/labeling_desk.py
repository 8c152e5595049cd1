"""What one visitor of the labeling page sees and does: which exposure is open, how sure one is, what is kept hidden."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol, final, runtime_checkable

from skysieve.io.exposurelabels import SURENESS, ExposureLabel
from skysieve.io.exposures import InputRecipe
from skysieve.quality.exposure_preview import Crop, ExposurePreview, cut_crop
from skysieve.quality.focal_plane import find_tile
from skysieve.quality.labeling import KEYS, LABELS, MEANINGS, Undo, count_by_rater
from skysieve.quality.labeling_book import LabelBook
from skysieve.quality.labeling_scene import describe_opinion, pack_scene

USUAL_SURENESS = SURENESS[1]
"""Of who does not say how sure."""

AHEAD = 2
"""Exposures that are prepared while somebody looks at one."""


@runtime_checkable
class Previews(Protocol):
    """Previews of exposures by their numbers, made ahead."""

    def ask(self, numbers: Sequence[int]) -> None:
        """Let previews be made, the first one next."""

    def get(self, number: int) -> ExposurePreview | None:
        """Return a preview; None while it is being made."""

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call somebody when a preview is there; what is returned ends that."""


@dataclass(frozen=True)
class LabelingDesk:
    """What all visitors of a page share: the exposures in their order, whose labels they give, and where these go."""

    paths: tuple[Path, ...]
    rater: str
    book: LabelBook
    shelf: Previews
    inputs: InputRecipe

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of the exposures."""
        return tuple(path.name for path in self.paths)

    def get_label(self, number: int) -> ExposureLabel | None:
        """Return what the rater said of an exposure."""
        return self.book.notebook.get(self.paths[number].name, self.rater)


@final
class LabelingTab:
    """One visitor's view of a desk; what the model says stays hidden until the visitor decides, or asks."""

    def __init__(self, desk: LabelingDesk) -> None:
        self._desk, self._number, self._advance = desk, 0, True
        self._sureness, self._asked, self._known = USUAL_SURENESS, False, set[int]()
        self._crop: Crop | None = None
        self._since, self._last = 0.0, dict[str, Any]()
        self._note, self._failed, self._answered = "", False, 0
        self._scene: tuple[object, dict[str, Any]] = (None, {})
        self._open(self._find_open(0))

    def answer(self, message: Mapping[str, Any]) -> None:
        """Do what the visitor asks for; what cannot be done becomes a note to show."""
        self._note, self._failed, self._answered = "", False, int(message.get("number", 0))
        try:
            self._answer(message)
        except OSError as problem:
            self._note, self._failed = f"Not saved, so not done: {problem}", True
        except (ValueError, TypeError, KeyError) as problem:
            self._note = str(problem).splitlines()[0]

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call somebody after each label, and when an exposure is ready to be looked at."""
        leave_book, leave_shelf = self._desk.book.listen(listener), self._desk.shelf.listen(listener)

        def leave() -> None:
            leave_book()
            leave_shelf()

        return leave

    def show_atlas(self) -> dict[str, Any]:
        """Return what never changes: the keys, whose labels these are, where they go."""
        return {
            "rater": self._desk.rater,
            "file": str(self._desk.book.path),
            "names": list(self._desk.names),
            "keys": [[key, label, MEANINGS[label]] for key, label in KEYS.items()],
            "sureness": list(SURENESS),
        }

    def show_scene(self) -> dict[str, Any]:
        """Return the pictures and numbers of the open exposure, as far as they are ready."""
        preview = self._get_preview()
        if preview is None:
            return {"number": self._number, "ready": False}
        if not self._since:
            self._since = time.monotonic()
        crop = self._crop or preview.crop
        if self._scene[0] is not crop or self._scene[1].get("number") != self._number:
            self._scene = (crop, {"number": self._number, "ready": True, **pack_scene(preview, crop)})
        return self._scene[1]

    def show_state(self) -> dict[str, Any]:
        """Return labels, progress, and what the model says where the visitor may know it."""
        label, names = self._desk.get_label(self._number), self._desk.names
        preview = self._get_preview()
        shown = preview is not None and (self._asked or label is not None)
        if shown:
            self._known.add(self._number)
        marks = {given: key for key, given in KEYS.items()}
        found = (self._desk.get_label(number) for number in range(len(names)))
        return {
            "answered": self._answered,
            "number": self._number,
            "label": "" if label is None else label.label,
            "sureness": self._sureness if label is None else label.sureness,
            "advance": self._advance,
            "opinion": describe_opinion(preview) if preview is not None and shown else {},
            "last": self._last,
            "marks": "".join("-" if one is None else marks.get(one.label, "?") for one in found),
            "raters": count_by_rater(self._desk.book.notebook, names),
            "note": self._note,
            "failed": self._failed,
        }

    def _answer(self, message: Mapping[str, Any]) -> None:
        verbs: dict[str, Callable[[], None]] = {
            "label": lambda: self._label(str(message["label"]), int(message["exposure"])),
            "sure": lambda: self._set_sureness(int(message["sureness"])),
            "undo": self._undo,
            "step": lambda: self._open((self._number + int(message["by"])) % len(self._desk.paths)),
            "go": lambda: self._open(int(message["exposure"])),
            "next_open": lambda: self._open(self._find_open(self._number + 1)),
            "reveal": self._reveal,
            "advance": self._switch_advance,
            "look": lambda: self._look(float(message["x"]), float(message["y"])),
        }
        if message["do"] not in verbs:
            raise ValueError(f"There is nothing called {message['do']}.")
        verbs[message["do"]]()

    def _reveal(self) -> None:
        self._asked = True

    def _switch_advance(self) -> None:
        self._advance = not self._advance

    def _label(self, label: str, exposure: int) -> None:
        if exposure != self._number:
            raise ValueError("That key was meant for an exposure that was no longer open: press it again.")
        if label not in LABELS:
            raise ValueError(f"There is no label {label}.")
        if self._get_preview() is None:
            raise ValueError("Wait until the exposure is there: nobody labels what nobody saw.")
        before = self._desk.get_label(self._number)
        blind = before is None and not self._asked and self._number not in self._known
        self._desk.book.act(
            ExposureLabel(
                self._desk.paths[self._number].name, self._desk.rater, label,
                self._sureness if before is None else before.sureness,
                datetime.now(UTC).isoformat(timespec="seconds"), round(time.monotonic() - self._since, 2), blind=blind,
            )
        )  # fmt: skip
        self._remember(label)
        self._sureness = USUAL_SURENESS
        if self._advance and before is None:
            self._go_on()

    def _set_sureness(self, sureness: int) -> None:
        """Change how sure the label of this exposure is, or will be."""
        if sureness not in SURENESS:
            raise ValueError(f"How sure is {SURENESS[0]} to {SURENESS[-1]}.")
        before = self._desk.get_label(self._number)
        if before is None:
            self._sureness = sureness
        elif before.sureness != sureness:
            self._desk.book.act(replace(before, sureness=sureness))

    def _undo(self) -> None:
        self._desk.book.refresh()
        done = self._desk.book.notebook.done.get(self._desk.rater, ())
        self._desk.book.act(Undo(self._desk.rater))
        name = done[-1][0][0]
        if name not in self._desk.names:
            raise ValueError(f"Undone: the label of {name}, which is not among these exposures.")
        self._last = {}
        self._open(self._desk.names.index(name))
        self._note = f"Undone: {name}."

    def _remember(self, label: str) -> None:
        """Keep what was said last, with what the model says of it."""
        preview = self._get_preview()
        opinion = {} if preview is None else describe_opinion(preview)
        self._last = {"number": self._number, "label": label, "opinion": opinion}
        self._known.add(self._number)

    def _go_on(self) -> None:
        number = self._find_open(self._number + 1)
        if self._desk.get_label(number) is not None:
            self._note = "All exposures have your label."
            return
        self._open(number)

    def _open(self, number: int) -> None:
        if not 0 <= number < len(self._desk.paths):
            raise ValueError(f"There are exposures 0 to {len(self._desk.paths) - 1}.")
        self._number, self._asked, self._crop, self._since = number, False, None, 0.0
        self._sureness = USUAL_SURENESS
        wanted = [number]
        for _ in range(AHEAD):
            wanted.append(self._find_open(wanted[-1] + 1))
        self._desk.shelf.ask(list(dict.fromkeys(wanted)))

    def _look(self, x: float, y: float) -> None:
        """Show a part of the detector at a place of the small picture in full."""
        preview = self._get_preview()
        tile = -1 if preview is None else find_tile(preview.tiles, x, y)
        if preview is None or tile < 0:
            raise ValueError("There is nothing to look at.")
        place = preview.tiles[tile]
        center = ((x - place.x) * preview.binning, (y - place.y) * preview.binning)
        address = preview.seen.addresses[tile]
        self._crop = cut_crop(address, self._desk.inputs, tile=tile, x=center[0], y=center[1])

    def _get_preview(self) -> ExposurePreview | None:
        try:
            return self._desk.shelf.get(self._number)
        except (OSError, ValueError, RuntimeError) as problem:
            self._note = f"This exposure cannot be shown: {problem}"
            return None

    def _find_open(self, start: int) -> int:
        """Return the next exposure without the rater's label, or the start where all have one."""
        count = len(self._desk.paths)
        order = (at % count for at in range(start, start + count))
        return next((at for at in order if self._desk.get_label(at) is None), start % count)

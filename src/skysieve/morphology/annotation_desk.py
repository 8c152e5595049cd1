"""The annotations of one map while somebody works on them: every change is on disk before it is shown."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, final

from jaxtyping import Float32
from numpy import array_equal, ndarray

from skysieve.config import dump_recipe, parse_recipe
from skysieve.io.annotations import FILE, PreparedAnnotations, prepare_annotations, read_annotations, write_annotations
from skysieve.io.atomic import write_whole
from skysieve.io.checksums import checksum_file
from skysieve.io.cutouts.lock import lock_writer
from skysieve.io.journal import append_journal, cut_journal, read_journal
from skysieve.morphology.annotation import Drawing, annotate_neuron
from skysieve.morphology.annotation_actions import Action, Drawings, load_drawings
from skysieve.morphology.annotation_history import History, Move, dump_move, move, replay
from skysieve.records.annotations import Annotations, NeuronAnnotation, Region

JOURNAL, OLD_JOURNAL, LOCK = "history.jsonl", "history.old.jsonl", ".lock"


@final
class AnnotationDesk:
    """Annotations with their history, in a folder that nobody else writes to; made by `open_desk`.

    Attributes
    ----------
    pixels
        The neurons.
    history
        Where one is; changed by `act` alone.
    folder
        Where everything is saved.
    """

    def __init__(self, folder: Path, pixels: Float32[ndarray, "neuron channel row column"], empty: Annotations) -> None:
        self.folder, self.pixels = folder, pixels
        self._empty, self._drawn, self._listeners = empty, dict[int, tuple[Drawing, NeuronAnnotation]](), list[Any]()
        self._lock = lock_writer(folder / LOCK)
        try:
            self.history = _resume(self, empty)
            write_annotations(folder, self.get_annotations())
        except BaseException:
            self._lock.close()
            raise

    def act(self, step: Move) -> int:
        """Do, undo or redo something and save it.

        Returns
        -------
        int
            The neuron it was about, -1 for the label table.

        Raises
        ------
        ValueError
            If there is nothing to do: a sentence for the person who asked.
        OSError
            If it cannot be saved; then it is not done.
        """
        past, future = self.history.past, self.history.future
        after = move(self.history, step)
        if isinstance(step, Action) and step.stroke is not None:
            _refuse_vain(step, self.draw(step.neuron, self.history.present), self.draw(step.neuron, after.present))
        prepared = prepare_annotations(self.get_annotations(after.present))
        length = append_journal(self.folder / JOURNAL, {"step": dump_move(step), "gives": _digest(prepared)})
        try:
            write_annotations(self.folder, prepared)
        except OSError:
            cut_journal(self.folder / JOURNAL, length)
            raise
        self.history = after
        for listener in tuple(self._listeners):
            listener()
        return (step if isinstance(step, Action) else (past if step == "undo" else future)[-1][0]).neuron

    def draw(self, neuron: int, drawings: Drawings | None = None) -> NeuronAnnotation:
        """Return the annotation of a neuron, now or in another state."""
        drawing = (drawings or self.history.present).get(neuron)
        known = self._drawn.get(neuron)
        if known is None or known[0] is not drawing:
            known = (drawing, annotate_neuron(neuron, drawing, self.pixels[neuron]))
            self._drawn[neuron] = known
        return known[1]

    def get_annotations(self, drawings: Drawings | None = None) -> Annotations:
        """Return the annotations of all neurons that have any, now or in another state."""
        present = drawings or self.history.present
        found = (self.draw(neuron, present) for neuron in sorted(present.neurons))
        return replace(self._empty, neurons=tuple(one for one in found if one.labels or one.regions))

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call somebody after each change; what is returned ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def close(self) -> None:
        """Let others write to the folder."""
        self._lock.close()


def open_desk(
    folder: Path, pixels: Float32[ndarray, "neuron channel row column"], *, som_sha256: str
) -> AnnotationDesk:
    """Go on with the annotations in a folder, or begin some.

    Parameters
    ----------
    folder
        Made when missing.
    pixels
        The neurons of the map.
    som_sha256
        Checksum of the map's file.

    Raises
    ------
    ValueError
        If the folder holds annotations of another map, damaged ones, or somebody else is writing to it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    n_neurons, channels, frame, _ = pixels.shape
    return AnnotationDesk(folder, pixels, Annotations((), som_sha256, n_neurons, frame, channels))


def _resume(desk: AnnotationDesk, empty: Annotations) -> History:
    """Tell the journal again where it ends in the annotations found, or one step after; else begin a new one."""
    folder, journal = desk.folder, desk.folder / JOURNAL
    found = read_annotations(folder) if (folder / FILE).is_file() else None
    if found is not None:
        _check_map(folder, found, empty)
    lines = read_journal(journal) if journal.is_file() else []
    digests = [line.get("gives") for line in lines[-2:]]
    ours = bool(lines) and lines[0].get("som_sha256") == empty.som_sha256
    if ours and (found is None or checksum_file(folder / FILE) in digests):
        return replay(parse_recipe(Drawings, lines[0]["start"]), [line["step"] for line in lines[1:]])
    if lines:
        journal.replace(folder / OLD_JOURNAL)
    known = replace(empty, neurons=found.neurons if found else ())
    start = load_drawings(known)
    _begin_journal(journal, start, known)
    return History(start)


def _begin_journal(journal: Path, start: Drawings, annotations: Annotations) -> None:
    with write_whole(journal) as temporary:
        gives = _digest(prepare_annotations(annotations))
        head = {"som_sha256": annotations.som_sha256, "start": dump_recipe(start), "gives": gives}
        append_journal(temporary, head)


def _check_map(folder: Path, found: Annotations, empty: Annotations) -> None:
    stated = (found.n_neurons, found.frame, found.channels)
    wanted = (empty.n_neurons, empty.frame, empty.channels)
    if found.som_sha256 not in {"", empty.som_sha256} or stated != wanted:
        raise ValueError(
            f"{folder}: annotations of another map ({stated[0]} neurons of {stated[1]} pixels, {stated[2]} channels, "
            f"SHA-256 {found.som_sha256[:12] or 'unknown'}...); choose another folder with --annotations"
        )


def _refuse_vain(step: Action, before: NeuronAnnotation, after: NeuronAnnotation) -> None:
    """Keep strokes that change nothing out of the history, with a word about why."""
    if not _differ(before.regions, after.regions):
        kind = step.stroke.kind if step.stroke else ""
        raise ValueError(
            {
                "fill": "Nothing new reaches the threshold there: lower it (down key), or draw an outline.",
                "lasso": "The outline holds no pixel that is not in the region already.",
            }.get(kind, "There is nothing to erase there.")
        )


def _differ(before: tuple[Region, ...], after: tuple[Region, ...]) -> bool:
    old = {(region.label, region.channel): region.mask for region in before}
    new = {(region.label, region.channel): region.mask for region in after}
    return old.keys() != new.keys() or any(not array_equal(old[key], new[key]) for key in old)


def _digest(prepared: PreparedAnnotations) -> str:
    return hashlib.sha256(prepared.text.encode()).hexdigest()

"""What a watch knows: which exposures were judged, from a journal on disk, and what they told of their cameras."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, final

from skysieve.config import dump_recipe, parse_recipe
from skysieve.execution import open_ledger
from skysieve.io.atomic import write_whole
from skysieve.io.catalogs import merge_catalogs
from skysieve.io.checksums import checksum_file
from skysieve.io.journal import append_journal, read_journal
from skysieve.quality.arrivals import Stamp
from skysieve.quality.assess_recipe import AssessRecipe
from skysieve.quality.assess_run import identify_run
from skysieve.quality.assessing import describe_judging
from skysieve.quality.cameras import Learned, learn_cameras
from skysieve.quality.parts import DETECTORS, VERDICTS, join_parts, load_model, place_joined, publish


@dataclass(frozen=True)
class Watch:
    """What is watched, and where the verdicts go.

    Parameters
    ----------
    folder : Path
        Where exposures arrive.
    verdicts : Path
        Table with a row an exposure; what is known is kept in a folder beside it, its name with ``.watch``.
    detectors : Path, optional
        Table with a row a detector.
    pattern : str
        Of the names of exposures in the folder.
    interval : float
        Pause between two looks [s]; a file that does not change from one to the next is taken for whole.
    once : bool
        Stop when nothing is left to judge.
    overwrite : bool
        Forget what was judged before.
    """

    folder: Path
    verdicts: Path
    detectors: Path | None = None
    pattern: str = "*.fits*"
    interval: float = 5.0
    once: bool = False
    overwrite: bool = False


MILESTONES = (3, 10)
"""Exposures of a camera from which what is usual for it is learned."""


@final
class WatchState:
    """The state of one watch: made by ``open_watch``.

    ``folder`` is watched, ``run`` holds the state, ``learned`` is what exposures told of their cameras.
    """

    def __init__(self, folder: Path, run: Path, recipe: AssessRecipe, tables: dict[str, Path]) -> None:
        self.folder, self.run, self.recipe = folder, run, recipe
        self._tables = tables
        self._journal = run / "journal.jsonl"
        self._lines = read_journal(self._journal) if self._journal.is_file() else []
        self._latest = {line["name"]: line for line in self._lines}
        self._counts, self.learned = _recall(run / "learned.json", recipe)
        self._learn()
        self._rebuild()

    def knows(self, name: str, stamp: Stamp) -> bool:
        """Tell whether a file was judged as it is."""
        line = self._latest.get(name)
        return line is not None and line["stamp"] == asdict(stamp)

    def recognizes(self, name: str, stamp: Stamp) -> bool:
        """Tell whether a file that was touched holds what was judged; if so, it is known from now on."""
        line = self._latest.get(name)
        if line is None or line["sha256"] != checksum_file(self.folder / name):
            return False
        self._append({**line, "stamp": asdict(stamp)})
        return True

    def next_key(self) -> str:
        """Return the name of the parts of the next exposure."""
        return f"{len(self._lines):06d}"

    def record(self, name: str, stamp: Stamp, *, key: str, facts: dict[str, Any]) -> None:
        """Take note that an exposure was judged, and bring its row into the tables."""
        replaced = name in self._latest
        path = self.folder / name
        checksum = checksum_file(path) if path.is_file() else ""
        self._append({"name": name, "stamp": asdict(stamp), "sha256": checksum, "key": key, "facts": facts})
        joined = {kind: place_joined(self.run, target, kind=kind) for kind, target in self._tables.items()}
        if self._learn() or replaced or not all(table.is_file() for table in joined.values()):
            self._rebuild()
            return
        for kind, target in self._tables.items():
            merge_catalogs([joined[kind], self.run / kind / f"{key}.parquet"], joined[kind])
            publish(joined[kind], target)

    def _append(self, line: dict[str, Any]) -> None:
        append_journal(self._journal, line)
        self._lines.append(line)
        self._latest[line["name"]] = line

    def _rebuild(self) -> None:
        """Write the tables anew, a row for each exposure, in the order in which they were judged."""
        keys = sorted(line["key"] for line in self._latest.values())
        meta = describe_judging(load_model(self.recipe.model), self.recipe, self.learned)
        for kind, target in self._tables.items():
            join_parts(self.run, keys, target, kind=kind, meta=meta)

    def _learn(self) -> bool:
        """Learn of cameras that have reached a milestone; return whether there was one."""
        paths: dict[str, list[Path]] = {}
        for line in {line["key"]: line for line in self._lines}.values():
            if line["facts"]["n_ccd"]:
                paths.setdefault(line["facts"]["camera"], []).append(self.folder / line["name"])
        due = {camera: max((m for m in MILESTONES if m <= len(found)), default=0) for camera, found in paths.items()}
        due = {camera: number for camera, number in due.items() if number > self._counts.get(camera, 0)}
        for camera, number in due.items():
            told = learn_cameras(paths[camera][:number], self.recipe)
            usual, layouts = self.learned.usual | told.usual, self.learned.layouts | told.layouts
            self.learned, self._counts = Learned(usual, layouts), {**self._counts, camera: number}
        if due:
            _keep(self.run / "learned.json", self._counts, self.learned)
        return bool(due)


@contextmanager
def open_watch(watch: Watch, recipe: AssessRecipe) -> Iterator[WatchState]:
    """Open the state of a watch, beside its table of verdicts; no other process gets it meanwhile.

    Raises
    ------
    ValueError
        If it belongs to another folder or recipe, or is in use.
    """
    folder, run = watch.folder.resolve(), watch.verdicts.with_name(f"{watch.verdicts.name}.watch")
    with open_ledger(run, identify_run([folder], recipe), overwrite=watch.overwrite):
        for path in (run / "journal.jsonl", run / "learned.json") if watch.overwrite else ():
            path.unlink(missing_ok=True)
        detectors = {} if watch.detectors is None else {DETECTORS: watch.detectors}
        yield WatchState(folder, run, recipe, {VERDICTS: watch.verdicts, **detectors})


def _recall(path: Path, recipe: AssessRecipe) -> tuple[dict[str, int], Learned]:
    """Return from how many exposures of each camera was learned, and what."""
    if not path.is_file():
        return {}, learn_cameras([], recipe)
    kept = json.loads(path.read_text(encoding="utf-8"))
    return kept["counts"], parse_recipe(Learned, kept["learned"])


def _keep(path: Path, counts: dict[str, int], learned: Learned) -> None:
    with write_whole(path) as temporary:
        content = {"counts": counts, "learned": dump_recipe(learned)}
        temporary.write_text(json.dumps(content) + "\n", encoding="utf-8")

"""The annotation page: a Panel component that draws what a presenter says and tells it what the visitor does."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar, Protocol, runtime_checkable

import panel as pn
import param
from bokeh.palettes import Greys256, Inferno256, Viridis256
from panel.custom import JSComponent
from panel.viewable import Viewable

ASSETS = Path(__file__).parent / "assets"
SCRIPTS = ("pixels.js", "canvas.js", "atlas.js", "table.js", "annotator.js")
QUIT = "quit"


@runtime_checkable
class Presenter(Protocol):
    """What stands behind the page of one visitor; all that it shows are plain values."""

    def show_atlas(self) -> dict[str, Any]:
        """Return what never changes: the map in miniature, names."""

    def show_scene(self) -> dict[str, Any]:
        """Return the pixels of the neuron that is open."""

    def show_state(self) -> dict[str, Any]:
        """Return labels, regions, progress, and a word to the visitor."""

    def answer(self, message: Mapping[str, Any]) -> None:
        """Do what the visitor asks for."""

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call somebody when another visitor changed something; what is returned ends that."""


class AnnotationBoard(JSComponent):
    """Channels with their regions, label table, map and matching images; made by `make_annotator`."""

    atlas = param.Dict(default={})
    scene = param.Dict(default={})
    state = param.Dict(default={})

    hear: Callable[[Mapping[str, Any]], None]

    _esm = "\n".join((ASSETS / name).read_text(encoding="utf-8") for name in SCRIPTS)
    _stylesheets: ClassVar[list[str]] = [(ASSETS / "annotator.css").read_text(encoding="utf-8")]

    def _handle_msg(self, data: Any) -> None:
        self.hear(data)


def make_annotator(presenter: Presenter, stop: Callable[[], None]) -> Viewable:
    """Make the page of one visitor.

    Parameters
    ----------
    presenter
        Says what to show.
    stop
        Called when the visitor quits.
    """
    atlas = presenter.show_atlas() | {"colors": _list_colors()}
    board = AnnotationBoard(atlas=atlas, sizing_mode="stretch_both")  # type: ignore[no-untyped-call]

    def refresh() -> None:
        board.param.update(scene=presenter.show_scene(), state=presenter.show_state())

    def hear(message: Any) -> None:
        if message.get("do") == QUIT:
            stop()
            return
        presenter.answer(message)
        refresh()

    board.hear = hear
    refresh()
    _follow_others(presenter, refresh)
    return board


def _follow_others(presenter: Presenter, refresh: Callable[[], None]) -> None:
    """Show what other visitors change, as long as this one is there."""
    document = pn.state.curdoc
    if document is not None:
        leave = presenter.listen(lambda: _schedule(document, refresh))
        pn.state.on_session_destroyed(lambda _: leave())


def _schedule(document: Any, refresh: Callable[[], None]) -> None:
    document.add_next_tick_callback(refresh)


def _list_colors() -> dict[str, list[str]]:
    """Color tables from the lowest to the highest value."""
    grey = list(Greys256)
    return {"gray": grey, "inverted gray": grey[::-1], "inferno": list(Inferno256), "viridis": list(Viridis256)}

"""The page on which exposures are labeled: it draws what a presenter says and tells it which keys are pressed."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import panel as pn
import param
from panel.custom import JSComponent
from panel.viewable import Viewable

from skysieve.pages.annotator import ASSETS, QUIT, Presenter

SCRIPTS = ("pixels.js", "canvas.js", "table.js", "rater_pictures.js", "rater_panels.js", "rater.js")
STYLES = ("rater.css",)


class RaterBoard(JSComponent):
    """Focal plane, crop, cutouts, numbers and keys; made by `make_rater`."""

    atlas = param.Dict(default={})
    scene = param.Dict(default={})
    state = param.Dict(default={})

    hear: Callable[[Mapping[str, Any]], None]

    _esm = "\n".join((ASSETS / name).read_text(encoding="utf-8") for name in SCRIPTS)
    _stylesheets: ClassVar[list[str]] = [(ASSETS / name).read_text(encoding="utf-8") for name in STYLES]

    def _handle_msg(self, data: Any) -> None:
        self.hear(data)


def make_rater(presenter: Presenter, stop: Callable[[], None]) -> Viewable:
    """Make the page of one visitor.

    Parameters
    ----------
    presenter
        Says what to show.
    stop
        Called when the visitor quits.
    """
    board = RaterBoard(atlas=presenter.show_atlas(), sizing_mode="stretch_both")  # type: ignore[no-untyped-call]

    def refresh() -> None:
        # The scene comes first: what it shows decides what the visitor may know.
        board.param.update(scene=presenter.show_scene(), state=presenter.show_state())

    def hear(message: Any) -> None:
        if message.get("do") == QUIT:
            stop()
            return
        presenter.answer(message)
        refresh()

    board.hear = hear
    refresh()
    document = pn.state.curdoc
    if document is not None:
        leave = presenter.listen(lambda: _schedule(document, refresh))
        pn.state.on_session_destroyed(lambda _: leave())
    return board


def _schedule(document: Any, refresh: Callable[[], None]) -> None:
    document.add_next_tick_callback(refresh)

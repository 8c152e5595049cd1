"""One local page server: it listens to this machine alone unless told otherwise, and lets in who has the token."""

import hmac
import logging
import secrets
import signal
import socket
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from panel.io.server import get_server
from panel.viewable import Viewable
from tornado.httputil import HTTPServerRequest
from tornado.ioloop import IOLoop
from tornado.routing import Matcher, Rule
from tornado.web import RequestHandler

LOCAL = "127.0.0.1"
REFUSAL = "403: the address needs the token that the server printed when it started; copy the whole line."

MakePage = Callable[[Callable[[], None]], Viewable]
"""Makes the page of one visitor; it is given a function that stops the server."""


def serve_page(
    make_page: MakePage,
    *,
    title: str,
    announce: Callable[[str], None],
    address: str = LOCAL,
    port: int = 0,
    token: str | None = None,
) -> int:
    """Serve a page until it is told to stop.

    Parameters
    ----------
    make_page
        Called once a visitor.
    title
        Of the browser's tab.
    announce
        Is given the address of the page with its token, once the server listens.
    address, port
        Where to listen; port 0 is any free one.
    token
        What a visitor must know; None makes a random one.

    Returns
    -------
    int
        The signal that stopped it (SIGINT, SIGTERM), 0 when the page did.

    Raises
    ------
    OSError
        If the address or the port cannot be had.
    """
    secret, loop, stopped_by = token or secrets.token_urlsafe(24), IOLoop(make_current=True), [0]

    def stop(number: int = 0) -> None:
        stopped_by[0] = number
        loop.add_callback(loop.stop)

    server = _listen(lambda: make_page(stop), title=title, address=address, port=port)
    _guard(server._tornado, secret, f"skysieve-{server.port}")  # noqa: SLF001 -- Bokeh has no public way to its routes
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.asyncio_loop.add_signal_handler(number, stop, int(number))
    server.start()
    announce(f"http://{_name_host(address)}:{server.port}/?token={secret}")
    try:
        loop.start()
    finally:
        server.stop()
    return stopped_by[0]


def _listen(make_page: Callable[[], Viewable], *, title: str, address: str, port: int) -> Any:
    """Bind; who may open a web socket is for the guard to say, which knows tunnels from strangers."""
    logging.getLogger("bokeh.server.util").setLevel(logging.ERROR)
    try:
        return get_server({"/": make_page}, port, address, "*", title={"/": title}, show=False, start=False)
    except OSError as problem:
        raise OSError(f"{address}:{port}: {problem.strerror or problem}; choose another --address or --port") from None


def _name_host(address: str) -> str:
    """Return what to type in a browser for an address that is served."""
    if address in {"0.0.0.0", "::", ""}:  # noqa: S104 -- the user asked for it
        return socket.gethostname()
    return f"[{address}]" if ":" in address else address


def _guard(application: Any, token: str, cookie: str) -> None:
    """Put two rules in front of all others: the token opens the door, without it there is none."""
    settings = {"token": token, "cookie": cookie}
    application.settings["log_function"] = lambda _: None
    application.default_router.rules[:0] = [
        Rule(_Knocks(**settings), _Welcome, settings),
        Rule(_IsStranger(**settings), _Refuse),
    ]


class _Knocks(Matcher):
    """Requests with the right token in their address."""

    def __init__(self, token: str, cookie: str) -> None:
        self.token, self.cookie = token, cookie

    def match(self, request: HTTPServerRequest) -> dict[str, Any] | None:
        given = request.query_arguments.get("token", [b""])[-1]
        return {} if hmac.compare_digest(given, self.token.encode()) else None


class _IsStranger(_Knocks):
    """Requests without the cookie, or on behalf of a page from elsewhere."""

    def match(self, request: HTTPServerRequest) -> dict[str, Any] | None:
        kept = request.cookies.get(self.cookie)
        known = kept is not None and hmac.compare_digest(kept.value.encode(), self.token.encode())
        origin = request.headers.get("Origin")
        ours = origin is None or urlsplit(origin).netloc == request.host
        return None if known and ours else {}


class _Welcome(RequestHandler):
    """Remember the visitor, and take the token out of the address."""

    def initialize(self, token: str, cookie: str) -> None:
        self.token, self.cookie = token, cookie

    def get(self) -> None:
        self.set_cookie(self.cookie, self.token, httponly=True, samesite="Lax")
        self.redirect("/")


class _Refuse(RequestHandler):
    """Whatever is asked for."""

    def prepare(self) -> None:
        self.set_status(403)
        self.finish(REFUSAL)

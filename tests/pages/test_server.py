import http.client
import signal
from urllib.parse import urlsplit

import pytest

SERVER = """
import panel
from skysieve.pages.server import serve_page
print(serve_page(lambda stop: panel.pane.Str("hello"), title="T", announce=lambda url: print(url, flush=True)))
"""


@pytest.fixture(scope="module")
def server(start):
    return start("-c", SERVER)


def ask(url: str, path: str, *, keep: str | None = None, origin: str | None = None) -> http.client.HTTPResponse:
    """Ask once, following nothing; ``keep`` is a cookie."""
    headers = ({"Cookie": keep} if keep else {}) | ({"Origin": origin} if origin else {})
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    connection.request("GET", path, headers=headers)
    response = connection.getresponse()
    response.text = response.read().decode()
    connection.close()
    return response


def knock(url: str) -> str:
    """Show the token; return the cookie."""
    welcome = ask(url, f"/?{urlsplit(url).query}")
    assert (welcome.status, welcome.headers["Location"]) == (302, "/")
    assert "httponly" in welcome.headers["Set-Cookie"].lower()
    return welcome.headers["Set-Cookie"].partition(";")[0]


def test_it_listens_to_this_machine_and_asks_for_a_token(server):
    url = urlsplit(server[1])
    assert url.hostname == "127.0.0.1"
    assert len(url.query.removeprefix("token=")) >= 32


@pytest.mark.parametrize(
    "path", ["/", "/?token=", "/?token=wrong", "/ws", "/static/js/bokeh.min.js", "/nowhere", "/?token=%ff"]
)
def test_without_the_token_there_is_nothing(server, path):
    refused = ask(server[1], path)
    assert refused.status == 403
    assert "needs the token" in refused.text


def test_with_the_token_the_page_comes_from_this_server_alone(server):
    page = ask(server[1], "/", keep=knock(server[1]))
    assert page.status == 200
    assert "<title>T</title>" in page.text
    assert 'src="http' not in page.text
    assert 'href="http' not in page.text


def test_a_wrong_cookie_and_pages_from_elsewhere_are_refused(server):
    url, keep = server[1], knock(server[1])
    assert ask(url, "/", keep=keep[:-1]).status == 403
    assert ask(url, "/ws", keep=keep, origin="http://evil.example").status == 403
    assert ask(url, "/", keep=keep, origin=f"http://{urlsplit(url).netloc}").status == 200


def test_a_signal_stops_it_cleanly(server):
    process, _ = server
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=60) == 0
    assert process.stdout.read().strip() == str(int(signal.SIGINT))

"""The page of a map, as text and in a browser."""

import re
import shutil
from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from tests.report.somviews import ANGLES, IMAGES, SIDE, make_view

from skysieve.report.sompage import render_map_page, write_map_page
from skysieve.som.lattice import Lattice
from skysieve.som.spatial import locate_in_neuron

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def text():
    """The page of a map of two channels with labels."""
    return render_map_page(make_view(channels=2, labels=np.array([HOSTILE, "FRI"] * (IMAGES // 2))))


def test_the_page_escapes_what_it_is_given_and_asks_for_nothing(text):
    assert "<script>alert" not in text
    assert "Map &lt;b&gt;one" in text
    assert not re.search(r"""(src|href|url)[=(]["']?https?:""", text)


def test_the_page_says_what_the_mapping_says(text):
    assert "of 39)" in text
    assert "1 of 40 images could not be compared" in text
    assert "7 of 12 neurons are no image" in text
    assert "Label FRI" in text


@pytest.mark.parametrize("lattice", [Lattice((1,)), Lattice((3, 3), hexagonal=True)], ids=str)
def test_every_lattice_has_a_page(lattice):
    assert "Explore" in render_map_page(make_view(lattice))


def test_a_map_without_mapping_and_history_has_a_page_too_the_same_each_time(tmp_path):
    view = replace(make_view(), mapped=None, history=())
    write_map_page(tmp_path / "a.html", view)
    text = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert "No mapping was given" in text
    assert "does not say how it was trained" in text
    assert text == render_map_page(view)


@pytest.fixture(scope="module")
def browser():
    sync_api = pytest.importorskip("playwright.sync_api")
    program = shutil.which("chromium") or pytest.skip("chromium is not installed")
    with sync_api.sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=program, args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser, tmp_path):
    """Open a page; what it said or asked of the network is in `said` and `asked`."""
    opened = browser.new_page(viewport={"width": 1300, "height": 900})
    opened.set_default_timeout(20_000)
    opened.said, opened.asked = [], []
    opened.on("console", lambda message: opened.said.append(message.text))
    opened.on("pageerror", lambda error: opened.said.append(str(error)))
    opened.on("request", lambda request: opened.asked.append(request.url))

    def show(text):
        (tmp_path / "report.html").write_text(text, encoding="utf-8")
        opened.goto((tmp_path / "report.html").as_uri())
        return opened

    yield show
    assert opened.said == []
    assert all(url.startswith(("file:", "data:")) for url in opened.asked)
    opened.close()


def test_in_a_browser_keys_walk_over_the_map_and_stop_at_its_edge(open_page, text):
    page = open_page(text)
    cell = page.locator(".cell")
    for key, wanted in (("ArrowRight", "1, 0"), ("ArrowUp", "1, 1"), ("ArrowLeft", "0, 1"), ("ArrowLeft", "0, 1")):
        page.keyboard.press(key)
        assert cell.inner_text() == f"Neuron ({wanted})"
    assert "FRI 4" in page.locator(".numbers").inner_text()
    assert page.locator(".strip.best figure").count() == 6
    assert page.locator(".strip.worst figcaption").first.inner_text() == f"36 · {HOSTILE} · 3.6"
    assert page.locator(".lattice .current").get_attribute("data-neuron") == "1"
    page.locator(".lattice [data-neuron='4']").click()
    page.keyboard.press("ArrowDown")
    assert cell.inner_text() == "Neuron (1, 0)"


def test_in_a_browser_a_periodic_map_has_no_edge_and_layers_are_changed_by_keys(open_page):
    page = open_page(render_map_page(make_view(Lattice((3, 2, 2), periodic=True))))
    for key, wanted in (("ArrowLeft", "2, 0, 0"), ("PageUp", "2, 0, 1"), ("PageUp", "2, 0, 0")):
        page.keyboard.press(key)
        assert page.locator(".cell").inner_text() == f"Neuron ({wanted})"


def test_in_a_browser_channels_are_changed_by_a_key(open_page, text):
    page = open_page(text)
    first = page.locator(".strip.best img").first.get_attribute("src")
    page.keyboard.press("c")
    assert page.locator(".strip.best img").first.get_attribute("src") != first
    assert "channel 1" in page.locator(".state").inner_text()


def test_in_a_browser_images_are_turned_as_the_engine_turns_them(open_page, text):
    page = open_page(text)
    side = make_view().trained.geometry.neuron_side
    for number, angle in enumerate(ANGLES):
        x, y = (float(one[0]) for one in locate_in_neuron(
            np.array([15.0]), np.array([7.0]), angle=angle, flip=True, image_side=SIDE, neuron_side=side
        ))  # fmt: skip
        found = find_spot(page.locator(".strip.best .frame").nth(number))
        assert np.hypot(found[0] - (x + 0.5) / side, found[1] - (1 - (y + 0.5) / side)) < 0.05
    page.keyboard.press("t")
    found = find_spot(page.locator(".strip.best .frame").nth(1))
    assert np.hypot(found[0] - 15.5 / SIDE, found[1] - (1 - 7.5 / SIDE)) < 0.05


def find_spot(frame):
    """Middle of the brightest pixels, yellow in the first channel's colors: parts of the width and of the height."""
    shot = np.asarray(Image.open(BytesIO(frame.screenshot())).convert("RGB")).astype(float)
    bright = shot[..., 0] + shot[..., 1] - shot[..., 2]
    y, x = np.argwhere(bright > 0.9 * bright.max()).mean(axis=0) + 0.5
    return x / shot.shape[1], y / shot.shape[0]

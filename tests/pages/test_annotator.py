"""The annotation page in a real browser, from the command line that starts it."""

import json
import signal
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from skysieve.io.annotations import read_annotations

SIDE = 24
BUSY = '.annotator[data-ready][data-busy="false"]'


class Visit:
    """A visitor: drags, clicks and keys in pixels of the neuron."""

    def __init__(self, page, url: str, folder: Path) -> None:
        self.page, self.url, self.folder, self.asked, self.said = page, url, folder, [], []
        page.set_default_timeout(60_000)
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.on("console", lambda text: self.said.append(text.text) if text.type == "error" else None)
        page.goto(url)
        page.locator(".annotator[data-ready]").wait_for()

    def wait(self) -> None:
        self.page.locator(BUSY).wait_for()

    def keys(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
            self.wait()

    def label(self, text: str) -> None:
        self.page.keyboard.press("l")
        self.page.keyboard.type(text)
        self.keys("Enter")

    def draw_with(self, label: str) -> None:
        """Tick this label and no other."""
        ticked = self.page.locator("tr.ticked").evaluate_all("rows => rows.map(row => row.dataset.label)")
        if ticked != [label]:
            self.page.locator(f"tr[data-label={label}] .label").click()
            self.wait()

    def place(self, x: float, y: float, channel: int) -> tuple[float, float]:
        box = self.page.locator(f"canvas[data-channel='{channel}']").bounding_box()
        return box["x"] + (x + 0.5) / SIDE * box["width"], box["y"] + (y + 0.5) / SIDE * box["height"]

    def click(self, x: float, y: float, *, channel: int = 0) -> None:
        self.page.mouse.click(*self.place(x, y, channel))
        self.wait()

    def drag(self, *corners: tuple[float, float], channel: int = 0, button: str = "left") -> None:
        self.page.mouse.move(*self.place(*corners[0], channel))
        self.page.mouse.down(button=button)
        for corner in corners[1:]:
            self.page.mouse.move(*self.place(*corner, channel), steps=3)
        self.page.mouse.up(button=button)
        self.wait()

    def open(self, neuron: int) -> None:
        """Click on the map of 3 x 2 neurons."""
        box = self.page.locator("[data-part=map]").bounding_box()
        x, y = divmod(neuron, 2)
        self.page.mouse.click(box["x"] + (x + 0.5) / 3 * box["width"], box["y"] + (y + 0.5) / 2 * box["height"])
        self.page.locator(f".annotator[data-neuron='{neuron}']{BUSY.removeprefix('.annotator')}").wait_for()

    def note(self) -> str:
        return self.page.locator("[data-part=note]").inner_text()

    def saved(self, neuron: int) -> dict[tuple[str, int], int]:
        """Return pixels by label and channel, from the disk."""
        found = [one for one in read_annotations(self.folder).neurons if one.neuron == neuron]
        return {(region.label, region.channel): int(region.mask.sum()) for one in found for region in one.regions}


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("notes") / "annotations"


@pytest.fixture(scope="module")
def serve(start, image_map, folder):
    mapped = ("--mapping", image_map, "--images", image_map / "images.bin")
    return lambda *more: start("-m", "skysieve", "som", "annotate", image_map, "--annotations", folder, *mapped, *more)


@pytest.fixture(scope="module")
def visit(serve, browser, folder):
    process, url = serve()
    page = browser.new_page(viewport={"width": 1300, "height": 800})
    visit = Visit(page, url, folder)
    visit.process = process
    yield visit
    page.close()


BOX = ((6.4, 8.4), (19.4, 8.4), (19.4, 15.4), (6.4, 15.4))


def test_a_click_fills_and_a_drag_outlines_each_label_and_channel_apart(visit):
    visit.open(1)
    visit.label("lobe")
    visit.click(9, 11)
    visit.click(6, 6, channel=1)
    visit.label("host")
    visit.drag(*BOX)
    assert visit.saved(1) == {("lobe", 0): 16, ("lobe", 1): 25, ("host", 0): 91}


def test_several_ticked_labels_are_drawn_at_once_and_the_right_button_outlines(visit):
    visit.open(2)
    visit.draw_with("host")
    visit.keys("1", "Shift+2")
    visit.drag(*BOX, button="right")
    assert visit.saved(2) == {("lobe", 0): 91, ("host", 0): 91}


def test_the_threshold_acts_at_once_unless_told_otherwise(visit):
    visit.open(3)
    visit.draw_with("lobe")
    visit.click(9, 11)
    visit.keys("ArrowDown", "ArrowDown", "ArrowDown")
    assert visit.saved(3) == {("lobe", 0): 34}
    visit.keys("u", "ArrowUp", "ArrowUp", "ArrowUp", "u")
    assert visit.saved(3) == {("lobe", 0): 34}
    assert "2.0" in visit.page.locator("[data-part=sigma]").inner_text()


def test_erasing_by_click_and_by_outline(visit):
    visit.open(4)
    visit.draw_with("lobe")
    visit.click(9, 11)
    visit.click(15, 11)
    visit.keys("e")
    visit.click(15, 11)
    visit.drag((7, 9.5), (9.5, 9.5), (9.5, 14), (7, 14))
    visit.keys("e")
    assert visit.saved(4) == {("lobe", 0): 8}


def test_everything_is_undone_and_redone_wherever_one_is(visit):
    visit.open(0)
    visit.label("tail")
    visit.click(9, 11)
    visit.keys("c", "n", "Control+z", "Control+z")
    assert visit.page.locator(".annotator").get_attribute("data-neuron") == "0"
    assert visit.saved(0) == {}
    visit.keys("Control+z")
    assert visit.page.locator("tr[data-label=tail]").count() == 0
    visit.keys("Control+Shift+z", "Control+y")
    assert visit.saved(0) == {("tail", 0): 16}


def test_labels_are_renamed_removed_and_put_on_whole_neurons(visit):
    visit.open(0)
    visit.page.get_by_label("rename tail").click()
    visit.page.keyboard.type('<img src=x onerror="alert(1)">')
    visit.keys("Enter")
    row = visit.page.locator("tr[data-label^='<img']")
    row.locator(".whole").click()
    visit.wait()
    assert '<img src=x onerror="alert(1)">' in read_annotations(visit.folder).neurons[0].labels
    row.get_by_label("remove").click()
    visit.wait()
    assert visit.saved(0) == {}
    visit.keys("Control+z", "Control+z", "Control+z")
    assert visit.saved(0) == {("tail", 0): 16}


def test_what_cannot_be_done_is_said_and_nothing_is_changed(visit):
    visit.open(5)
    visit.keys("d")
    assert visit.note() == "Nothing is drawn on this neuron."
    visit.click(1, 1)
    assert "Nothing new reaches the threshold" in visit.note()
    assert visit.saved(5) == {}


def test_progress_and_matching_images_are_shown(visit):
    visit.open(0)
    assert visit.page.locator("[data-part=progress]").inner_text() == "5 of 6 annotated"
    assert visit.page.locator(".matches figure").count() == 4
    assert "4 of 4" in visit.page.locator("[data-part=matched]").inner_text()
    visit.keys("Shift+N")
    assert visit.page.locator(".annotator").get_attribute("data-neuron") == "5"
    assert visit.page.locator(".matches figure").count() == 0


def test_two_visitors_see_each_other(visit, browser, folder):
    other = Visit(browser.new_page(), visit.url, folder)
    other.open(3)
    visit.label("ring")
    other.page.locator("tr[data-label=ring]").wait_for()
    other.keys("Control+z")
    visit.page.locator("tr[data-label=ring]").wait_for(state="detached")
    assert other.page.locator(".annotator").get_attribute("data-neuron") == "3"
    other.page.close()


def test_letters_typed_into_a_label_are_no_commands(visit):
    visit.open(1)
    visit.page.keyboard.press("l")
    visit.page.keyboard.type("cdnbqu")
    visit.keys("Escape")
    assert visit.page.locator(".annotator").get_attribute("data-neuron") == "1"
    assert visit.saved(1)[("lobe", 0)] == 16


def test_the_page_asks_nobody_else_and_complains_of_nothing(visit):
    assert {urlsplit(url).hostname for url in visit.asked if not url.startswith(("data:", "blob:"))} == {"127.0.0.1"}
    assert visit.said == []


def test_a_killed_server_loses_nothing_and_goes_on(visit, serve, browser):
    visit.open(5)
    visit.draw_with("lobe")
    visit.click(9, 11)
    files = {path.name: path.read_bytes() for path in visit.folder.rglob("*.*")}
    visit.process.send_signal(signal.SIGKILL)
    visit.process.wait()
    process, line = serve("--json", "--key", "2,1")
    page = browser.new_page()
    again = Visit(page, json.loads(line)["url"], visit.folder)
    assert {path.name: path.read_bytes() for path in visit.folder.rglob("*.*") if path.name != ".lock"} == {
        name: files[name] for name in files if name != ".lock"
    }
    assert again.page.locator("tr[data-label=lobe] small").inner_text().startswith("16 / ")
    again.keys("Control+z")
    assert again.saved(5) == {}
    again.keys("Control+Shift+z", "q")
    assert again.saved(5) == {("lobe", 0): 16}
    assert process.wait(timeout=60) == 0
    page.close()

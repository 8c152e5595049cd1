"""The labeling page in a real browser, from the command line that starts it."""

import json
import signal
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tests.quality.labeled import write_exposure, write_untrained

from skysieve.io.exposurelabels import ExposureLabel, read_labels
from skysieve.quality.labeling_book import open_book

READY = '.rater[data-built][data-busy="false"][data-ready="true"]'
NAMES = ("a.fits", "b.fits", "c.fits")


class Visit:
    """A visitor who presses keys."""

    def __init__(self, page, url: str, folder: Path) -> None:
        self.page, self.url, self.folder, self.asked, self.said = page, url, folder, [], []
        page.set_default_timeout(120_000)
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.on("console", lambda text: self.said.append(text.text) if text.type == "error" else None)
        page.goto(url)
        self.wait()

    def wait(self) -> None:
        self.page.locator(READY).wait_for()

    def keys(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
            self.wait()

    def read(self, part: str) -> str:
        return self.page.locator(f"[data-part={part}]").inner_text()

    def saved(self) -> dict[tuple[str, str], tuple[str, int]]:
        """Return labels with their sureness by exposure and rater, from the disk."""
        return {(one.exposure, one.rater): (one.label, one.sureness) for one in read_labels(self.folder / "labels.csv")}


@pytest.fixture(scope="module")
def night(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("night")
    write_untrained(folder / "quality.safetensors")
    for seed, name in enumerate(NAMES):
        write_exposure(folder / name, seed=seed)
    return folder


@pytest.fixture(scope="module")
def serve(start, night):
    told = ("--labels", night / "labels.csv", "--model", night / "quality.safetensors", "--seeing", "0.9")
    exposures = tuple(night / name for name in NAMES)
    return lambda rater, *more: start("-m", "skysieve", "quality", "label", *exposures, *told, "--rater", rater, *more)


@pytest.fixture(scope="module")
def visit(serve, browser, night):
    process, url = serve("Ada")
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    visit = Visit(page, url, night)
    visit.process = process
    yield visit
    page.close()


def test_one_key_labels_and_goes_on_and_the_model_is_hidden_till_then(visit):
    assert visit.read("title") == "a.fits"
    assert "hidden until you decide" in visit.read("opinion")
    visit.keys("3", "b")
    assert visit.saved() == {("a.fits", "Ada"): ("bt", 3)}
    assert visit.read("title") == "b.fits"
    assert "a.fits: bt" in visit.read("last")
    visit.keys("ArrowLeft")
    assert "good" in visit.read("opinion")


def test_undo_takes_back_and_opens(visit):
    visit.keys("z")
    assert visit.saved() == {}
    assert (visit.read("title"), visit.read("progress")) == ("a.fits", "Ada: 0 of 3")


def test_pictures_numbers_and_cutouts_are_there(visit):
    assert "FWHM [arcsec]" in visit.read("numbers")
    assert visit.page.locator("[data-part=cutouts] canvas").count() == 3
    dark = "canvas => canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some(v => v > 60)"
    assert all(visit.page.locator(f"[data-part={name}]").evaluate(dark) for name in ("mosaic", "crop"))


def test_a_click_on_the_other_detector_shows_it_in_full(visit):
    box = visit.page.locator("[data-part=mosaic]").bounding_box()
    assert "detector 1" in visit.read("croptext")
    visit.page.mouse.click(box["x"] + 0.8 * box["width"], box["y"] + 0.5 * box["height"])
    visit.wait()
    visit.page.locator("[data-part=croptext]", has_text="detector 2").wait_for()


def test_contrast_and_help_are_keys_and_label_nothing(visit):
    visit.keys("]", "]", "i")
    assert visit.read("contrast") == "contrast +2"
    visit.keys("?")
    assert visit.page.locator("dialog[open]").count() == 1
    visit.keys("?", "[", "[", "i")
    assert visit.saved() == {}


def test_what_another_process_writes_meanwhile_is_kept(visit, night):
    book = open_book(night / "labels.csv")
    book.act(ExposureLabel("a.fits", "Bob", "good"))
    visit.keys("r")
    book.act(ExposureLabel("b.fits", "Bob", "bseeing"))
    assert {key: label for key, (label, _) in visit.saved().items()} == {
        ("a.fits", "Bob"): "good", ("b.fits", "Bob"): "bseeing", ("a.fits", "Ada"): "rbt",
    }  # fmt: skip
    assert visit.read("progress") == "Ada: 1 of 3 \u00b7 Bob 1"


def test_two_browsers_of_one_rater_follow_each_other(visit, browser, night):
    other = Visit(browser.new_page(), visit.url, night)
    assert other.read("title") == "b.fits"
    visit.keys("t")
    other.page.locator("[data-part=progress]", has_text="Ada: 2 of 3").wait_for()
    assert visit.saved()[("b.fits", "Ada")] == ("trail", 2)
    other.page.close()


def test_the_page_asks_nobody_else_and_complains_of_nothing(visit):
    assert {urlsplit(url).hostname for url in visit.asked if not url.startswith(("data:", "blob:"))} == {"127.0.0.1"}
    assert visit.said == []


def test_a_killed_server_loses_nothing_and_goes_on(visit, serve, browser, night):
    before = visit.saved()
    visit.process.send_signal(signal.SIGKILL)
    visit.process.wait()
    process, line = serve("Ada", "--json")
    again = Visit(browser.new_page(), json.loads(line)["url"], night)
    assert again.saved() == before
    assert again.read("title") == "c.fits"
    again.keys("z")
    assert ("b.fits", "Ada") not in again.saved()
    again.page.keyboard.press("q")
    assert process.wait(timeout=60) == 0
    again.page.close()

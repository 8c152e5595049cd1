import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from skysieve.records import Catalog, Column, make_empty_catalog
from skysieve.report import RunSummary, write_report
from skysieve.report.page import render_report


@pytest.fixture(scope="module")
def page(hostile_run: RunSummary) -> str:
    return render_report(hostile_run)


def test_no_text_of_the_input_becomes_markup(page: str):
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "<b>catalog" not in page
    assert "javascript:" not in page


def test_the_page_refers_to_nothing_outside_itself(page: str):
    targets = re.findall(r'(?:src|href)="([^"]*)"', page)
    assert {target.split(":")[0] for target in targets if not target.startswith("#")} == {
        "data",
        "javascript%3Aalert%283%29",
    }
    assert "url(http" not in page


def test_the_same_run_gives_the_same_bytes(tmp_path: Path, hostile_run: RunSummary, page: str):
    write_report(tmp_path / "a.html", hostile_run)
    assert (tmp_path / "a.html").read_bytes() == page.encode()


def test_a_run_of_nothing_says_so():
    empty = make_empty_catalog((Column("image", "str"), Column("flags", "i8")))
    page = render_report(RunSummary("nothing", empty, empty, (), {}, {}))
    for sentence in ("the catalog is empty", "No image was drawn", "No image was given", "Nothing was recorded"):
        assert sentence in page


def test_a_lone_surrogate_of_a_broken_header_does_not_stop_the_page(tmp_path: Path, hostile_run: RunSummary):
    write_report(tmp_path / "a.html", replace(hostile_run, title="M13 \udcff"))
    assert "M13" in (tmp_path / "a.html").read_text(encoding="utf-8")


def test_a_million_sources_make_a_small_page(hostile_run: RunSummary):
    rng = np.random.default_rng(1)
    values = {"mag": rng.normal(22, 2, 1_000_000), "mag_err": rng.uniform(0.01, 0.3, 1_000_000)}
    catalog = Catalog((Column("mag", "f8"), Column("mag_err", "f8")), values)
    assert len(render_report(replace(hostile_run, catalog=catalog))) < 1_000_000


def test_images_show_their_flags_and_messages_by_name(page: str):
    assert '<td data-key="8">all_bad</td>' in page
    assert "&lt;img src=x onerror=alert(2)&gt;" in page


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
def browser_page(browser, tmp_path: Path, page: str):
    (tmp_path / "report.html").write_text(page, encoding="utf-8")
    opened = browser.new_page()
    opened.set_default_timeout(10_000)
    opened.said, opened.asked = [], []
    opened.on("console", lambda message: opened.said.append(message.text))
    opened.on("pageerror", lambda error: opened.said.append(str(error)))
    opened.on("dialog", lambda dialog: (opened.said.append(dialog.message), dialog.dismiss()))
    opened.on("request", lambda request: opened.asked.append(request.url))
    opened.goto((tmp_path / "report.html").as_uri())
    yield opened
    opened.close()


def test_in_a_browser_outlines_toggle_and_a_source_tells_its_id(browser_page):
    panel = browser_page.locator(".panel").first
    panel.locator(".show-outlines").uncheck()
    assert not panel.locator(".outlines").is_visible()
    panel.locator(".show-ellipses").check()
    box = panel.locator(".sky").bounding_box()
    position = {"x": 30.5 / 100 * box["width"], "y": (1 - 10.5 / 80) * box["height"]}
    panel.locator(".sky").click(position=position)
    assert panel.locator(".readout").get_attribute("data-source") == "2"
    assert "saturated" in panel.locator(".readout").inner_text()
    assert browser_page.said == []
    assert all(url.startswith(("file:", "data:")) for url in browser_page.asked)


def test_in_a_browser_keys_step_by_brightness_and_ids_are_found(browser_page):
    panel = browser_page.locator(".panel").first
    panel.locator(".sky").press("ArrowRight")
    assert panel.locator(".readout").get_attribute("data-source") == "20"
    panel.locator(".find").fill("7")
    panel.locator(".find").press("Enter")
    assert panel.locator(".readout").get_attribute("data-source") == "7"
    panel.locator(".find").fill("999")
    panel.locator(".find").press("Enter")
    assert "999 is not among the sources" in panel.locator(".readout").inner_text()


def test_in_a_browser_the_image_table_is_sorted_by_a_click(browser_page):
    head = browser_page.locator(".sortable thead button").first
    head.click()
    assert browser_page.locator(".sortable tbody tr").first.locator("td").nth(1).inner_text() == "dead.fits[1]"
    head.click()
    assert browser_page.locator(".sortable tbody tr").first.locator("td").nth(1).inner_text().startswith("night")

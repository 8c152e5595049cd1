"""Sheets of example images to count on."""

import csv
import shutil
from dataclasses import replace

import numpy as np
import pytest
from tests.report.somviews import make_view

from skysieve.report.somsheet import draw_rows, name_sheet, write_sheet
from skysieve.som.lattice import Lattice


def test_few_images_are_all_shown_and_of_many_a_drawn_part():
    assert draw_rows(np.arange(5), count=9, seed=1).tolist() == [0, 1, 2, 3, 4]
    drawn = draw_rows(np.arange(500), count=100, seed=(1, 2))
    assert len(np.unique(drawn)) == 100
    assert (drawn == draw_rows(np.arange(500), count=100, seed=(1, 2))).all()
    assert (drawn != draw_rows(np.arange(500), count=100, seed=(1, 3))).any()


def test_a_sheet_shows_images_of_its_neuron_and_leads_to_neighbors_that_have_some(tmp_path):
    path = write_sheet(tmp_path, make_view(), 4, count=6, linked=range(12))
    text = path.read_text(encoding="utf-8")
    assert path.name == "sheet_1_1.html"
    assert text.count('aria-pressed="false"') == 6
    assert "6 of its 7 images, drawn at random" in text
    assert "sheet_0_1.html" in text
    assert "sheet_2_1.html" not in text
    assert "Arrow keys" in text
    assert "Arrow keys" not in write_sheet(tmp_path, make_view(), 4).read_text(encoding="utf-8")
    assert "Map &lt;b&gt;one" in text


def test_a_neuron_without_images_has_no_sheet_and_no_images_are_refused(tmp_path):
    assert write_sheet(tmp_path, make_view(), 11) is None
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ValueError, match="give --mapping and --images"):
        write_sheet(tmp_path, make_view(images=False), 0)
    with pytest.raises(ValueError, match="give --mapping and --images"):
        write_sheet(tmp_path, replace(make_view(), mapped=None), 0)


def test_files_are_named_by_cells():
    assert name_sheet(make_view(Lattice((3, 3), hexagonal=True)), 0) == "sheet_1_0.html"
    assert name_sheet(make_view(Lattice((2, 2, 2))), 7) == "sheet_1_1_1.html"


@pytest.fixture
def sheets(tmp_path):
    """A page of a browser at the sheet of neuron (0, 0)."""
    sync_api = pytest.importorskip("playwright.sync_api")
    program = shutil.which("chromium") or pytest.skip("chromium is not installed")
    for neuron in range(5):
        write_sheet(tmp_path, make_view(), neuron, linked=range(5))
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        page.set_default_timeout(20_000)
        said = []
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto((tmp_path / "sheet_0_0.html").as_uri())
        yield page
        browser.close()
    assert said == []


def test_in_a_browser_several_people_count_over_sheets_and_save_a_table(sheets):
    for who, clicks in (("Ada", [0, 2, 2, 3]), ("Bo, Jr", [1])):
        sheets.locator(".counter").fill(who)
        sheets.locator(".counter").blur()
        for number in clicks:
            sheets.locator(".sheet button").nth(number).click()
    assert sheets.locator("output").inner_text() == "1"
    assert sheets.locator(".counters tbody").inner_text().split("\n") == ["Ada\t2 of 8", "Bo, Jr\t1 of 8"]
    sheets.keyboard.press("ArrowUp")
    sheets.wait_for_url("**/sheet_0_1.html")
    assert sheets.locator(".counter").input_value() == "Bo, Jr"
    with sheets.expect_download() as waiting:
        sheets.locator(".save").click()
    rows = list(csv.DictReader(waiting.value.path().read_text().splitlines()))
    found = {(row["counter"], row["neuron"]): (row["counted"], row["shown"]) for row in rows}
    assert found == {("Ada", "0"): ("2", "8"), ("Bo, Jr", "0"): ("1", "8"), ("Bo, Jr", "1"): ("0", "8")}

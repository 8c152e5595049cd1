"""The interactive page of exposures, in a browser."""

import shutil
from dataclasses import replace

import numpy as np
import pytest

from skysieve.quality.querying import select_rows
from skysieve.records import Catalog, Column
from skysieve.report.qualitycolors import CLASS_COLORS
from skysieve.report.qualityexplorer import Explorer, render_explorer, write_explorer
from skysieve.report.qualityfocal import make_grid

HOSTILE = "a</script><script>alert(1)</script>.fits"
PICTURE = b"\x89PNG"


def make_explorer(count=4, *, pictures=None):
    """Exposures along a diagonal from the corner of the classical box outward; the last has no place."""
    part = np.linspace(0, 1, count)
    numbers = {"log_fwhm": [*(0.5 * part[:-1]), None], "ellipticity": [*(0.5 * part[:-1]), None]}
    numbers |= {f"p_{name}": (1 - part if name == "good" else part / 4).round(4).tolist() for name in CLASS_COLORS}
    names = [HOSTILE, *(f"{number}.fits" for number in range(1, count))]
    columns = {
        "exposure": names, "verdict": ["bad" if one > 0.2 else "good" for one in part], "cause": ["bt"] * count,
        "causes95": ["good,bt"] * (count - 1) + ["bgp"], "n_dead_ccd": [1] + [0] * (count - 1), **numbers,
    }  # fmt: skip
    plane = make_grid(["1", "2"])
    return Explorer("Exposures", columns, [plane], [(("1", "2"), "95--")] * count, pictures or {}, {"model": "q 1"})


def make_table(explorer):
    columns = {name: np.array(values, float if name[0] in "pnle" and name != "exposure" else object)
               for name, values in explorer.columns.items()}  # fmt: skip
    return Catalog(tuple(Column(name, "f8") for name in columns), columns)


def test_the_page_is_the_same_each_time_and_escapes_names(tmp_path):
    write_explorer(tmp_path / "a.html", make_explorer())
    text = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert text == render_explorer(make_explorer())
    assert "<script>alert" not in text


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
    """Open a page; it may say nothing and ask nothing of the network."""
    opened = browser.new_page(viewport={"width": 1300, "height": 900})
    opened.set_default_timeout(60_000)
    said, asked = [], []
    opened.on("console", lambda message: said.append(message.text))
    opened.on("pageerror", lambda error: said.append(str(error)))
    opened.on("request", lambda request: asked.append(request.url))

    def show(explorer):
        write_explorer(tmp_path / "page.html", explorer)
        opened.goto((tmp_path / "page.html").as_uri())
        return opened

    yield show
    assert said == []
    assert all(url.startswith(("file:", "data:")) for url in asked)
    opened.close()


CLICK = """(places) => { for (const [clientX, clientY] of places)
document.querySelector(".plot canvas").dispatchEvent(new MouseEvent("click", {clientX, clientY})); }"""

QUERIES = (
    "p_good > 0.5", "p_bt > 0.2 and p_bseeing > 0.2", "not p_good > 0.5", "verdict == 'bad' or n_dead_ccd > 0",
    "verdict in ('bad', 'hole') and 'bt' in causes95", "'bt' not in causes95", "p_rbt + p_bt > 2 * (p_good - 0.1)",
    "0.1 < ellipticity <= 0.3", "log_fwhm != 7", "-p_good < -0.9", 'exposure == "1.fits"', "p_good - 1 / 4 - 0.1 > 0",
    "not (p_good > 0.5 and n_dead_ccd == 0) or p_bt in (0, 1)", "p_bgp > 1e-1",
)  # fmt: skip


def test_queries_find_what_the_command_line_finds(open_page):
    explorer = make_explorer(9)
    page, table = open_page(explorer), make_table(explorer)
    for query in QUERIES:
        wanted = np.array(explorer.columns["exposure"])[select_rows(table, query)].tolist()
        page.fill("#query", query)
        assert page.locator("#count").inner_text() == f"{len(wanted)} of 9 exposures"
        found = page.locator(".found button").all_inner_texts()
        assert [text.split(" · ")[0] for text in found] == wanted


def test_a_query_that_cannot_be_read_says_why_and_changes_nothing(open_page):
    page = open_page(make_explorer())
    complaints = {
        "p_bt >": "missing at the end", "p_good > 'a'": "compared", "p_x > 1": "no column p_x", "p_good # 1": "be read",
        "p_good": "want comparisons", "p_good > 1 1": "too much",
    }  # fmt: skip
    for query, words in complaints.items():
        page.fill("#query", query)
        assert words in page.locator(".complaint").inner_text()
        assert page.locator("#count").inner_text() == "4 of 4 exposures"


def test_a_click_in_the_plot_or_in_the_list_opens_an_exposure(open_page):
    page = open_page(make_explorer(pictures={0: [("Detector 1", PICTURE), ("Fingerprint", PICTURE)]}))
    page.locator(".found button").nth(2).click()
    assert page.locator(".opened h3").inner_text() == "2.fits"
    assert page.locator(".opened polygon").count() == 2
    assert page.locator(".opened [fill='url(#dead)'] title").text_content() == "2: no light"
    page.locator(".nearest").click()
    assert page.locator(".opened h3").inner_text() == HOSTILE
    assert page.locator(".opened img").count() == 2
    box = page.locator(".plot canvas").first.bounding_box()
    found = [(x, y) for x in np.linspace(0.05, 0.95, 40) for y in np.linspace(0.05, 0.95, 40)]
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in found]
    page.evaluate(CLICK, places)
    assert page.locator(".opened h3").inner_text() == "2.fits"


def test_hovering_tells_and_colors_change(open_page):
    page = open_page(make_explorer())
    page.select_option("#color", "p_good")
    first = page.evaluate("document.querySelector('.plot canvas').toDataURL()")
    page.select_option("#color", "verdict")
    assert page.evaluate("document.querySelector('.plot canvas').toDataURL()") != first
    assert page.locator(".colors").inner_text().split() == ["good", "acceptable", "hole", "bad"]
    assert (
        page.locator("#classical").inner_text()
        == "The classical cut passes 2 of them; 1 (50.0 %) of these are judged bad."
    )
    assert page.locator("#unplaced").inner_text().endswith(": 1.")


def test_ten_thousand_exposures_open_and_long_lists_are_cut(open_page):
    page = open_page(make_explorer(10_000))
    assert page.locator("#count").inner_text() == "10,000 of 10,000 exposures"
    assert "and 9,600 more" in page.locator(".found").inner_text()
    page.fill("#query", "p_good > 0.99")
    assert page.locator("#count").inner_text() == "100 of 10,000 exposures"


def test_no_exposure_at_all_is_a_page_too(open_page):
    empty = make_explorer()
    nothing = {name: [] for name in empty.columns}
    page = open_page(replace(empty, columns=nothing, detectors=[]))
    assert page.locator("#count").inner_text() == "0 of 0 exposures"

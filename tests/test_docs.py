"""Every block of the documentation runs: Python as it stands, commands through the command line, recipes as recipes."""

import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from tests.chain.conftest import make_header, make_sky, write_image

from skysieve.chain import ChainRecipe
from skysieve.cli.main import invoke
from skysieve.config import read_recipe
from skysieve.extraction.schema import list_catalog_columns

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)


FEW_ROUNDS = "injection.most_rounds=2"
"""Enough to see that injections run; a report that one can believe takes a minute."""


def read_blocks(page: Path, language: str) -> list[str]:
    return [text for name, text in BLOCK.findall(page.read_text(encoding="utf-8")) if name == language]


def shorten(arguments: list[str]) -> list[str]:
    """Inject few sources where a command does not say how many."""
    if arguments[0] == "trust" and "--set" not in arguments:
        return [*arguments, "--set", FEW_ROUNDS]
    return [*arguments, "--trust-recipe", "few.toml"] if "--trust" in arguments else arguments


@pytest.fixture
def files(tmp_path, monkeypatch):
    """The files that the pages speak of, in the current folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SKYSIEVE_TEST_DATA", raising=False)
    image = make_sky(shape=(90, 100), stars=15)
    for name in ("night1.fits", "g.fits", "r.fits", "i.fits"):
        write_image(tmp_path / name, image)
    write_image(tmp_path / "night2.fits.fz", image)
    write_image(tmp_path / "bad.fits", (image > 1000).astype(np.uint8))
    write_image(tmp_path / "ivar.fits", np.full_like(image, 0.1))
    y, x = np.mgrid[-12:13, -12:13]
    write_image(tmp_path / "psf.fits", np.exp(-0.5 * (x**2 + y**2) / 1.6**2).astype(np.float32))
    planes = [fits.ImageHDU(image, make_header(), name=f"CCD{n}") for n in (1, 2)]
    fits.HDUList([fits.PrimaryHDU(), *planes]).writeto(tmp_path / "mosaic.fits")
    (tmp_path / "overrule.csv").write_text("id,value,who,why\n3,0.1,Ada,a galaxy by eye\n")
    (tmp_path / "few.toml").write_text("[injection]\nmost_rounds = 2\n")
    (tmp_path / "recipes").mkdir()
    (tmp_path / "recipes" / "chain.toml").write_bytes((ROOT / "recipes" / "chain.toml").read_bytes())
    return tmp_path


@pytest.mark.parametrize("page", [p for p in PAGES if read_blocks(p, "python")], ids=lambda p: p.stem)
def test_python_blocks_run(page, files):
    namespace: dict[str, object] = {"__name__": "page"}
    for block in read_blocks(page, "python"):
        exec(compile(block, str(page), "exec"), namespace)


@pytest.mark.parametrize("page", [p for p in PAGES if read_blocks(p, "console")], ids=lambda p: p.stem)
def test_commands_run(page, files, capsys):
    for block in read_blocks(page, "console"):
        for line in block.replace("\\\n", " ").splitlines():
            if line.startswith("$ skysieve"):
                arguments = shlex.split(line.partition("  #")[0])[2:]
                number = len(list(files.iterdir()))
                needs_folder = arguments[0] == "run" and "--out" not in arguments
                code = invoke([*shorten(arguments), "--out", f"run{number}"] if needs_folder else shorten(arguments))
                assert code == 0, (line, capsys.readouterr().err)


@pytest.mark.parametrize("page", [p for p in PAGES if read_blocks(p, "toml")], ids=lambda p: p.stem)
def test_recipes_in_the_pages_are_recipes(page, tmp_path):
    for block in read_blocks(page, "toml"):
        (tmp_path / "page.toml").write_text(block)
        read_recipe(ChainRecipe, tmp_path / "page.toml")


def test_the_recipe_that_ships_holds_the_defaults():
    assert read_recipe(ChainRecipe, ROOT / "recipes" / "chain.toml") == ChainRecipe()


def test_the_table_of_columns_is_up_to_date():
    table = (ROOT / "docs" / "reference" / "columns.md").read_text(encoding="utf-8")
    for column in list_catalog_columns([], (5.0,)):
        assert f"| `{column.name}` | {column.dtype} | {column.unit} | {column.description} |" in table


def test_links_between_pages_lead_somewhere():
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"

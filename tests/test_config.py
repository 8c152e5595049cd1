"""Recipes: what is known is read, what is unknown is refused with a hint."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skysieve.config import STRICT, dump_recipe, read_recipe


@dataclass(frozen=True)
class Section:
    __pydantic_config__ = STRICT
    sigma: float = 3.0
    name: str = ""
    sizes: tuple[int, ...] = (1,)


@dataclass(frozen=True)
class Recipe:
    __pydantic_config__ = STRICT
    seed: int = 0
    mode: Literal["hot", "cold"] = "hot"
    folder: Path = Path()
    sky: Section = field(default_factory=Section)
    maybe: Section | None = None
    several: tuple[Section, ...] = ()
    bands: dict[str, Section] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.seed < 0:
            raise ValueError("seed = -1 is negative; give 0 or more")


@dataclass(frozen=True)
class Demanding:
    __pydantic_config__ = STRICT
    seed: int


def read(folder: Path, text: str, *settings: str, kind=Recipe):
    (folder / "r.toml").write_text(text, encoding="utf-8")
    return read_recipe(kind, folder / "r.toml", settings=settings)


def test_without_a_file_the_defaults_rule():
    assert read_recipe(Recipe) == Recipe()


def test_a_file_fills_sections_and_settings_rule_over_it(tmp_path):
    recipe = read(tmp_path, "seed = 1\n[sky]\nsigma = 2\nsizes = [3, 4]", "sky.sigma=1.5", "mode=cold")
    assert recipe == Recipe(seed=1, mode="cold", sky=Section(sigma=1.5, sizes=(3, 4)))


@pytest.mark.parametrize(
    ("setting", "found"),
    [
        ("sky.sigma=5", Section(sigma=5)),
        (" sky.sigma = 5 ", Section(sigma=5)),
        ("sky.sizes=[1, 2]", Section(sizes=(1, 2))),
        ("sky.name=two words", Section(name="two words")),
        ('sky.name="123"', Section(name="123")),
        ("sky.name=a=b", Section(name="a=b")),
        ("sky.name=", Section()),
        ("sky.name=2024-01-01", Section(name="2024-01-01")),
    ],
)
def test_settings_are_toml_or_bare_words(setting, found):
    assert read_recipe(Recipe, settings=[setting]).sky == found


@pytest.mark.parametrize("setting", ["sky", "=3", " =3", ""])
def test_a_setting_without_key_or_value_is_refused(setting):
    with pytest.raises(ValueError, match=f"^--set {setting}: write it as section.key=value$"):
        read_recipe(Recipe, settings=[setting])


def test_a_setting_below_a_value_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"^--set seed\.x=1: seed is a value, not a section$"):
        read(tmp_path, "seed = 3", "seed.x=1")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("sed = 1", "sed is not a known key; did you mean seed"),
        ("[sky]\nsgma = 1", "sky.sgma is not a known key; did you mean sigma"),
        ("[maybe]\nsgma = 1", "maybe.sgma is not a known key; did you mean sigma"),
        ("[[several]]\nsgma = 1", "several.0.sgma is not a known key; did you mean sigma"),
        ("[bands.g]\nsgma = 1", "bands.g.sgma is not a known key; did you mean sigma"),
        ("[sky]\nqqq = 1", "sky.qqq is not a known key; known keys are sigma, name, sizes"),
    ],
)
def test_an_unknown_key_is_refused_with_a_hint(tmp_path, text, complaint):
    with pytest.raises(ValueError, match=f"^r.toml: {complaint}$"):
        read(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("seed = 'x'", "seed = 'x': input should be a valid integer"),
        ("seed = true", "seed = True: input should be a valid integer"),
        ("seed = 1.5", "seed = 1.5: input should be a valid integer"),
        ("mode = 'warm'", "mode = 'warm': input should be 'hot' or 'cold'"),
        ("sky = 3", r"sky = 3: a section is wanted; write its keys below \[sky\]"),
        ("[sky]\nsigma = nan", "sky.sigma = nan: input should be a finite number"),
        ("[sky]\nsigma = -inf", "sky.sigma = -inf: input should be a finite number"),
        ("[sky]\nname = 123", "sky.name = 123: input should be a valid string"),
        ("[sky]\nsizes = [1, 'x']", "sky.sizes.1 = 'x': input should be a valid integer"),
        ("seed = -1", "seed = -1 is negative; give 0 or more"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused(tmp_path, text, complaint):
    with pytest.raises(ValueError, match=f"^r.toml: {complaint}$"):
        read(tmp_path, text)


def test_settings_alone_are_named_as_the_place():
    with pytest.raises(ValueError, match=r"^settings: sed is not a known key"):
        read_recipe(Recipe, settings=["sed=1"])


def test_a_key_without_default_is_asked_for(tmp_path):
    with pytest.raises(ValueError, match=r"^r\.toml: seed is missing; give it a value$"):
        read(tmp_path, "", kind=Demanding)


@pytest.mark.parametrize("content", [b"a ==", b"\xff\xfe", b"[sky\n", b"seed = 1\nseed = 2"])
def test_what_is_not_toml_is_refused(tmp_path, content):
    (tmp_path / "r.toml").write_bytes(content)
    with pytest.raises(ValueError, match=r"^r\.toml: not a TOML file \("):
        read_recipe(Recipe, tmp_path / "r.toml")


def test_a_missing_recipe_and_a_folder_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"none\.toml: there is no such recipe$"):
        read_recipe(Recipe, tmp_path / "none.toml")
    with pytest.raises(ValueError, match=r"cannot be read \(Is a directory\); give a TOML file$"):
        read_recipe(Recipe, tmp_path)


def test_a_dumped_recipe_is_plain_values():
    assert dump_recipe(Recipe(sky=Section(sizes=(2, 3))))["sky"] == {"sigma": 3.0, "name": "", "sizes": [2, 3]}


@given(seed=st.integers(0, 2**62), sigma=st.floats(allow_nan=False, allow_infinity=False), hot=st.booleans())
def test_dumped_values_read_back_as_settings(seed, sigma, hot):
    recipe = Recipe(seed=seed, mode="hot" if hot else "cold", sky=Section(sigma=sigma))
    plain = dump_recipe(recipe)
    settings = [f"seed={plain['seed']}", f"mode={plain['mode']}", f"sky.sigma={plain['sky']['sigma']!r}"]
    assert read_recipe(Recipe, settings=settings) == recipe

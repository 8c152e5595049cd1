"""TOML recipes become frozen dataclasses; an unknown key or a wrong type is refused with one sentence."""

import dataclasses
import difflib
import json
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import ConfigDict, TypeAdapter, ValidationError

Recipe = TypeVar("Recipe")

STRICT = ConfigDict(extra="forbid", allow_inf_nan=False)
"""Give this to a recipe dataclass as ``__pydantic_config__``: unknown keys, NaN and infinity are refused."""


def read_recipe(kind: type[Recipe], path: Path | None = None, *, settings: Iterable[str] = ()) -> Recipe:
    """Read a recipe and apply ``key=value`` settings on top of it.

    Parameters
    ----------
    kind : type
        A dataclass whose ``__pydantic_config__`` is ``STRICT``; its defaults fill what the file leaves out.
    path : Path, optional
        A TOML file; None starts from the defaults.
    settings : iterable of str
        Texts ``section.key=value``, the value in TOML syntax (bare words are taken as strings).

    Returns
    -------
    Recipe
        A validated, frozen instance.

    Raises
    ------
    ValueError
        If the file is not TOML, a key is unknown, or a value has the wrong type or lies out of range.
    """
    where = "settings" if path is None else path.name
    tree = {} if path is None else _read_toml(path)
    for setting in settings:
        _apply_setting(tree, setting)
    try:
        # As JSON, so that being strict about numbers and texts still lets lists be tuples and texts be paths.
        return TypeAdapter(kind).validate_json(json.dumps(tree, default=str), strict=True)
    except ValidationError as error:
        raise ValueError(f"{where}: {_explain(error, kind)}") from None


def parse_recipe(kind: type[Recipe], plain: Mapping[str, Any]) -> Recipe:
    """Return the recipe that ``dump_recipe`` made plain values of."""
    return TypeAdapter(kind).validate_json(json.dumps(dict(plain)), strict=True)


def dump_recipe(recipe: object) -> dict[str, Any]:
    """Return a resolved recipe as plain nested values, ready for JSON."""
    plain: dict[str, Any] = json.loads(TypeAdapter(type(recipe)).dump_json(recipe))
    return plain


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ValueError(f"{path}: there is no such recipe") from None
    except OSError as error:
        raise ValueError(f"{path}: cannot be read ({error.strerror}); give a TOML file") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path.name}: not a TOML file ({error})") from None


def _apply_setting(tree: dict[str, Any], setting: str) -> None:
    """Write one ``a.b=value`` into the nested tables of a recipe."""
    key, equals, text = setting.partition("=")
    if not equals or not key.strip():
        raise ValueError(f"--set {setting}: write it as section.key=value")
    try:
        value = tomllib.loads(f"value = {' '.join(text.splitlines()).strip()}")["value"]
    except tomllib.TOMLDecodeError:
        value = text.strip()
    *sections, leaf = key.strip().split(".")
    for section in sections:
        tree = tree.setdefault(section, {})
        if not isinstance(tree, dict):
            raise ValueError(f"--set {setting}: {section} is a value, not a section")  # noqa: TRY004
    tree[leaf] = value


def _explain(error: ValidationError, kind: type) -> str:
    """Turn the first complaint of a validation into one sentence."""
    first = error.errors()[0]
    path = [str(part) for part in first["loc"]]
    name = ".".join(path)
    if first["type"] == "unexpected_keyword_argument":
        known = _field_names(kind, path[:-1])
        near = difflib.get_close_matches(path[-1], known, n=1)
        hint = f"did you mean {near[0]}" if near else f"known keys are {', '.join(known)}"
        return f"{name} is not a known key; {hint}"
    if first["type"] == "missing":
        return f"{name} is missing; give it a value"
    if first["type"] == "dataclass_type":
        return f"{name} = {first['input']!r}: a section is wanted; write its keys below [{name}]"
    if first["type"] == "value_error":
        return f"{name}: {first['ctx']['error']}" if name else str(first["ctx"]["error"])
    return f"{name} = {first['input']!r}: {first['msg'][0].lower()}{first['msg'][1:]}"


def _field_names(kind: Any, path: list[str]) -> list[str]:
    """Names of the fields of the dataclass found by walking ``path`` down from ``kind``."""
    for part in path:
        if dataclasses.is_dataclass(kind):
            fields: Mapping[str, Any] = {f.name: f.type for f in dataclasses.fields(kind)}
            # Numbers in lists and keys of tables are no fields: they stay at the dataclass already found.
            kind = _find_dataclass(fields[part]) if part in fields else kind
    return [f.name for f in dataclasses.fields(kind)] if dataclasses.is_dataclass(kind) else []


def _find_dataclass(kind: Any) -> Any:
    """Return the dataclass in a type such as ``Section | None``, ``tuple[Section, ...]`` or ``dict[str, Section]``."""
    if dataclasses.is_dataclass(kind):
        return kind
    return next(filter(None, map(_find_dataclass, get_args(kind))), None)

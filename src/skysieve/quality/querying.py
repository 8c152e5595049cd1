"""Queries over tables of verdicts: a small language of comparisons that is read, never run as code."""

import ast
import difflib
import functools
import operator
from collections.abc import Callable
from typing import Any

import numpy as np
from jaxtyping import Bool, Shaped

from skysieve.records import Catalog

LONGEST = 2000
"""Characters of a query; longer ones are refused."""

LANGUAGE = "columns, numbers, texts in quotes, + - * /, < <= == != >= >, in (...), and, or, not"

Values = Shaped[np.ndarray, " row"]

COMPARISONS: dict[type[ast.cmpop], Callable[[Values, Values], Values]] = {
    ast.Lt: operator.lt, ast.LtE: operator.le, ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.GtE: operator.ge,
    ast.Gt: operator.gt,
}  # fmt: skip

ARITHMETIC: dict[type[ast.operator], Callable[[Values, Values], Values]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
}  # fmt: skip


def select_rows(catalog: Catalog, query: str) -> Bool[np.ndarray, " row"]:
    """Select the rows of a table for which a query is true.

    Parameters
    ----------
    catalog : Catalog
        Any table, as of verdicts.
    query : str
        As ``p_bt > 0.2 and verdict != 'bad'``. A comparison with NaN is false, ``!=`` and ``not in`` as well. ``in``
        looks into a tuple, or into a column that lists names between commas: ``'bt' in causes95``.

    Raises
    ------
    ValueError
        If the query is not of the language, names a column that is not there, or compares texts with numbers.

    Examples
    --------
    >>> from skysieve.records import Column
    >>> columns = {"p_bt": np.array([0.1, 0.3, np.nan]), "verdict": np.array(["good", "bad", "bad"], dtype=object)}
    >>> table = Catalog((Column("p_bt", "f8"), Column("verdict", "str")), columns)
    >>> select_rows(table, "p_bt > 0.2 or verdict in ('good', 'hole')").tolist()
    [True, True, False]
    """
    tree = _parse(query)
    try:
        with np.errstate(all="ignore"):
            return _expect(_evaluate(tree, catalog), "yes or no", tree)
    except RecursionError:
        raise ValueError("query: nested too deeply; write it simpler") from None


def list_columns(query: str) -> tuple[str, ...]:
    """Return the columns that a query names, each once, in order.

    Examples
    --------
    >>> list_columns("p_bt > 2 * p_rbt and p_bt < 1")
    ('p_bt', 'p_rbt')
    """
    names = [node for node in ast.walk(_parse(query)) if isinstance(node, ast.Name)]
    return tuple(dict.fromkeys(node.id for node in sorted(names, key=lambda node: (node.lineno, node.col_offset))))


def _parse(query: str) -> ast.expr:
    if len(query) > LONGEST:
        raise ValueError(f"query: {len(query)} characters; {LONGEST} at most are read")
    try:
        return ast.parse(query.strip(), mode="eval").body
    except SyntaxError as error:
        where = f" at character {error.offset}" if error.offset else ""
        raise ValueError(f"query: {query!r} cannot be read{where} ({error.msg}); it is made of {LANGUAGE}") from None
    except (RecursionError, MemoryError, ValueError) as error:
        raise ValueError(f"query: cannot be read ({error}); it is made of {LANGUAGE}") from None


def _evaluate(node: ast.expr, table: Catalog) -> Values:  # noqa: PLR0911 -- one for each rule of the language
    """Return the values of a part of a query, one a row."""
    match node:
        case ast.BoolOp(op=op, values=parts):
            join = np.logical_and if isinstance(op, ast.And) else np.logical_or
            return functools.reduce(join, [_expect(_evaluate(part, table), "yes or no", part) for part in parts])
        case ast.UnaryOp(op=ast.Not(), operand=part):
            return ~_expect(_evaluate(part, table), "yes or no", part)
        case ast.UnaryOp(op=ast.USub(), operand=part):
            return -_expect(_evaluate(part, table), "numbers", part)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in ARITHMETIC:
            sides = [_expect(_evaluate(part, table), "numbers", part) for part in (left, right)]
            return ARITHMETIC[type(op)](*sides)
        case ast.Compare(left=left, ops=ops, comparators=others):
            pairs = zip([left, *others[:-1]], ops, others, strict=True)
            return functools.reduce(np.logical_and, [_compare(one, op, other, table) for one, op, other in pairs])
        case ast.Name(id=name):
            return _get_column(table, name)
        case ast.Constant(value=bool() | int() | float() | str() as value):
            return np.full(len(table), _bound(value))
    raise ValueError(f"query: {ast.unparse(node)} is not understood; a query is made of {LANGUAGE}")


def _compare(left: ast.expr, op: ast.cmpop, right: ast.expr, table: Catalog) -> Values:
    """Compare two parts, row by row; false where one is NaN."""
    if isinstance(op, ast.In | ast.NotIn):
        return _look_into(left, right, table, inside=isinstance(op, ast.In))
    if type(op) not in COMPARISONS:
        raise ValueError(f"query: 'is' is not understood; a query is made of {LANGUAGE}")
    one, other = _evaluate(left, table), _evaluate(right, table)
    if _tell_kind(one) != _tell_kind(other):
        raise ValueError(
            f"query: {ast.unparse(left)} gives {_tell_kind(one)}, {ast.unparse(right)} {_tell_kind(other)}; "
            "compare like with like"
        )
    return COMPARISONS[type(op)](one, other) & _is_known(one) & _is_known(other)


def _look_into(left: ast.expr, right: ast.expr, table: Catalog, *, inside: bool) -> Values:
    """Say in which rows the left part is among the right ones."""
    one = _evaluate(left, table)
    if isinstance(right, ast.Tuple | ast.List | ast.Set):
        equal = [_compare(left, ast.Eq(), member, table) for member in right.elts]
        found = functools.reduce(np.logical_or, equal, np.zeros(len(table), bool))
    else:
        lists = _expect(_evaluate(right, table), "texts", right)
        names = _expect(one, "texts", left)
        found = np.array([name in text.split(",") for name, text in zip(names, lists, strict=True)], bool)
    return found if inside else ~found & _is_known(one)


def _get_column(table: Catalog, name: str) -> Values:
    if name in table.names:
        values = table[name]
        return values.astype(str) if values.dtype == object else values
    near = difflib.get_close_matches(name, table.names, n=3, cutoff=0.5)
    advice = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(table.names)}"
    raise ValueError(f"query: the table has no column {name}; {advice} Texts stand in quotes.")


def _bound(value: Any) -> Any:
    """Return a literal; integers of more than 64 bits as floating-point numbers."""
    try:
        return float(value) if isinstance(value, int) and abs(value) >= 2**63 else value
    except OverflowError:
        raise ValueError("query: a number in it is too large; write it with an exponent") from None


def _tell_kind(values: Values) -> str:
    return {"b": "yes or no", "U": "texts"}.get(values.dtype.kind, "numbers")


def _expect(values: Values, kind: str, node: ast.expr) -> Values:
    if _tell_kind(values) != kind:
        raise ValueError(f"query: {ast.unparse(node)} gives {_tell_kind(values)}; {kind} is wanted there")
    return values


def _is_known(values: Values) -> Values:
    return ~np.isnan(values) if values.dtype.kind == "f" else np.ones_like(values, dtype=bool)

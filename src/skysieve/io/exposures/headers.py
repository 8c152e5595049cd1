"""FITS headers of any quality become clean ones; values are looked up with forgiveness."""

import functools
import logging
import math
import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from astropy.io.fits import Card, Header
from astropy.io.fits.verify import VerifyError

CARD = 80
KEPT = 512
"""Headers whose clean form is kept: to reach a detector of a mosaic all headers before it are read."""

COMMENTARY = ("COMMENT", "HISTORY", "CONTINUE", "HIERARCH", "")
RECORD = re.compile(r".{8}= '[A-Z0-9_.]+: [-+0-9.E]+ *'")
"""A record-valued card, such as those of distortion tables: one keyword, many cards."""
TABLE_KEYWORD = re.compile(r"(TTYPE|TFORM|TUNIT|TNULL|TSCAL|TZERO|TDISP|TDIM|NAXIS)\d+|TFIELDS|THEAP|BITPIX|NAXIS")
COMPRESSION_KEYWORD = re.compile(
    r"ZIMAGE|ZCMPTYPE|ZQUANTIZ|ZDITHER0|(ZTILE|ZNAME|ZVAL)\d+|ZPCOUNT|ZGCOUNT|Z(HE|DA).*SUM"
)


@contextmanager
def ignore_warnings() -> Iterator[None]:
    """Keep warnings and log lines of libraries from leaking; what they mean is told by flags and messages."""
    logger = logging.getLogger("astropy")
    before = logger.disabled
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        # Not its level: setting that empties a cache of all loggers, which takes longer than reading a header.
        logger.disabled = True
        try:
            yield
        finally:
            logger.disabled = before


def parse_header(raw: bytes) -> tuple[Header, tuple[str, ...]]:
    """Parse header cards, repairing or dropping those that break the standard.

    Parameters
    ----------
    raw : bytes
        Cards of 80 bytes, without the END card.

    Returns
    -------
    tuple of Header and tuple of str
        A header whose every value can be read, and the keywords of the cards that were repaired (non-ASCII bytes,
        lower-case keywords, values that cannot be parsed: kept as text) or dropped (a keyword given twice with
        different values: the first counts).
    """
    text, broken = _clean_cards(raw)
    with ignore_warnings():
        return Header.fromstring(text), broken


@functools.lru_cache(maxsize=KEPT)
def _clean_cards(raw: bytes) -> tuple[str, tuple[str, ...]]:
    """Return cards that can all be parsed, and the keywords of those that were repaired or dropped."""
    with ignore_warnings():
        return _repair_cards(raw.decode("latin-1"))


def _repair_cards(text: str) -> tuple[str, tuple[str, ...]]:
    """Repair or drop cards, one after the other."""
    cards: list[str] = []
    broken: list[str] = []
    values: dict[str, Any] = {}
    dropped = False
    for card, problem in (_repair_card(text[i : i + CARD].ljust(CARD)) for i in range(0, len(text), CARD)):
        keyword = card[:8].rstrip()
        dropped = dropped if keyword == "CONTINUE" else keyword in values
        clash = dropped and keyword != "CONTINUE" and values[keyword] != _parse_value(card)
        if problem or clash:
            broken.append(keyword or "(blank)")
        if not dropped:
            cards.append(card)
            if keyword not in COMMENTARY and not RECORD.match(card):
                values[keyword] = _parse_value(card)
    return "".join(cards), tuple(broken)


def _repair_card(card: str) -> tuple[str, bool]:
    """Return a card that can be parsed, and whether it had to be changed for that."""
    clean = re.sub(r"[^ -~]", "?", card)
    if clean[8:10] == "= " and clean[:8].rstrip() not in COMMENTARY:
        clean = re.sub(r"[^A-Z0-9_-]", "_", clean[:8].rstrip().upper()).ljust(8) + clean[8:]
        if _parse_value(clean) is None and clean[10:].split("/")[0].strip():
            value = clean[10:].split("/")[0].strip().strip("'").replace("'", "")[:68]
            clean = f"{clean[:8]}= '{value}'".ljust(CARD)
    elif clean.startswith("HIERARCH") and _parse_value(clean) is None:
        clean = f"COMMENT {clean[9:]}".ljust(CARD)
    return clean, clean != card


def _parse_value(card: str) -> Any:
    """Value of one card; None where it has none or cannot be parsed."""
    try:
        return Card.fromstring(card).value
    except (VerifyError, ValueError):
        return None


def unwrap_tiles(header: Header) -> Header:
    """Turn the table header of a tile-compressed image into the header of the image itself."""
    image = header.copy()
    for keyword in {key for key in header if TABLE_KEYWORD.fullmatch(key) or COMPRESSION_KEYWORD.fullmatch(key)}:
        del image[keyword]
    for keyword in [key for key in image if re.fullmatch(r"Z(BITPIX|NAXIS\d*|BLANK)", key)]:
        image[keyword[1:]] = image.pop(keyword)
    if image.get("EXTNAME") == "COMPRESSED_IMAGE":
        del image["EXTNAME"]
    return image


def parse_number(value: Any) -> float:
    """Read a header value as a number; NaN for text, for logicals and for nothing.

    Examples
    --------
    >>> parse_number(" 53.907456 ")
    53.907456
    >>> parse_number("night")
    nan
    """
    if isinstance(value, bool) or value is None:
        return math.nan
    try:
        return float(value)
    except (TypeError, ValueError):
        return math.nan


def find_positive(headers: Sequence[Header], keywords: Sequence[str]) -> float:
    """Return the first positive finite number among some keywords, extension before primary; NaN where none is."""
    for keyword in keywords:
        for header in headers:
            number = parse_number(header.get(keyword))
            if math.isfinite(number) and number > 0:
                return number
    return math.nan


def find_text(headers: Sequence[Header], keywords: Sequence[str]) -> str:
    """Return the first text that is not blank among some keywords, extension before primary; "" where none is."""
    texts = (header.get(keyword) for keyword in keywords for header in headers)
    return next((text.strip() for text in texts if isinstance(text, str) and text.strip()), "")

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skysieve.io.exposures import InputRecipe, list_detectors, read_detector
from skysieve.io.exposures.headers import find_positive, find_text, parse_header
from skysieve.records import ImageFlag

RECIPE = InputRecipe()


def _card(text):
    return text.ljust(80).encode("latin-1")


def _read(path):
    (address,) = list_detectors([path], recipe=RECIPE)
    return read_detector(address, RECIPE)


@pytest.mark.parametrize(
    ("text", "keyword", "value"),
    [
        ("exptime = 30.0", "EXPTIME", 30.0),
        ("GAIN    = NaN", "GAIN", "NaN"),
        ("OBJECT  = 'M31 / not closed", "OBJECT", "M31"),
        ("OBSERVER= 'Ren\xe9e'", "OBSERVER", "Ren?e"),
        ("GAIN    = 1,5 / comma", "GAIN", "1,5"),
    ],
)
def test_a_card_that_breaks_the_standard_is_repaired_and_named(text, keyword, value):
    header, broken = parse_header(_card(text))
    assert broken == (keyword,)
    assert header[keyword] == value


def test_the_first_of_two_different_values_counts():
    header, broken = parse_header(_card("GAIN    = 1.5") + _card("GAIN    = 2.5") + _card("A       = 1"))
    assert (header["GAIN"], len(header), broken) == (1.5, 2, ("GAIN",))


def test_the_same_card_twice_and_comments_are_no_breach():
    header, broken = parse_header(_card("A       = 1") * 2 + _card("COMMENT one") * 2 + _card(""))
    assert (len(header["COMMENT"]), broken) == (2, ())


def test_long_strings_go_on_over_cards():
    header, broken = parse_header(_card("NOTE    = 'one &'") + _card("CONTINUE  'two'"))
    assert (header["NOTE"], broken) == ("one two", ())


@given(st.binary(max_size=400))
def test_any_bytes_are_parsed_without_error_and_every_value_can_be_read(raw):
    header, _ = parse_header(raw)
    assert len([card.value for card in header.cards]) == len(header)


def test_values_are_sought_by_keyword_then_extension_before_primary():
    extension, _ = parse_header(_card("B       = 2.0") + _card("C       = 'x '"))
    primary, _ = parse_header(_card("A       = '1.0'") + _card("B       = 9.0"))
    assert find_positive([extension, primary], ("A", "B")) == 1.0
    assert find_positive([extension, primary], ("B",)) == 2.0
    assert find_text([extension, primary], ("A", "C")) == "1.0"
    assert np.isnan(find_positive([extension, primary], ("D",)))


def test_a_broken_card_flags_the_image_and_says_which(write_image, edit_cards):
    path = edit_cards(write_image(EXPTIME=1.0, OBSERVER="Renee"), b"'Renee", b"'Ren\xe9e")
    detector = _read(path)
    assert ImageFlag.BROKEN_HEADER in detector.flags
    assert "img.fits: 1 header cards (first OBSERVER) break the FITS standard" in detector.messages[0]


def test_a_nan_card_is_both_broken_and_a_bad_exposure_time(write_image, edit_cards):
    path = edit_cards(write_image(EXPTIME=30.0), b"EXPTIME =                 30.0", b"EXPTIME =                  NaN")
    flags = _read(path).flags
    assert ImageFlag.BROKEN_HEADER in flags
    assert ImageFlag.BAD_EXPTIME in flags


def test_pixels_follow_a_header_whose_rest_is_not_blank(write_image):
    path = write_image(data=np.full((2, 2), 5.0))
    raw = path.read_bytes()
    end = raw.index(b"END" + b" " * 77) + 80
    path.write_bytes(raw[:end] + bytes(2880 - end) + raw[2880:])
    assert (_read(path).bands[0].data == 5).all()


def test_pixels_without_padding_at_the_end_of_the_file_are_whole(write_image):
    path = write_image(data=np.full((2, 2), 5.0))
    path.write_bytes(path.read_bytes()[: 2880 + 32])
    assert (_read(path).bands[0].data == 5).all()

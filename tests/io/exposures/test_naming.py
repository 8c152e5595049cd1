import re
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from skysieve.io.exposures.naming import make_stem, make_unique, name_field, shorten_paths


@given(st.lists(st.lists(st.sampled_from("abc"), min_size=1, max_size=4), min_size=1, max_size=8))
def test_shortened_paths_are_unique_and_end_their_path(parts):
    paths = [Path("/", *names) for names in parts]
    names = shorten_paths(paths)
    assert len(set(names.values())) == len(set(paths))
    assert all(str(path).endswith(name) for path, name in names.items())


@given(st.text(max_size=300))
def test_a_stem_is_a_plain_file_name(name):
    assert re.fullmatch(r"[A-Za-z0-9+-][A-Za-z0-9._+-]{0,159}", make_stem(name))


@given(st.lists(st.sampled_from(["a", "A", "a_2", "A_2", "b"]), max_size=12))
def test_unique_stems_differ_even_where_capitals_do_not_count(stems):
    unique = make_unique(stems)
    assert len({stem.casefold() for stem in unique}) == len(stems)
    assert all(new.startswith(old) for new, old in zip(unique, stems, strict=True))


def test_suffixes_fall_off_whatever_their_case():
    assert [make_stem(name) for name in ("n1.FITS.fz", "n1.fit.gz", "n1.v2.fits", "n1.jpeg")] == [
        "n1",
        "n1",
        "n1.v2",
        "n1",
    ]


def test_a_field_is_named_by_what_its_files_share_else_by_its_bands():
    assert name_field(["m81_g.fits", "m81_r.fits"], ["g", "r"]) == "m81"
    assert name_field(["green.fits", "red.fits"], ["g", "r"]) == "g_r"

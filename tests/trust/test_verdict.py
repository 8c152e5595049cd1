import pytest

from skysieve.trust.verdict import list_cautions, list_failures, state_verdict

SHARE = {"n_coverage": 400, "coverage68": 0.66, "coverage68_lo": 0.64, "coverage68_hi": 0.68, "coverage95": 0.94,
         "coverage95_lo": 0.93, "coverage95_hi": 0.95}  # fmt: skip
HALF = {"mag": 22.5, "mag_lo": 22.4, "mag_hi": 22.6}
PURITY = {"purity": 0.98, "purity_lo": 0.97, "purity_hi": 0.99, "n_negated": 3, "n_catalog": 150}


def make_scores(**other: object) -> dict:
    """Scores of a method, as far as sentences look at them."""
    half = {"all": HALF, "stars": HALF, "galaxies": dict.fromkeys(HALF)}
    one = {"mag": 21.0, "mag_lo": 20.5, "mag_hi": 21.5, "n": 500, "blended": 0.02, **SHARE, "isolated": SHARE}
    return {"n": 900, "completeness50": half, "overall": {**SHARE, "isolated": SHARE}, "purity_overall": PURITY,
            "bins": [{**one, **other}]}  # fmt: skip


def make_image(label: str = "a.fits", *, n: int = 900, blended: float = 0.02, **facts: object) -> dict:
    """An image without any fault."""
    conditions = {"psf_kind": facts.pop("psf_kind", "measured"), "calibrated": facts.pop("calibrated", True)}
    known = {"covered": 0.1, "lowest_share": 0.0, "depth_mag": 23.0, "range": [18.0, 25.0], **facts}
    methods = {"skysieve": make_scores(blended=blended)}
    return {"image": label, "n": n, "messages": [], "facts": {**known, "conditions": conditions}, "methods": methods}


def test_the_verdict_is_one_sentence_with_its_numbers():
    words = state_verdict("skysieve", make_scores(), calibrated=False)
    for part in ("22.50 ± 0.10 mag for stars (at zeropoint 0)", "66.0 ± 2.0 % of isolated", "98.0 ± 1.0 %",
                 "3 detections against 150"):  # fmt: skip
        assert part in words
    assert words.endswith(".")
    assert "galaxies" not in words


def test_without_any_source_nothing_is_claimed():
    assert state_verdict("skysieve", {"n": 0}, calibrated=True).startswith("Nothing is known")


def test_errors_that_fail_are_told_with_place_and_direction():
    assert list_failures("sep", make_scores()) == []
    words = list_failures("sep", make_scores(coverage68=0.4, coverage68_lo=0.38, coverage68_hi=0.42))[0]
    assert "between 20.5 and 21.5 mag" in words
    assert "40% of all 400 cases (66% of the isolated ones): they are too small" in words
    assert "too large" in list_failures("sep", make_scores(coverage68=0.9, coverage68_lo=0.88, coverage68_hi=0.92))[0]


def test_a_miss_within_its_error_is_no_failure():
    assert list_failures("sep", make_scores(coverage68=0.58, coverage68_lo=0.54, coverage68_hi=0.62)) == []


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"psf_kind": "sharpest"}, "Moffat profile as wide as its sharpest"),
        ({"psf_kind": "assumed"}, "Moffat profile of 3 pixels"),
        ({"calibrated": False}, "no zeropoint is known"),
        ({"range": [22.0, 25.0]}, "stars saturate close to the depth"),
        ({"lowest_share": 0.3}, "noise is cut off"),
        ({"n": 100}, "fewer than 300 sources"),
        ({"blended": 0.3}, "crowded"),
        ({"covered": 0.6}, "crowded"),
    ],
)
def test_what_limits_the_report_is_said(fault, words):
    assert list_cautions([make_image()]) == []
    assert words in list_cautions([make_image(**fault)])[0][1]


def test_images_in_the_same_plight_share_a_sentence():
    found = list_cautions([make_image(f"{k}.fits", calibrated=False) for k in range(5)])
    assert found == [
        ("caution", "0.fits, 1.fits, 2.fits and 2 more: no zeropoint is known; magnitudes are at zeropoint 0.")
    ]


def test_an_image_that_gave_nothing_is_a_problem():
    bad = {"image": "bad.fits", "n": 0, "facts": {}, "messages": ["bad.fits: empty"], "methods": {}}
    assert list_cautions([bad]) == [("problem", "bad.fits: empty")]

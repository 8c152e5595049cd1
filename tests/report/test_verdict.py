import numpy as np

from skysieve.records import Catalog, Column, make_empty_catalog
from skysieve.report.verdict import judge_run, rank_image

SCHEMA = (Column("image", "str"), Column("flags", "i8"), Column("fwhm", "f8"), Column("limiting_mag", "f8"))


def make_images(flags, fwhm=None, depth=None):
    n = len(flags)
    values = [np.array([f"im{k}" for k in range(n)], dtype=object), np.array(flags, dtype=np.int64)]
    values += [np.array(column or [np.nan] * n, dtype=float) for column in (fwhm, depth)]
    return Catalog(SCHEMA, {c.name: v for c, v in zip(SCHEMA, values, strict=True)})


def test_dead_images_come_first_and_are_named(make_catalog):
    verdict = judge_run(make_images([64, 8, 8]), make_catalog(5))[0]
    assert verdict.weight == "problem"
    assert verdict.text == "2 of 3 images: no usable pixel (im1, im2)."


def test_a_clean_run_says_so(make_catalog):
    catalog = make_catalog(5)
    catalog["mag"][:] = 20.0
    assert [v.text for v in judge_run(make_images([0, 0]), catalog)] == ["2 images gave a catalog, 5 sources in all."]


def test_bad_seeing_and_shallow_images_stand_out(make_catalog):
    images = make_images([0] * 5, [3.0, 3.1, 2.9, 3.0, 5.0], [22.0, 22.1, 22.0, 20.9, 22.0])
    texts = " ".join(v.text for v in judge_run(images, make_catalog(5)))
    assert "1 image has stars more than 30 % wider than the run's median of 3.00 pixel (im4: 5.00)" in texts
    assert "1 image is at least 0.5 mag shallower than the run's median of 22.00 mag (im3: 20.90)" in texts


def test_an_empty_catalog_is_a_problem():
    verdicts = judge_run(make_images([0]), make_empty_catalog(()))
    assert [v.weight for v in verdicts] == ["problem"]
    assert "No source was found" in verdicts[0].text


def test_long_lists_of_images_are_cut(make_catalog):
    assert "im4 and 7 more)" in judge_run(make_images([8] * 12), make_catalog(1))[0].text


def test_header_gaps_rank_below_trouble_with_pixels():
    assert [rank_image(flags) for flags in (8 | 64, 32768, 64 | 256, 0)] == [0, 1, 2, 2]

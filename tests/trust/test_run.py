import json
from itertools import pairwise

import numpy as np
import pytest
from astropy.io import fits
from tests.chain.conftest import write_image
from tests.trust.conftest import make_image

from skysieve.chain import Inputs
from skysieve.config import read_recipe
from skysieve.io.catalogs import read_catalog
from skysieve.io.checksums import checksum_file
from skysieve.trust import TrustRecipe, run_trust
from skysieve.trust.assess import measure_trust

PRODUCTS = ("trust.json", "trust.html", "injected.parquet", "provenance.json")
SETTINGS = ('baselines=["sep"]', "injection.count=40", "injection.most_rounds=2",
            "binning.least=5", "chain.capabilities=[]")  # fmt: skip
QUICK = read_recipe(TrustRecipe, settings=SETTINGS)


@pytest.fixture(scope="module")
def sky(tmp_path_factory):
    return write_image(tmp_path_factory.mktemp("trust") / "sky.fits", make_image(), GAIN=2.0)


@pytest.fixture(scope="module")
def result(sky, tmp_path_factory):
    before = checksum_file(sky)
    done = run_trust(Inputs((str(sky),)), tmp_path_factory.mktemp("out") / "report", recipe=QUICK)
    assert checksum_file(sky) == before
    return done


def test_a_run_leaves_scores_page_sources_and_provenance(result):
    assert all((result.folder / name).is_file() for name in PRODUCTS)
    content = json.loads((result.folder / "trust.json").read_text())
    assert list(content["methods"]) == ["skysieve", "sep"]
    assert content == result.content
    assert content["images"][0]["facts"]["conditions"]["psf_kind"] == "measured"
    assert "Completeness falls to 50 %" in content["verdict"]


def test_bright_sources_are_found_and_faint_ones_are_not(result):
    bins = result.content["methods"]["skysieve"]["bins"]
    assert bins[0]["completeness"] > 0.8
    assert bins[-1]["completeness"] < 0.2
    assert all(one["mag"] < two["mag"] for one, two in pairwise(bins))


def test_the_table_holds_every_injected_source_found_or_not(result):
    rows = read_catalog(result.folder / "injected.parquet")
    assert len(rows) == result.content["images"][0]["n"] == len(set(rows["id"]))
    assert set(rows["status_skysieve"]) <= {"recovered", "blended", "missed"}
    found = rows["status_skysieve"] == "recovered"
    assert np.isfinite(rows["flux_inside_skysieve"][found]).all()
    assert np.isnan(rows["flux_kron_skysieve"][~found]).all()


def test_a_second_run_resumes_and_gives_the_same_bytes(sky, result):
    before = {name: checksum_file(result.folder / name) for name in PRODUCTS}
    part = next((result.folder / "trust-parts").rglob("*injected.parquet"))
    part.unlink()
    states = []
    run_trust(Inputs((str(sky),)), result.folder, recipe=QUICK, on_done=lambda one: states.append(one.state))
    assert sorted(set(states)) == ["done", "skipped"]
    assert states.count("done") == 1
    assert {name: checksum_file(result.folder / name) for name in PRODUCTS} == before


def test_another_run_in_the_folder_is_refused(sky, result):
    with pytest.raises(ValueError, match="holds another run"):
        run_trust(Inputs((str(sky),)), result.folder, recipe=TrustRecipe())


def test_a_given_catalog_is_refused(sky, tmp_path):
    with pytest.raises(ValueError, match="leave out --catalog"):
        run_trust(Inputs((str(sky),), catalog=sky), tmp_path)


def test_images_in_any_state_give_sentences_not_crashes(tmp_path):
    noise = np.random.default_rng(1).normal(10, 2, (70, 80)).astype(np.float32)
    images = {
        "constant": np.full((60, 60), 3, np.float32), "nan": np.full((60, 60), np.nan, np.float32),
        "tiny": noise[:4, :4], "noise": noise, "small": noise[:9, :8],
    }  # fmt: skip
    paths = [str(write_image(tmp_path / f"{name}.fits", one, MAGZERO=None)) for name, one in images.items()]
    (tmp_path / "cut.fits").write_bytes((tmp_path / "noise.fits").read_bytes()[:9000])
    done = run_trust(Inputs((*paths, str(tmp_path / "cut.fits"))), tmp_path / "out", recipe=QUICK)
    words = " ".join(one["text"] for one in done.content["cautions"])
    assert done.usable == 2, words
    for reason in ("all usable pixels have the same value", "no usable pixel", "too few to search", "ends before",
                   "no zeropoint is known", "Moffat profile of 3 pixels"):  # fmt: skip
        assert reason in words


def test_several_bands_are_injected_together(tmp_path):
    image = make_image(shape=(120, 120), stars=8)
    bands = tuple((name, str(write_image(tmp_path / f"{name}.fits", image + k))) for k, name in enumerate("gr"))
    done = run_trust(Inputs(bands=bands), tmp_path / "out", recipe=QUICK)
    rows = read_catalog(tmp_path / "out" / "injected.parquet")
    ratio = rows["flux_inside_g_skysieve"] / rows["flux_inside_r_skysieve"]
    assert np.nanmedian(ratio) == pytest.approx(1, rel=0.02)
    assert set(done.content["methods"]["skysieve"]["bands"]) == {"g", "r"}


def test_every_extension_is_an_image_of_its_own(tmp_path):
    planes = [fits.ImageHDU(make_image(seed=s, shape=(80, 80), stars=6), name=f"CCD{s}") for s in (1, 2)]
    fits.HDUList([fits.PrimaryHDU(), *planes]).writeto(tmp_path / "mosaic.fits")
    done = run_trust(Inputs((str(tmp_path / "mosaic.fits"),)), tmp_path / "out", recipe=QUICK)
    assert [image["image"] for image in done.content["images"]] == ["mosaic.fits[1]", "mosaic.fits[2]"]
    assert done.usable == 2


def test_in_memory_and_through_the_run_the_sources_are_the_same(detector, quick):
    first, second = (measure_trust(detector, quick) for _ in range(2))
    assert first.content == second.content
    assert len(first.injected) == len(second.injected) > 20


def test_a_constant_image_in_memory_is_refused(detector, quick):
    from dataclasses import replace  # noqa: PLC0415

    flat = replace(detector, bands=(replace(detector.bands[0], data=np.ones(detector.shape, np.float32)),))
    with pytest.raises(ValueError, match="same value"):
        measure_trust(flat, quick)

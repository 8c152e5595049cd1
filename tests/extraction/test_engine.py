"""Our extraction as a whole: symmetries, hostile images, stars and galaxies, real frames."""

import math
from dataclasses import replace

import numpy as np
import pytest
from astropy.wcs import WCS
from scipy.stats import rankdata
from threadpoolctl import threadpool_limits

from skysieve.extraction import Extraction, ExtractionRecipe, evaluate_psf, extract_sources, measure_stamp_shape
from skysieve.extraction.recipe import DetectionRecipe
from skysieve.io.exposures import InputRecipe, list_detectors, read_detector
from skysieve.records import Detector, ImageFlag, PsfModel, SourceFlag

SHAPES = ("a", "b", "fwhm", "npix", "iso0", "ellipticity", "flux_radius", "kron_radius")
FLUXES = ("flux_kron", "flux_iso", "flux_aper1", "flux_kron_err", "peak", "background_rms")
CLEAR = ExtractionRecipe(detection=DetectionRecipe(threshold=4.0, clean=0.0))


def sort(found: Extraction, *, x=None, y=None) -> list[np.ndarray]:
    """Order of the rows by given positions."""
    c = found.catalog
    return np.lexsort((np.round(c["x"] if x is None else x, 2), np.round(c["y"] if y is None else y, 2)))


@pytest.fixture(scope="session")
def sparse(draw_field, add_noise) -> np.ndarray:
    """Sources far enough apart that few are blended."""
    return add_noise(draw_field((256, 256), stars=25, galaxies=10, seed=7).image, seed=8, level=30.0).astype(np.float32)


@pytest.fixture(scope="session")
def sparse_found(sparse, extract) -> Extraction:
    return extract(sparse, CLEAR)


@pytest.mark.parametrize("turn", ["flip x", "flip y", "quarter turn"])
def test_turning_the_image_turns_the_catalog(sparse, sparse_found, extract, turn):
    image = {"flip x": sparse[:, ::-1], "flip y": sparse[::-1], "quarter turn": np.rot90(sparse, -1)}[turn]
    turned, side = extract(np.ascontiguousarray(image), CLEAR), sparse.shape[0] - 1
    x, y = turned.catalog["x"], turned.catalog["y"]
    back = {"flip x": (side - x, y), "flip y": (x, side - y), "quarter turn": (y, side - x)}[turn]
    new, old = turned.catalog.take(sort(turned, x=back[0], y=back[1])), sparse_found.catalog.take(sort(sparse_found))
    assert len(new) == len(old) > 20
    alone = old["flags"] & SourceFlag.BLENDED == 0
    for name in ("a", "flux_kron", "flux_aper2", "npix", "fwhm"):
        np.testing.assert_allclose(new[name][alone], old[name][alone], rtol=2e-3, err_msg=name)


@pytest.mark.parametrize("unit", [2.0**-90, 2.0**-60, 0.125, 2.0**60])
def test_the_flux_unit_scales_fluxes_and_leaves_shapes(sparse, sparse_found, extract, unit):
    scaled, plain = extract(sparse * np.float32(unit), CLEAR).catalog, sparse_found.catalog
    for name in SHAPES:
        np.testing.assert_allclose(scaled[name], plain[name], rtol=1e-5, err_msg=name)
    for name in FLUXES:
        np.testing.assert_allclose(scaled[name] / unit, plain[name], rtol=1e-5, err_msg=name)
    np.testing.assert_array_equal(scaled["flags"], plain["flags"])


def test_a_constant_added_changes_the_background_alone(sparse, sparse_found, extract):
    raised, plain = extract(sparse + np.float32(64), CLEAR).catalog, sparse_found.catalog
    np.testing.assert_allclose(raised["background"] - plain["background"], 64, atol=0.02)
    np.testing.assert_allclose(raised["flux_aper2"], plain["flux_aper2"], atol=0.1 * plain["flux_aper2_err"].min())
    np.testing.assert_allclose(raised["x"], plain["x"], atol=0.01)


def test_shifting_by_whole_cells_shifts_the_catalog(sparse, extract, add_noise):
    wide = add_noise(np.zeros((256, 384)), seed=9, level=30.0).astype(np.float32)
    places = []
    for left in (0, 128):
        image = wide.copy()
        image[:, left : left + 256] = sparse
        c = extract(image, CLEAR).catalog
        inner = (c["x"] > left + 64) & (c["x"] < left + 192)
        places.append(np.column_stack([c["x"][inner] - left, c["y"][inner], c["flux_aper2"][inner]]))
    np.testing.assert_allclose(places[0], places[1], rtol=0.02, atol=0.05)


def test_the_number_of_threads_does_not_matter(crowded, crowded_extraction, extract):
    with threadpool_limits(1):
        alone = extract(crowded)
    np.testing.assert_array_equal(alone.labels, crowded_extraction.labels)
    for name in ("x", "flux_kron", "flux_radius", "stellarity"):
        np.testing.assert_allclose(alone.catalog[name], crowded_extraction.catalog[name], rtol=1e-6)


@pytest.mark.parametrize("shape", [(1, 1), (1, 70), (4, 300)])
def test_images_of_too_few_rows_are_refused_with_a_flag(extract, shape):
    found = extract(np.ones(shape))
    assert found.flags & ImageFlag.TOO_SMALL
    assert (len(found.catalog), found.labels.shape) == (0, shape)
    assert "too few to search" in found.messages[0]


@pytest.mark.parametrize(
    ("value", "flag"), [(np.nan, "ALL_BAD"), (np.inf, "ALL_BAD"), (0.0, "CONSTANT"), (3.3, "CONSTANT")]
)
def test_images_without_information_are_empty_with_a_reason(extract, value, flag):
    found = extract(np.full((90, 70), value))
    assert found.flags & ImageFlag[flag]
    assert found.flags & ImageFlag.NO_SOURCES
    assert len(found.messages) == 1


@pytest.mark.parametrize("shape", [(5, 5), (6, 200), (33, 47), (64, 64)])
def test_noise_alone_gives_an_empty_catalog_of_any_size(extract, add_noise, shape):
    found = extract(add_noise(np.zeros(shape), seed=10), ExtractionRecipe(detection=DetectionRecipe(threshold=6.0)))
    assert len(found.catalog) == 0
    assert found.flags & ImageFlag.NO_SOURCES
    assert found.facts["n_sources"] == 0


def test_a_negative_image_has_no_sources(sparse, extract):
    assert len(extract(-sparse, CLEAR).catalog) == 0


def test_bad_pixels_take_nothing_but_themselves(sparse, sparse_found, extract):
    image = sparse.copy()
    image[np.random.default_rng(11).random(image.shape) < 0.05] = np.nan
    image[100:110, 30] = -np.inf
    found = extract(image, CLEAR)
    assert len(found.catalog) >= 0.8 * len(sparse_found.catalog)
    assert not found.labels[~np.isfinite(image)].any()
    assert (found.catalog["flags"] & SourceFlag.BAD_PIXELS > 0).mean() > 0.5


@pytest.mark.parametrize("part", ["saturated", "padded", "rounded", "half bad", "one huge pixel"])
def test_spoiled_images_still_give_finite_positions_and_fluxes(sparse, extract, part):
    image = {"saturated": np.minimum(sparse, 45), "rounded": np.rint(sparse * 0.3)}.get(part, sparse.copy())
    if part == "padded":
        image[:40], image[:, 230:] = 0, 0
    if part == "half bad":
        image[:, :128] = np.nan
    if part == "one huge pixel":
        image[77, 77] = 1e30
    c = extract(image, CLEAR).catalog
    assert len(c) > 8
    assert all(np.isfinite(c[name]).all() for name in ("x", "y", "a", "b", "theta", "flux_kron", "flux_kron_err"))


def test_zero_weights_are_holes_without_sources(sparse, make_detector):
    weight = np.ones(sparse.shape)
    weight[60:90, 60:90] = 0
    found = extract_sources(make_detector(sparse, variance=weight), CLEAR)
    assert len(found.catalog) > 15
    assert not found.labels[60:90, 60:90].any()


@pytest.mark.parametrize("reference", [0, 1])
@pytest.mark.parametrize("dead", [np.nan, 1.0])
def test_a_band_of_which_nothing_is_known_has_no_flux_and_harms_no_other(sparse, make_band, dead, reference):
    bands = (make_band(sparse, name="r"), make_band(np.full(sparse.shape, dead), name="g"))
    found = extract_sources(Detector("sim", bands, reference=reference), CLEAR)
    assert len(found.catalog) > 20
    assert np.isnan(found.catalog["flux_kron_g"]).all()
    assert np.isnan(found.catalog["flux_kron_err_g"]).all()
    assert (found.catalog["flux_kron_r"] > 0).mean() > 0.9


def test_bands_of_different_units_keep_their_own_fluxes(sparse, make_band):
    bands = (make_band(sparse, name="r"), make_band(sparse * 2.0**-30, name="g"))
    c = extract_sources(Detector("sim", bands), CLEAR).catalog
    np.testing.assert_allclose(c["flux_kron_g"] * 2.0**30, c["flux_kron_r"], rtol=1e-5)


def test_several_bands_find_what_one_misses(draw_field, add_noise, make_band):
    truth = draw_field((256, 256), stars=40, galaxies=0, seed=12).image / 6
    images = [add_noise(truth, seed=seed) for seed in (13, 14, 15, 16)]
    bands = [make_band(image, name=name) for image, name in zip(images, "griz", strict=True)]
    counts = [len(extract_sources(Detector("sim", tuple(part)), CLEAR).catalog) for part in (bands[:1], bands)]
    assert counts[1] > 1.1 * counts[0]


@pytest.fixture(scope="session")
def mixture(draw_sky, add_noise):
    """Stars and galaxies of the same brightness on a grid, some cosmic rays between them."""

    def make(flux: float, *, rays: int = 0, length: int = 1):
        sky, rng = draw_sky(640, 640), np.random.default_rng(17)
        for number in range(256):
            stamp, at = draw_sky(40, 40), rng.uniform(19, 20, 2)
            if number % 2:
                stamp.add_gaussian(*at, flux, sigma=1.5)
            else:
                stamp.add_disk(*at, flux, scale=rng.uniform(1.8, 4), q=rng.uniform(0.4, 1), theta=rng.uniform(-1, 1))
            sky.paste(stamp, 40 * (number % 16), 40 * (number // 16))
        image = add_noise(sky.image, seed=18)
        for number in range(rays):
            image[40 * number + 39, 40 * number : 40 * number + length] += 600
        return image, sky.truth

    return make


def measure_auc(found: Extraction, truth: list, pair_up) -> float:
    rows, near = pair_up(found, truth)
    value, star = found.catalog["stellarity"][rows][near], np.array([t[3] for t in truth])[near]
    rank = rankdata(value)
    return float((rank[star].sum() - star.sum() * (star.sum() + 1) / 2) / (star.sum() * (~star).sum()))


def test_stellarity_separates_bright_stars_from_galaxies(mixture, extract, pair_up):
    image, truth = mixture(5000.0)
    assert measure_auc(extract(image, CLEAR), truth, pair_up) > 0.98


def test_stellarity_forgets_the_difference_toward_the_noise_limit(mixture, extract, pair_up):
    image, truth = mixture(5000.0)
    faint, _ = mixture(60.0)
    image[320:] = faint[320:]
    found = extract(image)
    rows, near = pair_up(found, truth)
    low, star = np.array([t[1] > 325 for t in truth]) & near, np.array([t[3] for t in truth])
    value = found.catalog["stellarity"][rows]
    assert 0.6 < np.median(value[low & star]) < 0.95 < np.median(value[near & star & ~low])
    assert np.median(value[low & ~star]) > 0.3 > np.median(value[near & ~star & ~low])


@pytest.mark.parametrize("length", [1, 2, 5])
def test_hot_pixels_and_cosmic_rays_are_sharp_and_no_stars(mixture, extract, length):
    image, _ = mixture(5000.0, rays=12, length=length)
    c = extract(image, CLEAR).catalog
    ray = [np.argmin(np.hypot(c["x"] - 40 * k - length / 2, c["y"] - 40 * k - 39)) for k in range(12)]
    sharp = c["flags"] & SourceFlag.SHARP > 0
    assert sharp[ray].all()
    assert sharp.sum() == 12
    assert (c["stellarity"][ray] < 0.1).all()


def test_the_measured_psf_follows_a_field_that_varies(draw_sky, add_noise, extract):
    sky, rng = draw_sky(900, 900), np.random.default_rng(19)
    for k in range(324):
        stamp, (x, y) = draw_sky(50, 50), rng.uniform(24, 25, 2)
        left, low = 50 * (k % 18), 50 * (k // 18)
        stamp.add_gaussian(x, y, 2e4, sigma=1.5 + (left + x) / 1800, q=0.9, theta=0.4)
        sky.paste(stamp, left, low)
    psf = extract(add_noise(sky.image, seed=20), CLEAR).psf
    at = np.array([100.0, 450.0, 800.0])
    shapes = [measure_stamp_shape(stamp) for stamp in evaluate_psf(psf, at, np.full(3, 450.0))]
    np.testing.assert_allclose([s[0] for s in shapes], 2.35482 * np.sqrt(0.9) * (1.5 + at / 1800), rtol=0.03)
    np.testing.assert_allclose([s[1] for s in shapes], 0.1, atol=0.02)
    np.testing.assert_allclose([s[2] for s in shapes], math.degrees(0.4), atol=5)


def test_a_wcs_fills_the_sky_columns_and_its_lack_is_flagged(sparse, make_detector):
    wcs = WCS(naxis=2)
    wcs.wcs.ctype, wcs.wcs.crval, wcs.wcs.cdelt = ["RA---TAN", "DEC--TAN"], [10.0, -20.0], [-1e-4, 1e-4]
    plain = make_detector(sparse)
    with_wcs, without = (extract_sources(d, CLEAR).catalog for d in (replace(plain, wcs=wcs), plain))
    assert np.isfinite(with_wcs["ra"]).all()
    assert not (with_wcs["flags"] & SourceFlag.NO_WCS).any()
    assert np.isnan(without["theta_sky"]).all()
    assert (without["flags"] & SourceFlag.NO_WCS > 0).all()


def test_ids_differ_between_images_of_one_run(sparse, make_detector):
    first, second = (extract_sources(make_detector(sparse), CLEAR, image_index=k).catalog for k in (0, 7))
    assert not set(first["id"].tolist()) & set(second["id"].tolist())
    np.testing.assert_array_equal(first["number"], second["number"])


@pytest.mark.parametrize("name", ["sep_image.fits", "decam_crops/c4d_170316_062107_ooi_z_ls9.N2.fits.gz"])
def test_real_frames_are_the_same_in_tiles(real_data, name):
    (address,) = list_detectors([real_data / "exposure" / name], recipe=InputRecipe())
    detector = read_detector(address, InputRecipe())
    whole = extract_sources(detector, ExtractionRecipe())
    tiled = extract_sources(detector, ExtractionRecipe(tile=128, halo=96))
    assert len(whole.catalog) > 5
    free = tiled.catalog["flags"] & SourceFlag.LARGER_THAN_HALO == 0
    np.testing.assert_allclose(tiled.catalog["x"][free], whole.catalog["x"][free], atol=1e-6)


def test_a_given_psf_sets_the_size_of_stars_where_there_are_too_few(make_detector, add_noise):
    rows, columns = np.mgrid[:90, :100]
    squared = [(columns - x0) ** 2 + (rows - y0) ** 2 for x0, y0 in ((30.3, 40.1), (70.2, 60.4))]
    image = add_noise(200 * sum(np.exp(-0.5 * r2 / 1.6**2) for r2 in squared), seed=3)
    y, x = np.mgrid[-12:13, -12:13]
    stamp = np.exp(-0.5 * (x**2 + y**2) / 1.6**2).astype(np.float32)
    psf = PsfModel(stamp[None] / stamp.sum(), 0, (1, 1), 0, np.nan)
    without = extract_sources(make_detector(image), CLEAR)
    with_psf = extract_sources(make_detector(image), CLEAR, psf=psf)
    assert np.isnan(without.catalog["stellarity"]).all()
    assert (with_psf.catalog["stellarity"] > 0.8).sum() == 2
    assert with_psf.facts["fwhm"] == pytest.approx(3.77, rel=0.02)

import numpy as np
import pytest
from astropy.io import fits
from PIL import Image

from skysieve.io.exposures import InputRecipe, list_detectors
from skysieve.records import ImageFlag, PixelAddress

RECIPE = InputRecipe()
PLANE = np.ones((5, 6), np.float32)


def test_a_plain_image_is_one_item_named_after_its_file(write_image):
    path = write_image(FILTER="r DECam SDSS c0002 6415.0 1480.0")
    (address,) = list_detectors([path], recipe=RECIPE)
    assert (address.label, address.stem, address.extension, address.shape) == ("img.fits", "img", None, (5, 6))
    assert (address.bands[0].name, address.bands[0].image) == ("r", PixelAddress(path))


def test_tables_empty_units_and_one_dimensional_images_are_skipped(tmp_path):
    path = tmp_path / "frame.fits"
    table = fits.BinTableHDU.from_columns([fits.Column("x", "E", array=[1.0])])
    fits.HDUList([fits.PrimaryHDU(PLANE), fits.ImageHDU(np.ones(6)), table]).writeto(path)
    (address,) = list_detectors([path], recipe=RECIPE)
    assert address.extension is None


def test_degenerate_axes_are_squeezed(write_image):
    (address,) = list_detectors([write_image(data=np.ones((1, 1, 5, 6)))], recipe=RECIPE)
    assert (address.shape, address.bands[0].image.plane) == ((5, 6), None)


def test_a_cube_is_one_field_whose_bands_the_header_names(write_image):
    path = write_image(data=np.ones((3, 5, 6)), BAND0="g", BAND1="r", BAND2="z")
    (address,) = list_detectors([path], recipe=RECIPE)
    assert [(band.name, band.image.plane) for band in address.bands] == [("g", 0), ("r", 1), ("z", 2)]


def test_a_cube_without_names_has_numbered_bands(write_image):
    (address,) = list_detectors([write_image(data=np.ones((2, 5, 6)))], recipe=RECIPE)
    assert [band.name for band in address.bands] == ["0", "1"]


def test_hubble_planes_pair_by_extver(write_units):
    units = [(name, ver, PLANE) for ver in (1, 2) for name in ("SCI", "ERR", "DQ")]
    found = list_detectors([write_units("flt.fits", *units)], recipe=RECIPE)
    pairs = [(a.extension, a.bands[0].mask.hdu, a.bands[0].weight.hdu, a.bands[0].weight_kind) for a in found]
    assert pairs == [("1", 3, 2, "rms"), ("4", 6, 5, "rms")]


def test_rubin_planes_pair_and_leave_one_unnumbered_detector(write_units):
    path = write_units("calexp.fits", *((name, 1, PLANE) for name in ("IMAGE", "MASK", "VARIANCE")))
    (address,) = list_detectors([path], recipe=RECIPE)
    band = address.bands[0]
    assert (address.label, band.mask.hdu, band.weight.hdu, band.weight_kind) == ("calexp.fits", 2, 3, "variance")


def test_planes_named_after_their_detector_pair_by_name_not_by_order(write_units):
    path = write_units("m.fits", ("N1", 1, PLANE), ("N2", 1, PLANE), ("N2_MASK", 1, PLANE), ("N1_MASK", 1, PLANE))
    assert [a.bands[0].mask.hdu for a in list_detectors([path], recipe=RECIPE)] == [4, 3]


def test_a_cut_off_mask_leaves_the_image_usable_and_says_so(write_units):
    path = write_units("flt.fits", ("SCI", 1, np.ones((50, 60))), ("DQ", 1, np.zeros((50, 60), np.int16)))
    path.write_bytes(path.read_bytes()[:-4000])
    (address,) = list_detectors([path], recipe=RECIPE)
    assert (address.bands[0].mask, address.flags) == (None, ImageFlag.TRUNCATED)
    assert "its DQ plane is cut off and not used" in address.messages[0]


@pytest.mark.parametrize(("selection", "hdus"), [("[2]", [2]), ("[sci]", [1, 3]), ("[SCI,2]", [3]), ("[DQ,1]", [2])])
def test_a_selection_chooses_by_number_name_and_version(write_units, selection, hdus):
    path = write_units("flt.fits", ("SCI", 1, PLANE), ("DQ", 1, PLANE), ("SCI", 2, PLANE), ("DQ", 2, PLANE))
    found = list_detectors([f"{path}{selection}"], recipe=RECIPE)
    assert [address.bands[0].image.hdu for address in found] == hdus


def test_a_selection_that_is_not_there_says_what_is(write_units):
    path = write_units("m.fits", ("N1", 1, PLANE), ("N2", 1, PLANE))
    (address,) = list_detectors([f"{path}[40]"], recipe=RECIPE)
    assert address.messages == ("m.fits[40]: has no image in extension 40; there are 1 N1, 2 N2",)


def test_a_file_really_named_with_brackets_wins(write_image):
    path = write_image("img[1].fits")
    odd = path.rename(path.with_name("img.fits[1]"))
    (address,) = list_detectors([odd], recipe=RECIPE)
    assert (address.label, address.stem) == ("img.fits[1]", "img.fits_1")


def test_the_recipe_selects_extensions_of_every_file(write_units):
    path = write_units("m.fits", *((f"N{i}", 1, PLANE) for i in (1, 2, 3)))
    found = list_detectors([path], recipe=InputRecipe(extensions=[3, 1]))
    assert [address.label for address in found] == ["m.fits[3]", "m.fits[1]"]


def test_list_files_name_images_relative_to_themselves(write_image, tmp_path):
    write_image("night/a.fits")
    write_image("b.fits")
    (tmp_path / "list.txt").write_text("# the night\nnight/a.fits\n\nb.fits  # the second\n", encoding="utf-8")
    for name in (f"@{tmp_path}/list.txt", tmp_path / "list.txt"):
        found = list_detectors([name], recipe=RECIPE)
        assert [address.label for address in found] == ["a.fits", "b.fits"]


def test_a_list_that_is_missing_or_names_nothing_is_a_flagged_item(tmp_path):
    (tmp_path / "empty.lst").write_text("# nothing\n", encoding="utf-8")
    gone, empty = list_detectors([f"@{tmp_path}/gone.txt", tmp_path / "empty.lst"], recipe=RECIPE)
    assert "there is no such list" in gone.messages[0]
    assert "the list names no image" in empty.messages[0]


def test_equal_names_in_different_folders_get_different_labels_and_stems(write_image):
    paths = [write_image("a/img.fits"), write_image("b/img.fits"), write_image("b/img.fits.fits")]
    found = list_detectors(paths, recipe=RECIPE)
    assert [address.label for address in found] == ["a/img.fits", "b/img.fits", "img.fits.fits"]
    assert [address.stem for address in found] == ["a_img", "b_img", "img"]


def test_bands_are_one_field(write_image):
    bands = {name: write_image(f"ngc1_{name}.fits", FILTER="x") for name in "gr"}
    (address,) = list_detectors([], bands=bands, recipe=RECIPE)
    assert [band.name for band in address.bands] == ["g", "r"]
    assert (address.label, address.stem, address.extension) == ("ngc1", "ngc1", None)


def test_bands_of_several_detectors_join_first_with_first(write_units):
    bands = {name: write_units(f"m_{name}.fits", ("N1", 1, PLANE), ("N2", 1, PLANE)) for name in "gr"}
    found = list_detectors([], bands=bands, recipe=RECIPE)
    assert [[band.image.hdu for band in address.bands] for address in found] == [[1, 1], [2, 2]]


def test_bands_with_unequal_numbers_of_detectors_are_refused_once(write_units):
    g = write_units("g.fits", ("N1", 1, PLANE), ("N2", 1, PLANE))
    (address,) = list_detectors([], bands={"g": g, "r": write_units("r.fits", ("N1", 1, PLANE))}, recipe=RECIPE)
    assert "the bands differ in their number of detectors (2 in g.fits, 1 in r.fits)" in address.messages[0]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (np.ones((4, 6)), "has 6 x 4 pixels, the first band 6 x 5"),
        (np.ones((3, 5, 6)), "is a cube of 3 planes where one is meant"),
    ],
)
def test_a_band_that_does_not_fit_is_refused(write_image, data, sentence):
    bands = {"g": write_image("g.fits"), "r": write_image("r.fits", data=data)}
    (address,) = list_detectors([], bands=bands, recipe=RECIPE)
    assert (address.bands, address.flags) == ((), ImageFlag.UNREADABLE)
    assert f"band r (r.fits): {sentence}" in address.messages[0]


def test_given_masks_and_weights_win_over_planes_inside(write_units, write_image):
    path = write_units("flt.fits", ("SCI", 1, PLANE), ("DQ", 1, PLANE), ("ERR", 1, PLANE))
    mask, weight = write_image("mask.fits"), write_image("weight.fits")
    recipe = InputRecipe(weight_kind="variance")
    (address,) = list_detectors([path], masks=[mask], weights=[weight], recipe=recipe)
    band = address.bands[0]
    assert (band.mask.path, band.weight.path, band.weight_kind) == (mask, weight, "variance")


def test_a_mask_mosaic_pairs_by_extension(write_units):
    names = ("N1", "N2")
    image = write_units("ooi.fits", *((name, 1, PLANE) for name in names))
    mask = write_units("ood.fits", *((name, 1, PLANE) for name in reversed(names)))
    found = list_detectors([image], masks=[mask], recipe=RECIPE)
    assert [address.bands[0].mask.hdu for address in found] == [2, 1]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (np.ones((4, 6)), "its mask m.fits has 6 x 4 pixels, the image 6 x 5"),
        (np.ones((3, 5, 6)), "its mask m.fits is a cube of 3 planes; give a plain image"),
    ],
)
def test_a_mask_that_does_not_fit_refuses_its_image_only(write_image, data, sentence):
    masks = [write_image("m.fits", data=data), write_image("n.fits")]
    bad, good = list_detectors([write_image("a.fits"), write_image("b.fits")], masks=masks, recipe=RECIPE)
    assert sentence in bad.messages[0]
    assert good.bands[0].mask.path == masks[1]


def test_a_missing_weight_refuses_its_image_with_the_weights_name(write_image, tmp_path):
    (address,) = list_detectors([write_image()], weights=[tmp_path / "w.fits"], recipe=RECIPE)
    assert address.messages[0].startswith("img.fits: its weight w.fits: there is no such file")


def test_color_pictures_have_three_bands_and_lose_alpha(tmp_path):
    Image.fromarray(np.zeros((4, 5, 4), np.uint8), "RGBA").save(tmp_path / "p.png")
    (address,) = list_detectors([tmp_path / "p.png"], recipe=RECIPE)
    assert ([band.name for band in address.bands], address.shape) == (["R", "G", "B"], (4, 5))


def test_arguments_that_contradict_each_other_are_refused(write_image):
    path = write_image()
    with pytest.raises(ValueError, match="images and bands are given together"):
        list_detectors([path], bands={"g": path}, recipe=RECIPE)
    with pytest.raises(ValueError, match="no image is given"):
        list_detectors([], recipe=RECIPE)
    with pytest.raises(ValueError, match="2 mask files for 1 images"):
        list_detectors([path], masks=[path, path], recipe=RECIPE)
    with pytest.raises(ValueError, match=r"img.fits is given twice"):
        list_detectors([path, path], recipe=RECIPE)
    with pytest.raises(ValueError, match="reference band z is not among the bands g"):
        list_detectors([], bands={"g": path}, recipe=InputRecipe(reference_band="z"))

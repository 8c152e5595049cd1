"""A run's folder knows its images."""

import json

import pytest

from skysieve.cli.cutting import find_run_images


def write_provenance(folder, images):
    (folder / "provenance.json").write_text(json.dumps({"images": images}))
    return folder


def test_separate_fields_are_images_each_once(tmp_path):
    fields = [{"bands": [{"band": "r", "path": path}]} for path in ("/a.fits", "/a.fits", "/b.fits")]
    assert find_run_images(write_provenance(tmp_path, fields)) == (("/a.fits", "/b.fits"), {})


def test_bands_in_several_files_are_one_field(tmp_path):
    field = {"bands": [{"band": "g", "path": "/g.fits"}, {"band": "r", "path": "/r.fits"}]}
    assert find_run_images(write_provenance(tmp_path, [field])) == ((), {"g": "/g.fits", "r": "/r.fits"})


def test_another_folder_is_refused(tmp_path):
    with pytest.raises(ValueError, match="not the folder of a finished run"):
        find_run_images(tmp_path)

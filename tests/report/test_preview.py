from dataclasses import replace
from pathlib import Path

import pytest

from skysieve.report import Preview, read_preview, write_preview


def test_writing_and_reading_is_the_identity(tmp_path: Path, rich_preview: Preview):
    write_preview(tmp_path / "a.zip", rich_preview)
    assert read_preview(tmp_path / "a.zip") == rich_preview
    assert rich_preview.thumbnails
    assert rich_preview.compass is not None


def test_an_unknown_area_comes_back_unknown(tmp_path: Path, rich_preview: Preview):
    write_preview(tmp_path / "a.zip", replace(rich_preview, area=float("nan"), compass=None, psf_field=None))
    back = read_preview(tmp_path / "a.zip")
    assert str(back.area) == "nan"
    assert back.compass is back.psf_field is None


def test_the_same_preview_gives_the_same_bytes(tmp_path: Path, rich_preview: Preview):
    for name in ("a.zip", "b.zip"):
        write_preview(tmp_path / name, rich_preview)
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


@pytest.mark.parametrize("keep", [0, 10, 2000])
def test_a_damaged_file_is_refused_in_one_sentence(tmp_path: Path, rich_preview: Preview, keep: int):
    path = tmp_path / "a.zip"
    write_preview(path, rich_preview)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(ValueError, match=r"a.zip: not a preview .*; remove it and measure the image again"):
        read_preview(path)

import pytest

from skysieve.io.atomic import resolve_inside, write_whole


def test_a_file_appears_with_its_content_and_no_other_file(tmp_path):
    with write_whole(tmp_path / "new" / "out.txt") as path:
        path.write_text("all", encoding="utf-8")
        assert not (tmp_path / "new" / "out.txt").exists()
    assert [file.name for file in (tmp_path / "new").iterdir()] == ["out.txt"]


def test_the_temporary_file_ends_like_the_final_one(tmp_path):
    with write_whole(tmp_path / "out.fits") as path:
        path.touch()
        assert path.suffix == ".fits"


def _write_half(target):
    with write_whole(target) as path:
        path.write_text("half", encoding="utf-8")
        raise OSError("disk full")


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    (tmp_path / "out.txt").write_text("old", encoding="utf-8")
    with pytest.raises(OSError, match="disk full"):
        _write_half(tmp_path / "out.txt")
    assert [(file.name, file.read_text(encoding="utf-8")) for file in tmp_path.iterdir()] == [("out.txt", "old")]


@pytest.mark.parametrize("name", ["", "..", "../x", "/etc/passwd", "a/../../x", "."])
def test_names_that_lead_out_of_the_folder_are_refused(tmp_path, name):
    with pytest.raises(ValueError, match="leads out of"):
        resolve_inside(tmp_path, name)


def test_a_link_that_points_outside_is_refused(tmp_path):
    (tmp_path / "inside").mkdir()
    (tmp_path / "inside" / "link").symlink_to(tmp_path)
    with pytest.raises(ValueError, match="leads out of"):
        resolve_inside(tmp_path / "inside", "link/x")


def test_a_plain_name_lies_in_the_folder(tmp_path):
    assert resolve_inside(tmp_path, "a/b.fits") == tmp_path.resolve() / "a" / "b.fits"

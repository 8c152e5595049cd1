import pytest

from skysieve.io.shipped import find_weights, list_shipped


def test_a_name_leads_to_the_weights_that_ship():
    assert find_weights("stellarity", "stellarity") in list_shipped("stellarity")


def test_a_path_is_taken_as_it_is(tmp_path):
    (tmp_path / "mine.safetensors").touch()
    assert find_weights("stellarity", str(tmp_path / "mine.safetensors")) == tmp_path / "mine.safetensors"


def test_a_name_that_nothing_ships_under_is_refused():
    with pytest.raises(ValueError, match="no weights nonsense are shipped"):
        find_weights("stellarity", "nonsense")


def test_a_path_without_a_file_is_refused(tmp_path):
    with pytest.raises(ValueError, match="there is no such file"):
        find_weights("stellarity", str(tmp_path / "none.safetensors"))


def test_a_package_without_weights_ships_none():
    assert list_shipped("records") == []

import subprocess

import skysieve
from skysieve.chain import versions


def test_the_versions_name_what_decides_the_numbers():
    found = versions.list_versions()
    assert found["skysieve"] == skysieve.__version__
    assert set(versions.DECIDING) < set(found)


def test_the_revision_of_another_project_is_not_taken_for_ours(tmp_path, monkeypatch):
    package = tmp_path / "site-packages" / "skysieve"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (tmp_path / "theirs.txt").touch()
    git = ["git", "-C", str(tmp_path), "-c", "user.name=x", "-c", "user.email=x@x"]
    for arguments in (["init", "-q"], ["add", "theirs.txt"], ["commit", "-qm", "theirs"]):
        subprocess.run([*git, *arguments], check=True)
    monkeypatch.setattr(skysieve, "__file__", str(package / "__init__.py"))
    assert versions.find_revision() == ""
    subprocess.run([*git, "add", "site-packages"], check=True)
    subprocess.run([*git, "commit", "-qm", "ours"], check=True)
    assert len(versions.find_revision()) == 40
    (package / "__init__.py").write_text("changed")
    assert versions.find_revision().endswith("-dirty")

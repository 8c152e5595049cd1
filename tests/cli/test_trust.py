import json

import pytest
from tests.chain.conftest import write_image
from tests.trust.conftest import make_image

from skysieve.cli.main import invoke

QUICK = ["--set", "baselines=[]", "--set", "injection.count=20", "--set", "injection.most_rounds=1",
         "--set", "chain.capabilities=[]"]  # fmt: skip


@pytest.fixture(scope="module")
def sky(tmp_path_factory):
    return write_image(tmp_path_factory.mktemp("cli") / "sky.fits", make_image(shape=(120, 130), stars=9))


def test_trust_prints_one_json_document_on_stdout(sky, tmp_path, capsys):
    assert invoke(["trust", str(sky), "--out", str(tmp_path / "out"), "--json", *QUICK]) == 0
    result = json.loads(capsys.readouterr().out)
    assert (result["n_images"], result["n_usable"]) == (1, 1)
    assert result["n_injected"] > 1
    assert json.loads((tmp_path / "out" / "trust.json").read_text())["verdict"] == result["verdict"]


def test_no_usable_image_exits_with_2_and_says_why(tmp_path, capsys):
    (tmp_path / "bad.fits").write_bytes(b"")
    assert invoke(["trust", str(tmp_path / "bad.fits"), "--out", str(tmp_path / "out"), *QUICK]) == 2
    assert "bad.fits" in capsys.readouterr().err


def test_a_run_with_trust_has_both_pages_that_know_each_other(sky, tmp_path, capsys):
    (tmp_path / "quick.toml").write_text("baselines = []\n[injection]\ncount = 20\nmost_rounds = 1\n")
    arguments = ["run", str(sky), "--out", str(tmp_path / "out"), "--trust", "--set", "capabilities=[]"]
    assert invoke([*arguments, "--trust-recipe", str(tmp_path / "quick.toml"), "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert "Completeness" in result["trust"]["verdict"]
    page = (tmp_path / "out" / "trust.html").read_text(encoding="utf-8")
    assert 'href="report.html"' in page
    assert (tmp_path / "out" / "report.html").exists()
    assert "fingerprint" in json.loads((tmp_path / "out" / "provenance.json").read_text())
    assert "trust" in json.loads((tmp_path / "out" / "trust.provenance.json").read_text())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["trust", "a.fits", "--out", "o", "--set", "injection.cuont=3"], "did you mean count"),
        (["trust", "--out", "o"], "no image is given"),
        (["run", "a.fits", "--out", "o", "--trust", "--catalog", "c.csv"], "leave out --catalog"),
        (["run", "a.fits", "--out", "o", "--trust", "--trust-recipe", "chain.toml"], "leave out the section chain"),
    ],
)
def test_bad_arguments_are_one_sentence_and_exit_code_2(arguments, words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "chain.toml").write_text("[chain]\nseed = 3\n")
    assert invoke(arguments) == 2
    assert words in capsys.readouterr().err

import json
import signal

import pytest
from tests.quality.labeled import write_exposure, write_untrained

from skysieve.cli.main import invoke
from skysieve.cli.quality_desk import sort_exposures
from skysieve.io.catalogs import write_catalog
from skysieve.io.exposurelabels import read_labels, write_labels
from skysieve.pages import server


@pytest.fixture(scope="module")
def night(tmp_path_factory):
    folder = tmp_path_factory.mktemp("night")
    write_untrained(folder / "quality.safetensors")
    for seed in (1, 2):
        write_exposure(folder / f"{seed}.fits", seed=seed, detectors=1)
    return folder


@pytest.fixture
def served(monkeypatch):
    """Pages are made but not served; the pretended server was stopped by a signal."""
    pages = []

    def serve(make_page, *, announce, **_):
        pages.append(make_page(lambda: None))
        announce("http://127.0.0.1:1/?token=t")
        return signal.SIGINT

    monkeypatch.setattr(server, "serve_page", serve)
    return pages


def label(night, tmp_path, *more, rater="Ada"):
    files = [str(night / f"{seed}.fits") for seed in (1, 2)]
    table = ["--labels", str(tmp_path / "labels.csv"), "--rater", rater]
    return invoke(["quality", "label", *files, *table, "--model", str(night / "quality.safetensors"), *more])


def make_verdicts(path):
    """The second exposure is the one that the model is less sure of."""
    import numpy as np  # noqa: PLC0415

    from skysieve.records import Catalog, Column  # noqa: PLC0415

    columns = {"exposure": np.array(["1.fits", "2.fits"], object), "p_good": np.array([1.0, 0.5]),
               "p_bt": np.array([0.0, 0.5]), "ood": np.array([False, False])}  # fmt: skip
    kinds = ("str", "f4", "f4", "bool")
    write_catalog(Catalog(tuple(map(Column, columns, kinds)), columns), path)
    return path


def test_the_address_is_one_line_and_an_interrupt_is_130(night, tmp_path, served, capsys):
    assert label(night, tmp_path, "--seeing", "0.9") == 130
    assert capsys.readouterr().out == "http://127.0.0.1:1/?token=t\n"
    assert served[0].atlas["names"] == ["1.fits", "2.fits"]
    assert read_labels(tmp_path / "labels.csv") == ()


def test_what_the_model_is_unsure_of_comes_first(night, tmp_path, served, capsys):
    verdicts = make_verdicts(tmp_path / "verdicts.parquet")
    label(night, tmp_path, "--seeing", "0.9", "--verdicts", str(verdicts), "--json")
    assert json.loads(capsys.readouterr().out)["labels"] == str(tmp_path / "labels.csv")
    assert served[0].atlas["names"] == ["2.fits", "1.fits"]
    paths = [night / "1.fits", night / "2.fits"]
    assert sort_exposures(paths, verdicts, "given") == paths


@pytest.mark.parametrize(("more", "sentence"), [
    (["--order", "unsure"], "needs --verdicts"), (["--model", "nonsense"], "nonsense"),
    (["--labels", "labels.parquet"], "written as CSV"), (["--rater", " "], "say who labels"),
])  # fmt: skip
def test_what_does_not_fit_is_refused(night, tmp_path, capsys, more, sentence):
    assert label(night, tmp_path, *more) == 2
    assert sentence in capsys.readouterr().err


def test_two_exposures_of_one_name_are_refused(night, tmp_path, capsys):
    (tmp_path / "1.fits").write_bytes(b"")
    assert label(night, tmp_path, str(tmp_path / "1.fits")) == 2
    assert "have one name" in capsys.readouterr().err


def test_raters_are_compared(tmp_path, capsys):
    from tests.quality.labeled import say  # noqa: PLC0415

    write_labels(tmp_path / "labels.csv", say("bt bt", "good good", "bt good"))
    assert invoke(["quality", "raters", str(tmp_path / "labels.csv"), "--out", str(tmp_path / "out")]) == 0
    told = capsys.readouterr().out
    assert "A, B: agree on 0.667, kappa 0.400" in told
    assert "A is right of: good" in told
    assert (tmp_path / "out" / "consensus.parquet").is_file()
    assert invoke(["quality", "raters", str(tmp_path / "labels.csv"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["agreement"][0]["raters"] == ["A", "B"]


def test_labels_that_are_not_there_cannot_be_learned_from(night, tmp_path, capsys):
    told = ["--labels", str(tmp_path / "no.csv"), "--exposures", str(night), "--out", str(tmp_path / "run")]
    assert invoke(["quality", "retrain", *told]) == 2
    assert "no such table of labels" in capsys.readouterr().err

import builtins
import json
import signal

import numpy as np
import pytest

from skysieve.cli.main import invoke
from skysieve.io.pink import PinkLayout, PinkSom, write_pink_images, write_pink_som
from skysieve.pages import server


@pytest.fixture
def som(tmp_path):
    """A map of PINK's, of a side that no image has by default, in a folder that is not written to."""
    write_pink_som(tmp_path / "map.bin", PinkSom(np.ones((6, 12, 12), np.float32), PinkLayout((3, 2))))
    return tmp_path / "map.bin"


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


def test_the_address_is_one_line_and_an_interrupt_is_130(som, served, capsys):
    assert invoke(["som", "annotate", str(som)]) == 130
    assert capsys.readouterr().out == "http://127.0.0.1:1/?token=t\n"
    assert (som.parent / "map.annotations" / "annotations.json").is_file()


def test_the_folder_is_told_as_json_and_the_map_is_not_touched(som, served, capsys, tmp_path):
    before = som.read_bytes()
    invoke(["som", "annotate", str(som), "--annotations", str(tmp_path / "mine"), "--key", "2,1", "--json"])
    assert json.loads(capsys.readouterr().out)["annotations"] == str(tmp_path / "mine")
    assert served[0].scene["neuron"] == 5
    assert som.read_bytes() == before


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (["--key", "6"], "--key 6: wanted is a neuron, 0 to 5, or its cell as X,Y"),
        (["--key", "a"], "--key a: wanted is a neuron"),
        (["--key", "0,2"], "neuron (0, 2): the map has cells"),
        (["--mapping", "here"], "--mapping alone shows no images; give --images too"),
        (["--images", "here"], "--images alone shows no images; give --mapping too"),
        (["--mapping", "nowhere", "--images", "x.bin"], "nowhere"),
    ],
)
def test_what_does_not_fit_is_refused(som, capsys, more, sentence):
    assert invoke(["som", "annotate", str(som), *more]) == 2
    assert sentence in capsys.readouterr().err


def test_a_missing_map_and_one_of_vectors_are_refused(tmp_path, capsys):
    assert invoke(["som", "annotate", str(tmp_path / "no")]) == 2
    assert "give the folder of a trained map" in capsys.readouterr().err
    write_pink_images(tmp_path / "x.bin", [np.ones((2, 4, 4), np.float32)], shape=(4, 4))
    assert invoke(["som", "annotate", str(tmp_path / "x.bin")]) == 2
    assert "x.bin" in capsys.readouterr().err


def test_an_absent_extra_is_one_sentence(som, capsys, monkeypatch):
    whole = builtins.__import__

    def refuse(name, *more):
        if name == "skysieve.pages.annotator":
            raise ModuleNotFoundError("No module named 'panel'", name="panel")
        return whole(name, *more)

    monkeypatch.setattr(builtins, "__import__", refuse)
    assert invoke(["som", "annotate", str(som)]) == 2
    assert "annotating needs panel: pip install 'skysieve[pages]'" in capsys.readouterr().err

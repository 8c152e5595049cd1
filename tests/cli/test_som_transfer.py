"""The commands that transfer labels and judge them."""

import json

from tests.morphology.clouds import write_clouds

from skysieve.cli.main import invoke


def test_labels_are_transferred_from_the_command_line(tmp_path, capsys):
    mapping, labels = write_clouds(tmp_path)
    command = ["som", "transfer", str(mapping), "--labels", str(labels), "--out", str(tmp_path / "out")]
    assert invoke([*command, "--method", "vote", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["labeled"] == 60
    assert invoke([*command, "--method", "vote"]) == 0
    assert "90 images" in capsys.readouterr().out


def test_without_labels_there_is_one_sentence(tmp_path, capsys):
    mapping, _ = write_clouds(tmp_path)
    assert invoke(["som", "transfer", str(mapping), "--out", str(tmp_path / "out")]) == 2
    assert "give one of --labels, --annotations and --classifier" in capsys.readouterr().err

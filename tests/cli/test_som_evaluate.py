"""The command that judges classes from a map."""

import json

from tests.morphology.clouds import write_clouds

from skysieve.cli.main import invoke


def test_classes_are_judged_from_the_command_line(tmp_path, capsys):
    mapping, labels = write_clouds(tmp_path)
    command = ["som", "evaluate", str(mapping), "--labels", str(labels), "--out", str(tmp_path / "out")]
    assert invoke([*command, "--method", "vote", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["scores"]["vote"]["accuracy"]["n"] == 60
    assert invoke([*command, "--method", "vote"]) == 0
    assert "vote        accuracy" in capsys.readouterr().out

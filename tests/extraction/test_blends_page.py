"""The page on blends keeps its word."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "deblending-blends.md"


def test_the_code_of_the_page_runs_and_misplaces_less_light_than_dice(capsys):
    for block in re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL):
        exec(compile(block, str(PAGE), "exec"), {})
    ours, dice = map(float, re.findall(r"\d\.\d+", capsys.readouterr().out))
    assert ours < dice

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skysieve.io.exposurelabels import ExposureLabel
from skysieve.quality.labeling import (
    KEYS,
    LABELS,
    MEANINGS,
    Given,
    Notebook,
    Undo,
    apply_step,
    count_by_rater,
    dump_step,
    parse_step,
)

LABEL = st.builds(
    ExposureLabel, st.sampled_from("abc"), st.sampled_from(("Ada", "Bob")), st.sampled_from(LABELS), st.integers(1, 3)
)


def follow(*steps):
    notebook = Notebook()
    for step in steps:
        notebook = apply_step(notebook, step)
    return notebook


def test_every_label_has_one_key_and_a_meaning():
    assert sorted(KEYS.values()) == sorted(LABELS) == sorted(MEANINGS)


@given(st.lists(LABEL, min_size=1, max_size=8))
def test_undoing_everything_leaves_nothing(labels):
    notebook = follow(*labels)
    for one in reversed(labels):
        notebook = apply_step(notebook, Undo(one.rater))
    assert notebook.labels == {}
    with pytest.raises(ValueError, match="nothing to undo"):
        apply_step(notebook, Undo("Ada"))


def test_undo_takes_back_the_last_thing_that_this_rater_did():
    first, second = ExposureLabel("a", "Ada", "bt"), ExposureLabel("a", "Bob", "good")
    notebook = follow(first, second, replace(first, label="rbt"), Undo("Ada"))
    assert (notebook.get("a", "Ada"), notebook.get("a", "Bob")) == (first, second)


def test_labels_from_elsewhere_replace_all_and_cannot_be_undone():
    notebook = follow(ExposureLabel("a", "Ada", "bt"), Given((ExposureLabel("b", "Ada", "good"),)))
    assert list(notebook.labels) == [("b", "Ada")]
    with pytest.raises(ValueError, match="nothing to undo"):
        apply_step(notebook, Undo("Ada"))


def test_labels_nobody_knows_are_refused():
    with pytest.raises(ValueError, match="no label nice"):
        follow(ExposureLabel("a", "Ada", "nice"))


@pytest.mark.parametrize("step", [
    ExposureLabel("a", "Ada", "bt", 1, "2026-01-02T03:04:05+00:00", 2.5, blind=False), ExposureLabel("a", "Ada", "bt"),
    Undo("Ada"), Given(()), Given((ExposureLabel("a", "Ada", "bt"), ExposureLabel("b", "Bob", "good", seconds=1.0))),
])  # fmt: skip
def test_steps_go_through_json(step):
    known = parse_step(json.loads(json.dumps(dump_step(step))))
    assert known.__class__ is step.__class__
    assert str(known) == str(step)


@pytest.mark.parametrize("plain", [{}, {"label": {"exposure": 1}}, {"given": 3}])
def test_what_is_no_step_is_refused(plain):
    with pytest.raises(ValueError, match="not a step"):
        parse_step(plain)


def test_raters_are_counted_on_these_exposures_alone():
    notebook = follow(*(ExposureLabel(name, rater, "bt") for name in "ab" for rater in ("Bob", "Ada")))
    assert count_by_rater(notebook, ["a"]) == {"Ada": 1, "Bob": 1}

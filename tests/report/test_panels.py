import math
from dataclasses import replace

from skysieve.report.panels import PANEL_BYTES, PER_FLAG, select_panels


def test_the_first_and_the_flagged_images_get_panels_and_all_get_icons(rich_preview):
    previews = (replace(rich_preview, label=f"im{k}") for k in range(9))
    selection = select_panels(previews, {"im7": 8, "im8": 256}, first=2)
    assert [preview.label for preview in selection.panels] == ["im0", "im1", "im7"]
    assert len(selection.icons) == selection.n_previews == 9


def test_beyond_the_budget_the_gravest_images_stay(rich_preview):
    heavy = replace(rich_preview, image=bytes(PANEL_BYTES * 3 // 8 - 100_000))
    previews = [replace(heavy, label=f"im{k}") for k in range(6)]
    selection = select_panels(previews, {"im1": 32768, "im3": 8, "im4": 8}, first=1)
    assert [preview.label for preview in selection.panels] == ["im3", "im4"]


def test_one_panel_larger_than_the_budget_is_shown_all_the_same(rich_preview):
    assert len(select_panels([replace(rich_preview, image=bytes(PANEL_BYTES + 1))], {}).panels) == 1


def test_areas_add_up_and_one_unknown_makes_the_sum_unknown(rich_preview):
    known, unknown = replace(rich_preview, area=1.5), replace(rich_preview, area=math.nan)
    assert select_panels([known, known], {}).area == 3.0
    assert math.isnan(select_panels([known, unknown], {}).area)


def test_examples_of_a_flag_are_limited_over_all_images(rich_preview):
    assert len(select_panels([rich_preview] * 20, {}).examples["blended"]) == PER_FLAG

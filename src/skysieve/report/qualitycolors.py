"""One color for each verdict, class and loss, the same on all pages of exposures."""

CLASS_COLORS = {
    "good": "#0072b2", "rbt": "#d55e00", "bt": "#e69f00", "bseeing": "#cc79a7", "bgp": "#009e73",
}  # fmt: skip
"""Okabe & Ito's palette."""

CLASS_NAMES = {
    "good": "good", "rbt": "really bad tracking", "bt": "bad tracking", "bseeing": "bad seeing or clouds",
    "bgp": "background problem", "focus": "out of focus", "trail": "satellite trail", "other": "other",
}  # fmt: skip
"""Causes in words."""

VERDICT_MARKS = {
    "good": ("o", "#0072b2"), "acceptable": ("s", "#56b4e9"), "hole": ("^", "#e69f00"), "bad": ("X", "#d55e00"),
}  # fmt: skip
"""Marker and color of a verdict."""

LOSS_STYLES = {
    "seeing": ("#cc79a7", ""), "tracking": ("#d55e00", "///"), "transparency": ("#56b4e9", "..."),
    "sky": ("#009e73", "xxx"),
}  # fmt: skip
"""Color and hatch of what costs effective time."""

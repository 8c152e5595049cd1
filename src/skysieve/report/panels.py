"""Which images get a full panel, so that the page stays small."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from skysieve.records import SourceFlag
from skysieve.report.preview import Preview, Thumbnail
from skysieve.report.verdict import rank_image

PANEL_BYTES = 10_000_000
"""All full panels together, as they stand in the page."""

ICON_BYTES = 2_000_000
PER_FLAG = 6


@dataclass(frozen=True)
class Selection:
    """What the page embeds of all previews, and the totals over them."""

    panels: tuple[Preview, ...]
    icons: Mapping[str, bytes]
    examples: Mapping[str, tuple[tuple[str, Thumbnail], ...]]
    area: float
    n_previews: int


@dataclass
class _Draft:
    """Panels kept so far with their rank, lowest rank first to stay."""

    ranked: list[tuple[int, int, Preview]] = field(default_factory=list)

    def add(self, entry: tuple[int, int, Preview]) -> None:
        """Keep a panel, and drop the least wanted ones beyond the budget; the first one always stays."""
        self.ranked = sorted([*self.ranked, entry], key=lambda item: item[:2])
        while len(self.ranked) > 1 and sum(_weigh(item[2]) for item in self.ranked) > PANEL_BYTES:
            self.ranked.pop()


def select_panels(previews: Iterable[Preview], flags: Mapping[str, int], *, first: int = 4) -> Selection:
    """Go through the previews once and keep what the page embeds.

    Parameters
    ----------
    previews : iterable of Preview
        Read one at a time; only those kept stay in memory.
    flags : mapping of str to int
        Image flags by label.
    first : int
        Unflagged images that get a full panel; every flagged image gets one, the gravest first, until 10 MB are full.

    Returns
    -------
    Selection
        Panels in the order given. ``area`` [deg2] is NaN as soon as one image has no known area.
    """
    draft, area, count = _Draft(), 0.0, 0
    icons: dict[str, bytes] = {}
    examples: dict[str, tuple[tuple[str, Thumbnail], ...]] = {str(flag.name).lower(): () for flag in SourceFlag}
    for count, preview in enumerate(previews, start=1):
        rank = rank_image(flags.get(preview.label, 0))
        if rank < 2 or count <= first:
            draft.add((rank, count, preview))
        if sum(len(icon) for icon in icons.values()) < ICON_BYTES:
            icons[preview.label] = preview.icon
        for thumbnail in preview.thumbnails:
            examples[thumbnail.flag] = (*examples.get(thumbnail.flag, ()), (preview.label, thumbnail))[:PER_FLAG]
        area += preview.area
    kept = tuple(preview for _, _, preview in sorted(draft.ranked, key=lambda item: item[1]))
    return Selection(kept, icons, examples, area, count)


def _weigh(preview: Preview) -> int:
    """Bytes of a panel in the page: its pictures in base64 and about 130 a source."""
    return preview.size * 4 // 3 + 130 * len(preview.sources.get("id", ()))

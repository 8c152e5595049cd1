"""What ``skysieve quality label`` opens: exposures in their order, the table of labels, and a model."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from skysieve.io.catalogs import read_catalog
from skysieve.quality.assess_recipe import AssessRecipe
from skysieve.quality.exposure_preview import make_preview, settle_usual
from skysieve.quality.labeling_book import open_book
from skysieve.quality.labeling_desk import LabelingDesk, LabelingTab
from skysieve.quality.model import read_model
from skysieve.quality.preview_shelf import PreviewShelf
from skysieve.quality.unsureness import find_chances, order_exposures


@contextmanager
def open_labeling(
    exposures: Sequence[Path],
    recipe: AssessRecipe,
    *,
    labels: Path,
    rater: str,
    verdicts: Path | None = None,
    order: Literal["given", "unsure"] | None = None,
) -> Iterator[Callable[[], LabelingTab]]:
    """Open everything; give what makes the view of a visitor.

    Raises
    ------
    ValueError
        If two exposures have one name, the rater has none, or the model, the verdicts or the labels are unusable.
    """
    _refuse_twins(exposures)
    if not rater.strip():
        raise ValueError("--rater: is empty; say who labels")
    chosen = sort_exposures(exposures, verdicts, order)
    model = read_model(recipe.model)
    settled = settle_usual(chosen, recipe)
    book = open_book(labels)
    shelf = PreviewShelf(lambda number: make_preview(chosen[number], model, settled))
    desk = LabelingDesk(tuple(chosen), " ".join(rater.split()), book, shelf, recipe.input)
    try:
        yield lambda: LabelingTab(desk)
    finally:
        shelf.close()


def sort_exposures(
    exposures: Sequence[Path], verdicts: Path | None, order: Literal["given", "unsure"] | None
) -> list[Path]:
    """Return exposures in the order in which they are to be labeled.

    Raises
    ------
    ValueError
        If the least sure ones are asked for and no table says which these are.
    """
    if order == "given" or (verdicts is None and order is None):
        return list(exposures)
    if verdicts is None:
        raise ValueError("--order unsure: needs --verdicts, the table that `quality assess --out` writes")
    probability, ood = find_chances(read_catalog(verdicts), [path.name for path in exposures])
    return [exposures[number] for number in order_exposures(probability, ood)]


def _refuse_twins(exposures: Sequence[Path]) -> None:
    seen: dict[str, Path] = {}
    for path in exposures:
        if path.name in seen:
            raise ValueError(
                f"{path} and {seen[path.name]} have one name, by which labels are kept; rename one of them"
            )
        seen[path.name] = path

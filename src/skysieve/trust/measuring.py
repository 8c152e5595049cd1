"""One image by one method as the chain would measure it; a method that cannot is a sentence, not a crash."""

from dataclasses import replace

from skysieve.chain import ChainRecipe, judge_extraction
from skysieve.extraction import Extraction, extract
from skysieve.extraction.recipe import Method
from skysieve.records import Detector, PsfModel


def measure_image(detector: Detector, recipe: ChainRecipe, *, method: Method, psf: PsfModel | None) -> Extraction | str:
    """Run the chain's measurement with one method: extraction, then the verdicts of the capabilities.

    Parameters
    ----------
    detector : Detector
        The image.
    recipe : ChainRecipe
        The run's settings; ``method`` replaces its own.
    method : Method
        "skysieve", "sep", "photutils" or "source-extractor".
    psf : PsfModel or None
        PSF given by the user.

    Returns
    -------
    Extraction or str
        One sentence where the method is not installed or gives up.
    """
    chosen = replace(recipe, extraction=replace(recipe.extraction, method=method))
    try:
        return judge_extraction(extract(detector, chosen.extraction, psf=psf), detector, chosen)
    except Exception as error:  # sep raises no kind of its own
        if method == "skysieve":
            raise
        words = (str(error).strip() or type(error).__name__).splitlines()[0]
        return f"{detector.label}: the method {method} gave no catalog ({words})"

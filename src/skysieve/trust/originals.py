"""What one method finds on an image without injections: as it is, negated, and on noise alone."""

from dataclasses import dataclass
from functools import partial

from skysieve.extraction import Extraction
from skysieve.extraction.recipe import Method
from skysieve.records import Catalog, Detector, PsfModel
from skysieve.trust.counts import Counts, count_detections
from skysieve.trust.measuring import measure_image
from skysieve.trust.recipe import TrustRecipe
from skysieve.trust.skies import make_blank_sky, negate


@dataclass(frozen=True)
class Original:
    """Catalog and counts of one method; ``catalog`` is None, and a message says why, where it gave none."""

    catalog: Catalog | None
    counts: Counts


def measure_original(
    detector: Detector,
    method: Method,
    recipe: TrustRecipe,
    *,
    zeropoint: float,
    found: Extraction | None = None,
    image_index: int = 0,
    psf: PsfModel | None = None,
) -> Original:
    """Measure an image, its negative and its blank sky by one method.

    Parameters
    ----------
    detector : Detector
        The image.
    method : Method
        Which method.
    recipe : TrustRecipe
        All settings.
    zeropoint : float
        Of the magnitudes by which detections are counted.
    found : Extraction, optional
        What the method found on the image, where that is known already.
    image_index : int, optional
        Position of the image in the run, for the seed.
    psf : PsfModel, optional
        Given by the user.
    """
    as_is = found or measure_image(detector, recipe.chain, method=method, psf=psf)
    if isinstance(as_is, str):
        return Original(None, Counts(messages=(as_is,)))
    blank = make_blank_sky(detector, recipe.chain.extraction, seed=(recipe.chain.seed, image_index, 2**31))
    others = [measure_image(image, recipe.chain, method=method, psf=psf) for image in (negate(detector), blank)]
    count = partial(count_detections, zeropoint=zeropoint, width=recipe.binning.width)
    negated, empty = ({} if isinstance(one, str) else count(one.catalog) for one in others)
    words = tuple(one for one in others if isinstance(one, str))
    return Original(as_is.catalog, Counts(count(as_is.catalog), negated, empty, messages=words))

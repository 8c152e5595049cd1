"""Sources of an image judged by a map, in one step."""

from skysieve.morphology.apply_recipe import ApplyRecipe
from skysieve.morphology.model import add_verdict, judge_images, read_model
from skysieve.morphology.views import view_sources
from skysieve.records import Band, Catalog


def judge_sources(catalog: Catalog, band: Band, recipe: ApplyRecipe) -> Catalog:
    """Show the sources of an image to a map, and add what it says of them.

    Parameters
    ----------
    catalog : Catalog
        From our own extraction.
    band : Band
        The image.
    recipe : ApplyRecipe
        Which map.

    Returns
    -------
    Catalog
        With the columns ``som_*``; -1, NaN and ``som_ood`` for sources that cannot be shown: too faint, without a PSF
        where the map needs it, or nothing left after the preparation.

    Raises
    ------
    ValueError
        If the model is unusable, or its map wants more than one channel.
    """
    model = read_model(recipe)
    channels = model.som.neurons.shape[1]
    if channels != 1:
        raise ValueError(
            f"{recipe.model}: a map of {channels} channels; sources are shown in one band, give such a map"
        )
    views = view_sources(band.data, band.bad, catalog, recipe=model.view, preparation=model.preparation)
    verdict = judge_images(model, views.images, level=recipe.level)
    return add_verdict(catalog, verdict, rows=views.rows, model=model)

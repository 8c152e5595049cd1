"""How sources are judged by a trained map."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from skysieve.config import STRICT


@dataclass(frozen=True)
class ApplyRecipe:
    """How sources are judged by a map.

    Parameters
    ----------
    model : str
        Name of weights that ship with the package, path of a .safetensors file, or folder of a trained map; beside a
        map, the classifier of ``skysieve som transfer`` is used when ``classifier`` names it.
    classifier : str
        Path of a classifier for a trained map that is given by its folder; none for bare maps.
    level : float
        p-value of the distance below which a source is outside of what the map knows.
    """

    __pydantic_config__ = STRICT

    model: str = "galaxies"
    classifier: str = ""
    level: Annotated[float, Field(gt=0, lt=1)] = 0.01

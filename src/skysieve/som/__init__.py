"""Self-organizing maps: lattices, neighborhoods, and one engine for vectors and for images in all orientations."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from skysieve.som.estimator import SOM
    from skysieve.som.image_estimator import RotationInvariantSOM

__all__ = ["SOM", "RotationInvariantSOM"]


def __getattr__(name: str) -> Any:
    """Import the estimators when they are asked for, since scikit-learn takes a second to load."""
    if name == "SOM":
        from skysieve.som.estimator import SOM  # noqa: PLC0415

        return SOM
    if name == "RotationInvariantSOM":
        from skysieve.som.image_estimator import RotationInvariantSOM  # noqa: PLC0415

        return RotationInvariantSOM
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

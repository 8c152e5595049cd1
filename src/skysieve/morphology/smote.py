"""Images of rare classes are made up between real ones: the only place where imbalanced-learn is used."""

import numpy as np
from jaxtyping import Float32, Shaped

NEIGHBORS = 5


def make_synthetic(
    images: Float32[np.ndarray, "image channel y x"], labels: Shaped[np.ndarray, " image"], *, seed: int
) -> tuple[Float32[np.ndarray, "made channel y x"], Shaped[np.ndarray, " made"]]:
    """Make as many images as bring every class to the size of the largest.

    Parameters
    ----------
    images : ndarray, shape (image, channel, y, x)
        Prepared images, finite.
    labels : ndarray, shape (image,)
        Their classes.
    seed : int
        Of the random choice.

    Returns
    -------
    tuple of ndarray
        The images that were made, and their classes.

    Raises
    ------
    ValueError
        If there is a single class, or one of a single image.
    ImportError
        If imbalanced-learn is not installed.

    Notes
    -----
    SMOTE (Chawla et al. 2002): a point on the line between an image and one of its five nearest neighbors of the same
    class, pixel by pixel. It knows no rotations: of two sources that lie across one another it makes a cross.
    """
    try:
        from imblearn.over_sampling import SMOTE  # noqa: PLC0415 -- an extra
    except ImportError:
        raise ImportError("SMOTE needs imbalanced-learn; install it with: pip install 'skysieve[balance]'") from None
    names, counts = np.unique(labels.astype(str), return_counts=True)
    if len(names) < 2 or counts.min() < 2:
        rare = str(names[np.argmin(counts)]) if len(names) else ""
        raise ValueError(
            f"class {rare!r} has {counts.min() if len(counts) else 0} of {len(labels)} images in {len(names)} classes; "
            "SMOTE wants two classes of two images at least"
        )
    maker = SMOTE(k_neighbors=int(min(NEIGHBORS, counts.min() - 1)), random_state=seed)
    flat, classes = maker.fit_resample(images.reshape(len(images), -1), labels.astype(str))
    made = np.asarray(flat[len(images) :], np.float32).reshape(-1, *images.shape[1:])
    return made, np.asarray(classes[len(images) :], dtype=object)

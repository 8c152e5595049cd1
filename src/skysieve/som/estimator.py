"""A self-organizing map of feature vectors as a scikit-learn estimator."""

from typing import Any

import numpy as np
from jaxtyping import Float, Int
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils import Tags
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from skysieve.som.batch import move_to_means, sum_by_bmu
from skysieve.som.initialization import Compat, make_pca_neurons, make_random_neurons
from skysieve.som.lattice import Lattice
from skysieve.som.matching import find_bmus, measure_bmu_distances, measure_distances
from skysieve.som.neighborhood import measure_influence
from skysieve.som.quality import measure_quantization_error, measure_topographic_error
from skysieve.som.schedule import Schedule, measure_pace
from skysieve.som.vectors import make_vector_schedule, train_vectors


class SOM(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """A self-organizing map of vectors.

    Parameters
    ----------
    shape : tuple of int
        Neurons along each side: one to three.
    hexagonal, periodic : bool
        The kind of lattice, see `Lattice`.
    init : {"pca", "random", "zero"} or array of shape (n_neurons, n_features)
        Where the neurons start: over the principal axes of the data, as noise within the range of each feature, at 0,
        or as given. Neurons at 0 all match alike and are no start for batch training.
    schedule : Schedule, optional
        Stages of training; by default those of `make_vector_schedule`.
    compat : {"skysieve", "pink"}
        Whose random numbers and orders.
    random_state : int
        Seed of the noise and of the orders.

    Attributes
    ----------
    neurons_ : array of float64, shape (n_neurons, n_features)
        The trained neurons, in the order of `Lattice`.
    lattice_ : Lattice
        Where they stand.
    movements_ : tuple of float
        How far the neurons moved in each pass of ``fit`` (root mean square).
    n_features_in_ : int
        Number of features.

    Notes
    -----
    NaN marks a missing feature: it is left out of that vector's distances and moves no neuron. Infinities are refused.

    Examples
    --------
    >>> SOM((3,)).fit([[0.0], [1.0], [2.0]]).predict([[-1.0], [1.1], [9.0]])
    array([0, 1, 2])
    """

    lattice_: Lattice
    neurons_: np.ndarray
    movements_: tuple[float, ...]
    sums_: np.ndarray
    counts_: np.ndarray

    def __init__(
        self,
        shape: tuple[int, ...] = (10, 10),
        *,
        hexagonal: bool = False,
        periodic: bool = False,
        init: Any = "pca",
        schedule: Schedule | None = None,
        compat: Compat = "skysieve",
        random_state: int = 0,
    ) -> None:
        self.shape = shape
        self.hexagonal = hexagonal
        self.periodic = periodic
        self.init = init
        self.schedule = schedule
        self.compat = compat
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> "SOM":  # noqa: ARG002, N803
        """Train on vectors; ``y`` is ignored."""
        vectors = self._check(X, reset=True)
        weights = None if sample_weight is None else _check_sample_weight(sample_weight, vectors, dtype=np.float64)
        self._start(vectors, weights)
        trained = train_vectors(
            vectors,
            self.neurons_,
            self._choose_schedule(),
            lattice=self.lattice_,
            seed=self.random_state,
            compat=self.compat,
            weights=weights,
        )
        self.neurons_, self.movements_ = trained.neurons, trained.movements
        self._add(vectors, weights)
        return self

    def partial_fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> "SOM":  # noqa: ARG002, N803
        """Add vectors to those seen, and move the neurons to the means of all of them; ``y`` is ignored.

        The neighborhood is the one at which the schedule ends; earlier vectors stay with the neurons they matched then.
        """
        first = "neurons_" not in vars(self)
        vectors = self._check(X, reset=first)
        weights = None if sample_weight is None else _check_sample_weight(sample_weight, vectors, dtype=np.float64)
        if first:
            self._start(vectors, weights)
        self._add(vectors, weights)
        stage = self._choose_schedule().stages[-1]
        sigma, rate = measure_pace(stage, 1.0)
        influence = measure_influence(
            self.lattice_.measure_distances(),
            "unitygaussian",  # in a mean its height does not count
            sigma=sigma,
            rate=1.0,
            max_distance=stage.max_distance,
        )
        self.neurons_ = move_to_means(self.neurons_, self.sums_, self.counts_, influence=influence, rate=rate)
        return self

    def transform(self, X: Any) -> Float[np.ndarray, "vector neuron"]:  # noqa: N803
        """Return the distance of every vector to every neuron; NaN for a vector without any feature."""
        check_is_fitted(self)
        return measure_distances(self._check(X, reset=False), self.neurons_)

    def predict(self, X: Any) -> Int[np.ndarray, " vector"]:  # noqa: N803
        """Return the best-matching unit of every vector; -1 for a vector without any feature."""
        check_is_fitted(self)
        return find_bmus(self._check(X, reset=False), self.neurons_)[:, 0]

    def score(self, X: Any, y: Any = None) -> float:  # noqa: ARG002, N803
        """Return minus the quantization error of vectors, larger being better."""
        check_is_fitted(self)
        vectors = self._check(X, reset=False)
        bmus = find_bmus(vectors, self.neurons_)[:, 0]
        return -measure_quantization_error(measure_bmu_distances(vectors, self.neurons_, bmus))

    def measure_topographic_error(self, X: Any) -> float:  # noqa: N803
        """Return the part of the vectors whose two best-matching units do not touch."""
        check_is_fitted(self)
        best_two = find_bmus(self._check(X, reset=False), self.neurons_, count=2)
        return measure_topographic_error(best_two, self.lattice_)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags

    @property
    def _n_features_out(self) -> int:
        return len(self.neurons_)

    def _check(self, vectors: Any, *, reset: bool) -> Float[np.ndarray, "vector feature"]:
        kinds = [np.float64, np.float32]
        checked: np.ndarray = validate_data(self, vectors, reset=reset, dtype=kinds, ensure_all_finite="allow-nan")
        return checked

    def _choose_schedule(self) -> Schedule:
        return make_vector_schedule(self.lattice_) if self.schedule is None else self.schedule

    def _start(self, vectors: np.ndarray, weights: np.ndarray | None) -> None:
        self.lattice_ = Lattice(tuple(self.shape), hexagonal=self.hexagonal, periodic=self.periodic)
        self.neurons_ = self._make_neurons(vectors, weights)
        self.sums_, self.counts_ = np.zeros((2, *self.neurons_.shape))

    def _make_neurons(self, vectors: np.ndarray, weights: np.ndarray | None) -> np.ndarray:
        wanted = (self.lattice_.n_neurons, vectors.shape[1])
        if not isinstance(self.init, str):
            given = np.array(self.init, dtype=np.float64)
            if given.shape != wanted or not np.isfinite(given).all():
                raise ValueError(
                    f"init: an array of shape {given.shape} is given; wanted are finite neurons of {wanted}"
                )
            return given
        if self.init == "pca":
            return make_pca_neurons(vectors, self.lattice_, weights=weights)
        if self.init == "zero":
            return np.zeros(wanted)
        if self.init != "random":
            raise ValueError(f"init = {self.init!r}: wanted is pca, random, zero or an array")
        used = vectors if weights is None else vectors[weights > 0]
        low = np.nan_to_num(np.fmin.reduce(used, axis=0))
        high = np.nan_to_num(np.fmax.reduce(used, axis=0))
        noise = make_random_neurons(wanted[0], wanted[1:], seed=self.random_state, compat=self.compat)
        return low + (high - low) * noise.astype(np.float64)

    def _add(self, vectors: np.ndarray, weights: np.ndarray | None) -> None:
        bmus = find_bmus(vectors, self.neurons_)[:, 0]
        sums, counts = sum_by_bmu(vectors, bmus, n_neurons=len(self.neurons_), weights=weights)
        self.sums_, self.counts_ = self.sums_ + sums, self.counts_ + counts

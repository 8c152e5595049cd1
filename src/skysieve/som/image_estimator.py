"""A self-organizing map of images, invariant to rotation and flip, as a scikit-learn estimator."""

from collections import deque
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted

from skysieve.som.image_data import ImageSource, wrap_images
from skysieve.som.image_mapping import map_rows
from skysieve.som.image_phases import plan_training, start_training, train_phases
from skysieve.som.image_stages import train_stages
from skysieve.som.initialization import Compat
from skysieve.som.lattice import Lattice
from skysieve.som.mapping_table import MappedImages, gather_mapped
from skysieve.som.maps import ImageMap
from skysieve.som.quality import measure_quantization_error, measure_topographic_error
from skysieve.som.schedule import Schedule, measure_pace
from skysieve.som.training_recipe import GeometryRecipe, TrainSomRecipe
from skysieve.som.transforms import Geometry, RegionShape

GENTLE = 0.05
"""Rate of `partial_fit` after a schedule that ends with batch training, whose own rate would forget all before."""


class RotationInvariantSOM(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """A self-organizing map of images in all orientations.

    Images are arrays or PyTorch tensors of shape (image, y, x) or (image, channel, y, x), square. NaN and infinite
    pixels are bad.

    Parameters
    ----------
    shape : tuple of int
        Neurons along each side: one to three.
    hexagonal, periodic : bool
        The kind of lattice, see `Lattice`.
    rotations : int
        In which images are compared with the trained neurons: 1, or a multiple of 4 over a full turn.
    flip : bool
        Whether mirror images count as well.
    region : {"quadratic", "circular"}
        Where distances are summed.
    neuron_side, region_side : int, optional
        Sides of the neurons' frames and of that region [pixel], see `make_geometry`.
    channel_weights : tuple of float, optional
        What the squared differences of each channel count.
    init : {"random", "zero", "random_with_preferred_direction", "pca"}, array, or ImageMap
        Where the neurons start: as noise, at 0, as noise with a marked diagonal, over the principal axes of upright
        images (`spread_principal_images`), or as given. Neurons at 0 all match alike and are no start for batch
        training.
    schedule : Schedule, optional
        Stages of training with their own rotations; by default those of Vantyghem et al. (2024), Table 3, with at most
        as many rotations as above.
    compat : {"skysieve", "pink"}
        Whose random numbers and orders.
    device : str
        Of PyTorch.
    threads : int
        The result is the same for any number, within rounding.
    random_state : int
        Seed of the noise and of the orders.

    Attributes
    ----------
    neurons_ : array of float32, shape (n_neurons, channel, row, column)
        The trained neurons, in the order of `Lattice`.
    lattice_ : Lattice
        Where they stand.
    geometry_ : Geometry
        How images are compared with them.
    movements_ : tuple of float
        How far the neurons' pixels moved in each pass of ``fit`` (root mean square).

    Examples
    --------
    >>> bars = np.zeros((4, 6, 6), np.float32)
    >>> bars[0, 2:4], bars[1, :, 2:4], bars[2:, 2:4, 2:4] = 1, 1, 1
    >>> from skysieve.som.schedule import Schedule, Stage
    >>> schedule = Schedule((Stage(5, sigma=0.5, rotations=4),))
    >>> som = RotationInvariantSOM((2,), rotations=4, region_side=6, init="pca", schedule=schedule).fit(bars)
    >>> bmus = som.predict(bars)
    >>> bool(bmus[0] == bmus[1] != bmus[2] == bmus[3])
    True
    """

    neurons_: np.ndarray
    lattice_: Lattice
    geometry_: Geometry
    movements_: tuple[float, ...]

    def __init__(
        self,
        shape: tuple[int, ...] = (10, 10),
        *,
        hexagonal: bool = False,
        periodic: bool = False,
        rotations: int = 360,
        flip: bool = True,
        region: RegionShape = "quadratic",
        neuron_side: int | None = None,
        region_side: int | None = None,
        channel_weights: tuple[float, ...] | None = None,
        init: Any = "random",
        schedule: Schedule | None = None,
        compat: Compat = "skysieve",
        device: str = "cpu",
        threads: int = 1,
        random_state: int = 0,
    ) -> None:
        self.shape = shape
        self.hexagonal = hexagonal
        self.periodic = periodic
        self.rotations = rotations
        self.flip = flip
        self.region = region
        self.neuron_side = neuron_side
        self.region_side = region_side
        self.channel_weights = channel_weights
        self.init = init
        self.schedule = schedule
        self.compat = compat
        self.device = device
        self.threads = threads
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None) -> "RotationInvariantSOM":  # noqa: ARG002, N803
        """Train on images; ``y`` is ignored. Images without any good pixel are left out."""
        images, recipe = _read_images(X), self._make_recipe()
        plan = plan_training(images, recipe)
        start = start_training(plan, recipe, neurons=self._find_start())
        end = deque(train_phases(start, plan, recipe), maxlen=1)[0].state
        self.neurons_ = end.neurons / plan.scale[:, None, None]
        self.lattice_, self.geometry_ = plan.lattice, plan.geometry
        self.movements_ = tuple(one.movement for one in end.history)
        return self

    def partial_fit(self, X: Any, y: Any = None) -> "RotationInvariantSOM":  # noqa: ARG002, N803
        """Show images once, one after the other, at the pace at which the schedule ends; ``y`` is ignored.

        The first call starts the neurons from these images.
        """
        images, recipe = _read_images(X), self._make_recipe()
        last = recipe.schedule.stages[-1]
        sigma, rate = measure_pace(last, 1.0)
        gentle = replace(
            last, passes=1, method="online", sigma=sigma, sigma_end=None, rate_end=None,
            rate=rate if last.method == "online" else min(rate, GENTLE),
        )  # fmt: skip
        plan = replace(plan_training(images, recipe), schedule=Schedule((gentle,)), shuffle="off")
        first = "neurons_" not in vars(self)
        neurons = self._find_start() if first else self.neurons_
        start = start_training(plan, recipe, neurons=neurons).state
        end = deque(train_stages(start, plan), maxlen=1)[0]
        self.neurons_ = end.neurons / plan.scale[:, None, None]
        self.lattice_, self.geometry_ = plan.lattice, plan.geometry
        self.movements_ = (*(() if first else self.movements_), *(one.movement for one in end.history))
        return self

    def transform(self, X: Any) -> Float[np.ndarray, "image neuron"]:  # noqa: N803
        """Return the distance of every image to every neuron in its best orientation; NaN for one without pixels."""
        return self._map(X).distance

    def predict(self, X: Any) -> Int[np.ndarray, " image"]:  # noqa: N803
        """Return the best-matching unit of every image; -1 for one without any good pixel."""
        return _rank(self._map(X).distance)[:, 0]

    def measure_turns(
        self,
        X: Any,  # noqa: N803
    ) -> tuple[Float[np.ndarray, "image neuron"], Bool[np.ndarray, "image neuron"]]:
        """Return how images are turned to match neurons: clockwise [radian], and whether rows are reversed after."""
        found = self._map(X)
        return found.angle, found.flip

    def score(self, X: Any, y: Any = None) -> float:  # noqa: ARG002, N803
        """Return minus the quantization error of images, larger being better."""
        return -measure_quantization_error(self._map(X).distance.min(axis=1))

    def measure_topographic_error(self, X: Any) -> float:  # noqa: N803
        """Return the part of the images whose two best-matching units do not touch."""
        best_two = _rank(self._map(X).distance)
        return measure_topographic_error(best_two, self.lattice_) if best_two.shape[1] == 2 else float("nan")

    def export_map(self) -> ImageMap:
        """Return the trained map, to be written with `write_image_map`."""
        check_is_fitted(self)
        return ImageMap(self.neurons_, self.lattice_, self.geometry_, channel_weights=tuple(self.channel_weights or ()))

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array, tags.input_tags.three_d_array = False, True
        tags.input_tags.allow_nan = True
        return tags

    @property
    def _n_features_out(self) -> int:
        return len(self.neurons_)

    def _make_recipe(self) -> TrainSomRecipe:
        stages = (self.schedule or Schedule()).stages
        if self.schedule is None:
            stages = tuple(replace(stage, rotations=min(stage.rotations, self.rotations)) for stage in stages)
        return TrainSomRecipe(
            lattice=Lattice(tuple(self.shape), hexagonal=self.hexagonal, periodic=self.periodic),
            geometry=GeometryRecipe(self.rotations, self.flip, self.region, self.neuron_side, self.region_side),
            schedule=Schedule(stages),
            init=self.init if isinstance(self.init, str) else "zero",
            channel_weights=tuple(self.channel_weights or ()),
            seed=self.random_state,
            compat=self.compat,
            device=self.device,
            threads=self.threads,
        )

    def _find_start(self) -> np.ndarray | None:
        """Return the neurons that are given, or None where their name is."""
        if isinstance(self.init, str):
            return None
        given = self.init.neurons if isinstance(self.init, ImageMap) else np.asarray(self.init, np.float32)
        return given[:, None] if given.ndim == 3 else given

    def _map(self, images: Any) -> MappedImages:
        som, source = self.export_map(), _read_images(images)
        found = map_rows(source, np.arange(source.length), som, device=self.device)
        return gather_mapped(found, self.lattice_.n_neurons)


def _read_images(images: Any) -> ImageSource:
    array = images.detach().cpu().numpy() if isinstance(images, torch.Tensor) else np.asarray(images)
    if array.dtype.kind not in "fiub" or array.ndim not in {3, 4}:
        raise ValueError(
            f"images: an array of {array.dtype} with {array.ndim} axes; wanted are numbers of shape (image, y, x) or "
            "(image, channel, y, x)"
        )
    return wrap_images(array.astype(np.float32, copy=False))


def _rank(distance: Float[np.ndarray, "image neuron"]) -> Int[np.ndarray, "image rank"]:
    """Return the two nearest neurons of each image (one where there is but one), -1 where they are not known."""
    order = distance.argsort(axis=1, kind="stable")[:, :2]
    return np.where(np.isfinite(distance).all(axis=1, keepdims=True), order, -1)

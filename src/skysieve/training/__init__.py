"""One trainer for every capability: fit, resume, calibrate, export.

Nothing here imports PyTorch or Lightning before a network is trained, exported or loaded.
"""

from skysieve.training.calibration import Calibrator, Isotonic, Temperature, calibrate, fit_isotonic, fit_temperature
from skysieve.training.domain import DomainIndex, fit_domain, is_outside, measure_domain_distance
from skysieve.training.export import (
    Shipped,
    check_weights,
    export_weights,
    load_weights,
    read_calibrator,
    read_domain,
)
from skysieve.training.fitting import Fitted, fit
from skysieve.training.folds import fit_folds
from skysieve.training.recipe import Stage, TrainingRecipe
from skysieve.training.samples import ArraySamples
from skysieve.training.splits import split_folds, split_groups

__all__ = [
    "ArraySamples",
    "Calibrator",
    "DomainIndex",
    "Fitted",
    "Isotonic",
    "Shipped",
    "Stage",
    "Temperature",
    "TrainingRecipe",
    "calibrate",
    "check_weights",
    "export_weights",
    "fit",
    "fit_domain",
    "fit_folds",
    "fit_isotonic",
    "fit_temperature",
    "is_outside",
    "load_weights",
    "measure_domain_distance",
    "read_calibrator",
    "read_domain",
    "split_folds",
    "split_groups",
]

"""Scores with their errors: classification, calibration, detection, photometry; each with a bootstrap by group."""

from skysieve.metrics.calibration import Reliability, measure_brier, measure_calibration_error, measure_reliability
from skysieve.metrics.checks import select_finite
from skysieve.metrics.coco import CocoMap, CocoMatches, match_coco, measure_coco_map
from skysieve.metrics.conformal import Conformal, fit_conformal, make_prediction_sets
from skysieve.metrics.confusion import measure_confusion
from skysieve.metrics.instances import Instances
from skysieve.metrics.overlap import measure_box_iou, measure_mask_iou
from skysieve.metrics.photometry import (
    measure_bias,
    measure_coverage,
    measure_delta_mag,
    measure_mape,
    measure_outlier_fraction,
    measure_pulls,
    measure_sigma_mag,
)
from skysieve.metrics.proportions import Proportion, measure_completeness, measure_proportion, measure_purity
from skysieve.metrics.ranking import RocCurve, measure_auc, measure_average_precision, measure_roc
from skysieve.metrics.resampling import Estimate, bootstrap
from skysieve.metrics.sky import make_sky_cells
from skysieve.metrics.voc import VocAp, VocMatches, match_voc, measure_voc_ap

__all__ = [
    "CocoMap",
    "CocoMatches",
    "Conformal",
    "Estimate",
    "Instances",
    "Proportion",
    "Reliability",
    "RocCurve",
    "VocAp",
    "VocMatches",
    "bootstrap",
    "fit_conformal",
    "make_prediction_sets",
    "make_sky_cells",
    "match_coco",
    "match_voc",
    "measure_auc",
    "measure_average_precision",
    "measure_bias",
    "measure_box_iou",
    "measure_brier",
    "measure_calibration_error",
    "measure_coco_map",
    "measure_completeness",
    "measure_confusion",
    "measure_coverage",
    "measure_delta_mag",
    "measure_mape",
    "measure_mask_iou",
    "measure_outlier_fraction",
    "measure_proportion",
    "measure_pulls",
    "measure_purity",
    "measure_reliability",
    "measure_roc",
    "measure_sigma_mag",
    "measure_voc_ap",
    "select_finite",
]

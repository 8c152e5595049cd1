"""Scenes with known truth: stars and galaxies drawn with GalSim's profiles, on the sky of a survey."""

from skysieve.simulate.degrading import DegradedTruth, degrade_detector
from skysieve.simulate.drawing import Drawn, draw_profiles, paste
from skysieve.simulate.exposurerecipe import ExposureRecipe
from skysieve.simulate.exposures import ExposurePlan, make_detector, plan_exposure
from skysieve.simulate.exposuretruth import ExposureTruth
from skysieve.simulate.faults import FaultRecipe
from skysieve.simulate.fields import SimulateRecipe, simulate_fields, write_scene
from skysieve.simulate.galaxies import GalaxyRecipe
from skysieve.simulate.masks import ObjectMasks
from skysieve.simulate.profiles import Profiles
from skysieve.simulate.psf import AnalyticPsf, PsfRecipe, make_analytic_psf
from skysieve.simulate.recipe import CameraRecipe, RealRecipe, SceneRecipe, SkyRecipe
from skysieve.simulate.scene import Scene, make_scene
from skysieve.simulate.stars import StarRecipe
from skysieve.simulate.surveys import Survey, SurveyBand, list_surveys, measure_sky_level, read_survey

__all__ = [
    "AnalyticPsf",
    "CameraRecipe",
    "DegradedTruth",
    "Drawn",
    "ExposurePlan",
    "ExposureRecipe",
    "ExposureTruth",
    "FaultRecipe",
    "GalaxyRecipe",
    "ObjectMasks",
    "Profiles",
    "PsfRecipe",
    "RealRecipe",
    "Scene",
    "SceneRecipe",
    "SimulateRecipe",
    "SkyRecipe",
    "StarRecipe",
    "Survey",
    "SurveyBand",
    "degrade_detector",
    "draw_profiles",
    "list_surveys",
    "make_analytic_psf",
    "make_detector",
    "make_scene",
    "measure_sky_level",
    "paste",
    "plan_exposure",
    "read_survey",
    "simulate_fields",
    "write_scene",
]

"""Scenes with known truth: stars and galaxies drawn with GalSim's profiles, on the sky of a survey."""

from skysieve.simulate.drawing import Drawn, draw_profiles, paste
from skysieve.simulate.profiles import Profiles
from skysieve.simulate.psf import AnalyticPsf, PsfRecipe, make_analytic_psf

__all__ = ["AnalyticPsf", "Drawn", "Profiles", "PsfRecipe", "draw_profiles", "make_analytic_psf", "paste"]

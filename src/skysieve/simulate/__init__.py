"""Scenes with known truth, drawn with GalSim."""

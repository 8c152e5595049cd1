"""Scores with their errors: classification, calibration, detection, photometry; each with a bootstrap by group."""

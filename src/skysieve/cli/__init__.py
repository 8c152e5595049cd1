"""The command line: the only place that composes everything."""

from skysieve.cli.main import main

__all__ = ["main"]

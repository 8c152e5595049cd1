"""Measured numbers on a terminal."""

from collections.abc import Mapping

import typer

from skysieve.io.weights import Metric


def print_metrics(metrics: Mapping[str, Metric]) -> None:
    """Print a line a number: its name, value, error where there is one, and size of the sample."""
    for name, one in metrics.items():
        error = "" if one.error is None else f" +- {one.error:.4f}"
        typer.echo(f"{name:<20} {one.value:.4f}{error}  (n = {one.n})")

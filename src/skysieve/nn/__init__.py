"""Blocks of which networks are built."""

from skysieve.nn.mlp import Mlp
from skysieve.nn.seeding import build_seeded

__all__ = ["Mlp", "build_seeded"]

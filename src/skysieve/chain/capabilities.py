"""The capabilities, by the names of their packages: each keeps the contract of ``tests/test_capabilities.py``."""

CAPABILITIES = ("stellarity", "morphology", "quality", "deblending")
"""Add a new package here; the contract's test, ``skysieve models`` and the run's provenance go by this list."""

"""Survey exposures in, a catalog one can trust out, and a report that says how far."""

__version__ = "0.1.0"

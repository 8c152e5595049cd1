"""Blocks of which networks are built."""
